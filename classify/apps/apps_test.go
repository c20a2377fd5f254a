package apps

import (
	"errors"
	"maps"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestByName(t *testing.T) {
	tests := []struct {
		name, host string
		want       Match
	}{
		{"suffix", "occ-0-1.nflxso.net", Match{App: "NetFlix", Category: "Video"}},
		{"domain itself", "netflix.com", Match{App: "NetFlix", Category: "Video"}},
		{"case", "WWW.NetFlix.COM", Match{App: "NetFlix", Category: "Video"}},
		{"trailing dot", "www.amazon.com.", Match{App: "Amazon", Category: "Web"}},
		{"port", "www.amazon.com:8443", Match{App: "Amazon", Category: "Web"}},
		{"dot and port", "www.amazon.com.:443", Match{App: "Amazon", Category: "Web"}},
		{"no label boundary", "notnetflix.com", Match{}},
		{"suffix in the middle", "netflix.com.example.org", Match{}},
		{"longer suffix", "alexa.amazon.com", Match{App: "AmazonAlexa", Category: "VirtAssistant"}},
		{"longer suffix, below", "upload.youtube.com", Match{App: "YouTubeUpload", Category: "Media"}},
		{"longest of three", "metrika.yandex.kz", Match{App: "YandexMetrika", Category: "Web"}},
		{"own category of a name", "ad.doubleclick.net", Match{App: "Google", Category: "Advertisement"}},
		{"any suffix", "www.google.de", Match{App: "Google", Category: "Web"}},
		{"any suffix of a second level", "www.google.co.uk", Match{App: "Google", Category: "Web"}},
		{"any suffix, longer base", "docs.google.com.br", Match{App: "GoogleDocs", Category: "Collaborative"}},
		{"any suffix, not a public one", "google.example.org", Match{}},
		{"any suffix, no label boundary", "notgoogle.de", Match{}},
		{"glob", "igcdn-photos-a-a.akamaihd.net", Match{App: "Instagram", Category: "SocialNetwork"}},
		{"glob at its start", "p53-buy.itunes.apple.com", Match{App: "AppleStore", Category: "SoftwareUpdate"}},
		{"glob, name below", "x.igcdn-photos-a-a.akamaihd.net", Match{App: "Instagram", Category: "SocialNetwork"}},
		{"beside the glob", "other.akamaihd.net", Match{}},
		{"glob beside a suffix", "alt2-mtalk.google.com", Match{App: "GoogleServices", Category: "Web"}},
		{"first label over a base", "video.fmct2-3.fna.fbcdn.net", Match{App: "FbookReelStory", Category: "SocialNetwork"}},
		{"another first label over it", "scontent.fmct2-3.fna.fbcdn.net", Match{App: "Facebook", Category: "SocialNetwork"}},
		{"first label", "doh.example.org", Match{App: "DoH_DoT", Category: "Network"}},
		{"first label with glob", "ocsp07.example.it", Match{App: "OCSP", Category: "Network"}},
		{"first label alone", "doh", Match{}},
		{"top-level domain", "duckduckgogg42xjoc.onion", Match{App: "Tor", Category: "VPN"}},
		{"unknown", "www.example.com", Match{}},
		{"public suffix alone", "co.uk", Match{}},
		{"IPv4", "8.8.8.8", Match{}},
		{"IPv4 and port", "8.8.8.8:53", Match{}},
		{"IPv6", "2001:4860:4860::8888", Match{}},
		{"IPv6 in brackets", "[2001:4860:4860::8888]:53", Match{}},
		{"not a port", "www.amazon.com:https", Match{}},
		{"port too long", "www.amazon.com:123456", Match{}},
		{"empty", "", Match{}},
		{"dot", ".", Match{}},
		{"two dots at the end", "www.amazon.com..", Match{}},
		{"empty labels", "www...amazon.com", Match{App: "Amazon", Category: "Web"}},
		{"dot in front", ".amazon.com", Match{App: "Amazon", Category: "Web"}},
		{"control characters", "www.amazon.com\x00", Match{}},
		{"digits for a top-level domain", "www.amazon.c0m", Match{}},
		{"xn-- for a top-level domain", "www.amazon.xn--p1ai", Match{App: "Amazon", Category: "Web"}},
		{"control characters below", "\x1b[31m.amazon.com", Match{App: "Amazon", Category: "Web"}},
		{"10,000 bytes", strings.Repeat("a.", 5000) + "amazon.com", Match{}},
		{"10,000 dots", strings.Repeat(".", 10000), Match{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := Default().FindName(tt.host)
			if got != tt.want || ok != (tt.want != Match{}) {
				t.Errorf("FindName(%q) = %+v, %t, want %+v", tt.host, got, ok, tt.want)
			}
			if app, user, ok := Default().ByName(tt.host); app != tt.want.App || user || ok != (app != "") {
				t.Errorf("ByName(%q) = %q, %t, %t, want %q", tt.host, app, user, ok, tt.want.App)
			}
		})
	}
}

func TestByAddress(t *testing.T) {
	tests := []struct{ name, addr, want string }{
		{"IPv4", "149.154.167.51", "Telegram"},
		{"IPv6", "2a03:2880:f10c:83:face:b00c:0:25de", "Facebook"},
		{"mapped", "::ffff:149.154.167.51", "Telegram"},
		{"with a zone", "2a03:2880::1%eth0", "Facebook"},
		{"first of a network", "185.88.236.0", "Threema"},
		{"last of a network", "185.88.239.255", "Threema"},
		{"before a network", "185.88.235.255", ""},
		{"behind a network", "185.88.240.0", ""},
		{"within another's network", "52.112.0.1", "Skype_Teams"},
		{"virtual machines", "137.135.131.52", "Azure"},
		{"documentation", "192.0.2.1", ""},
		{"documentation, IPv6", "2001:db8::1", ""},
		{"private", "10.0.0.1", ""},
		{"lowest", "0.0.0.0", ""},
		{"highest", "255.255.255.255", ""},
		{"lowest, IPv6", "::", ""},
		{"highest, IPv6", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, user, ok := Default().ByAddress(netip.MustParseAddr(tt.addr)); got != tt.want || user || ok != (tt.want != "") {
				t.Errorf("ByAddress(%s) = %q, %t, %t, want %q", tt.addr, got, user, ok, tt.want)
			}
		})
	}
	t.Run("no address", func(t *testing.T) {
		if got, _, ok := Default().ByAddress(netip.Addr{}); ok {
			t.Errorf("ByAddress(zero) = %q", got)
		}
	})
}

func TestLoad(t *testing.T) {
	const file = "# mine\nPlant  IoT-Scada\n\tplant.example  # the gateway\r\n\t192.0.2.0/24\n\t198.51.100.7\n\t2001:db8::/32\n\n" +
		"NetFlix\n\tMirror.Example\n\tamazon.com  Shopping\n"
	table, err := Load(Default(), strings.NewReader(file), "mine.txt")
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]Match{
		"a.plant.example":    {App: "Plant", Category: "IoT-Scada", User: true},
		"www.mirror.example": {App: "NetFlix", Category: "Video", User: true},
		"alexa.amazon.com":   {App: "NetFlix", Category: "Shopping", User: true},
		"www.netflix.com":    {App: "NetFlix", Category: "Video"},
	} {
		if got, _ := table.FindName(host); got != want {
			t.Errorf("FindName(%q) = %+v, want %+v", host, got, want)
		}
	}
	for addr, want := range map[string]Match{
		"192.0.2.77":     {App: "Plant", Category: "IoT-Scada", User: true},
		"198.51.100.7":   {App: "Plant", Category: "IoT-Scada", User: true},
		"198.51.100.8":   {},
		"2001:db8::1":    {App: "Plant", Category: "IoT-Scada", User: true},
		"149.154.167.51": {App: "Telegram", Category: "Chat"},
	} {
		if got, _ := table.FindAddress(netip.MustParseAddr(addr)); got != want {
			t.Errorf("FindAddress(%s) = %+v, want %+v", addr, got, want)
		}
	}
	if !slices.Contains(table.Names(), "Plant") || slices.Contains(Default().Names(), "Plant") {
		t.Error("Plant must be a name of the new table alone")
	}
}

func TestLoadErrors(t *testing.T) {
	tests := []struct {
		name, text string
		line       int
		want       error
	}{
		{"no application", "\texample.com\n", 1, errOpen},
		{"three words at the margin", "A Web x\n", 1, errHeader},
		{"category unknown", "A Wob\n", 1, errCategory},
		{"name with a dot", "TLS.A Web\n", 1, errApp},
		{"category of a name unknown", "A\n\texample.com Wob\n", 2, errCategory},
		{"three words", "A\n\texample.com Web x\n", 2, errEntry},
		{"empty label", "A\n\n\texample..com\n", 3, errName},
		{"dot in front", "A\n\t.example.com\n", 2, errName},
		{"no address", "A\n\t192.0.2.256\n", 2, errName},
		{"lone star", "A\n\t*.example.com\n", 2, errName},
		{"star inside", "A\n\twww.*.example.com\n", 2, errName},
		{"two stars in a label", "A\n\ta*b*.example.com\n", 2, errName},
		{"control character", "A\n\texam\x01ple.com\n", 2, errName},
		{"network", "A\n\t192.0.2.0/33\n", 2, errNetwork},
		{"URL", "A\n\thttps://example.com/\n", 2, errNetwork},
		{"host bits", "A\n\t192.0.2.1/24\n", 2, errHostBits},
		{"mapped network", "A\n\t::ffff:192.0.2.0/120\n", 2, errNetwork},
		{"network with a category", "A\n\t192.0.2.0/24 Web\n", 2, errAlone},
		{"zone", "A\n\tfe80::1%eth0\n", 2, errNetwork},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load(Default(), strings.NewReader(tt.text), "my.txt")
			var re *RuleError
			if !errors.As(err, &re) || !errors.Is(err, tt.want) || re.File != "my.txt" || re.Line != tt.line {
				t.Errorf("Load = %v, want my.txt:%d: %v", err, tt.line, tt.want)
			}
		})
	}
}

func TestRuleErrorText(t *testing.T) {
	_, err := Load(Default(), strings.NewReader("A\n\t192.0.2.1/24\n"), "my.txt")
	if got, want := err.Error(), `my.txt:2: "192.0.2.1/24": expected no bits set beyond the length of the network`; got != want {
		t.Errorf("Load: %s, want %s", got, want)
	}
	_, err = Default().With(map[string]string{"..": "A"}, nil)
	if got, want := err.Error(), `rule "..: A": `+errName.Error(); got != want {
		t.Errorf("With: %s, want %s", got, want)
	}
}

func TestWith(t *testing.T) {
	table, err := Default().With(
		map[string]string{"plant.example": "Plant", "www.netflix.com": "Plant"},
		map[string]string{"192.0.2.0/24": "Plant", "192.0.2.128/25": "Lab", "198.51.100.7": "Lab", "::/0": "Rest", "0.0.0.0/0": "Rest"})
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]Match{
		"plant.example":   {App: "Plant", Category: "Unspecified", User: true},
		"www.netflix.com": {App: "Plant", Category: "Unspecified", User: true},
		"api.netflix.com": {App: "NetFlix", Category: "Video"},
	} {
		if got, _ := table.FindName(host); got != want {
			t.Errorf("FindName(%q) = %+v, want %+v", host, got, want)
		}
	}
	for addr, want := range map[string]string{
		"192.0.2.127": "Plant", "192.0.2.128": "Lab", "192.0.2.255": "Lab", "192.0.3.0": "Rest", "0.0.0.0": "Rest",
		"255.255.255.255": "Rest", "198.51.100.6": "Rest", "198.51.100.7": "Lab", "198.51.100.8": "Rest",
		"::": "Rest", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff": "Rest",
	} {
		if got, _ := table.FindAddress(netip.MustParseAddr(addr)); got != (Match{App: want, Category: "Unspecified", User: true}) {
			t.Errorf("FindAddress(%s) = %+v, want %s", addr, got, want)
		}
	}
	for _, bad := range []struct{ domains, networks map[string]string }{
		{map[string]string{"": "A"}, nil},
		{map[string]string{"example.com": ""}, nil},
		{map[string]string{"example.com": "A.B"}, nil},
		{nil, map[string]string{"192.0.2.1/24": "A"}},
		{nil, map[string]string{"example.com": "A"}},
	} {
		if _, err := Default().With(bad.domains, bad.networks); err == nil {
			t.Errorf("With(%v, %v) must fail", bad.domains, bad.networks)
		}
	}
}

func TestCategory(t *testing.T) {
	for app, want := range map[string]string{"NetFlix": "Video", "WhatsAppCall": "VoIP", "nobody": ""} {
		if got, ok := Default().Category(app); got != want || ok != (want != "") {
			t.Errorf("Category(%s) = %q, %t, want %q", app, got, ok, want)
		}
	}
}

// TestFilesAreTidy holds the files to the order that their readers and diffs rely on.
func TestFilesAreTidy(t *testing.T) {
	for name, text := range map[string]string{"domains.txt": readText(t, "domains.txt"), "networks.txt": readText(t, "networks.txt")} {
		t.Run(name, func(t *testing.T) {
			app, entries := "", []string{}
			done := func() {
				if app != "" && len(entries) == 0 {
					t.Errorf("%s has no entry", app)
				}
				if name == "domains.txt" && !slices.IsSorted(entries) {
					t.Errorf("the names of %s are not sorted", app)
				}
				entries = entries[:0]
			}
			for n, l := range strings.Split(text, "\n") {
				switch {
				case l == "" || l[0] == '#':
				case l != strings.TrimRight(l, " \t\r"):
					t.Errorf("%d: blanks at the end", n+1)
				case l[0] == '\t':
					entries = append(entries, strings.Fields(l)[0])
				default:
					done()
					next := strings.Fields(l)[0]
					if strings.ToLower(next) <= strings.ToLower(app) {
						t.Errorf("%d: %s is not sorted behind %s, or twice", n+1, next, app)
					}
					app = next
				}
			}
			done()
		})
	}
}

// TestNamesCount fails on a name that no lookup can reach, or that says nothing that a shorter one
// does not say.
func TestNamesCount(t *testing.T) {
	var all parser
	if err := all.read(readText(t, "domains.txt"), "domains.txt"); err != nil {
		t.Fatal(err)
	}
	x := newNameIndex(all.names)
	numbers := map[string]int{}
	for i := range len(x.nodes) / nodeSize {
		r := x.nodes[i*nodeSize:]
		numbers[x.text[be32(r):][:be16(r[4:])]] = i
	}
	seen := map[nameRule]bool{}
	for _, r := range all.names {
		key := r
		key.target = 0
		if seen[key] {
			t.Errorf("%s %s %s stands twice", all.targets[r.target].app, r.glob, r.base)
		}
		seen[key] = true
		if r.kind != kindSuffix {
			continue
		}
		without := *x
		at := numbers[r.base]*nodeSize + 6
		without.nodes = x.nodes[:at] + "\xff\xff" + x.nodes[at+2:]
		same := func(host string) bool {
			target, ok := without.find(host)
			return ok && all.targets[target] == all.targets[r.target]
		}
		if same(r.base) && same("below."+r.base) {
			t.Errorf("%s of %s says no more than a shorter name", r.base, all.targets[r.target].app)
		}
	}
}

func readText(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTablesArePacked(t *testing.T) {
	for _, tt := range []struct {
		name, packed string
		pack         func(text, name string) ([]byte, error)
	}{{"domains.txt", domainsPacked, PackNames}, {"networks.txt", networksPacked, PackNetworks}} {
		t.Run(tt.name, func(t *testing.T) {
			packed, err := tt.pack(readText(t, tt.name), tt.name)
			if err != nil {
				t.Fatal(err)
			}
			if string(packed) != tt.packed {
				t.Fatalf("the table is older than %s: go generate ./classify/apps", tt.name)
			}
		})
	}
	nets, err := unpackNetworks(networksPacked)
	if err != nil {
		t.Fatal(err)
	}
	for _, app := range nets.apps {
		if _, ok := Default().Category(app); !ok {
			t.Errorf("%s has networks, and no section in domains.txt", app)
		}
	}
}

// TestNamesSurvivePacking compares the built-in table with one built from its text.
func TestNamesSurvivePacking(t *testing.T) {
	var p parser
	if err := p.read(readText(t, "domains.txt"), "domains.txt"); err != nil {
		t.Fatal(err)
	}
	want := p.table(nil)
	Default().ready()
	if got := Default(); !reflect.DeepEqual(got.names, want.names) || !slices.Equal(got.targets, want.targets) || !maps.Equal(got.categories, want.categories) {
		t.Error("the built-in table differs from domains.txt")
	}
}

// TestNetworksAgainstText looks up the ends of every network, and what is next to them, the slow way too.
func TestNetworksAgainstText(t *testing.T) {
	var p parser
	if err := p.read(readText(t, "networks.txt"), "networks.txt"); err != nil {
		t.Fatal(err)
	}
	longest := map[netip.Prefix]string{}
	for _, r := range p.nets {
		longest[r.prefix] = p.targets[r.target].app
	}
	slow := func(a netip.Addr) string {
		for bits := a.BitLen(); bits >= 0; bits-- {
			if prefix, err := a.Prefix(bits); err == nil && longest[prefix] != "" {
				return longest[prefix]
			}
		}
		return ""
	}
	for _, r := range p.nets {
		first, end := r.prefix.Addr(), last(r.prefix)
		for _, a := range []netip.Addr{first.Prev(), first, end, end.Next()} {
			if got, _, _ := Default().ByAddress(a); got != slow(a) {
				t.Fatalf("ByAddress(%s) = %q, want %q", a, got, slow(a))
			}
		}
	}
}

func TestUnpackDamaged(t *testing.T) {
	const text = "A Web\n\texample.com\n\tb*.example.com\n\tdoh.**\n\t192.0.2.0/24\n\t2001:db8::/32\n"
	for _, tt := range []struct {
		name   string
		pack   func(text, name string) ([]byte, error)
		unpack func(string) error
	}{
		{"names", PackNames, func(s string) error { return new(Table).unpackNames(s) }},
		{"networks", PackNetworks, func(s string) error { _, err := unpackNetworks(s); return err }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			packed, err := tt.pack(text, "x")
			if err != nil {
				t.Fatal(err)
			}
			if err := tt.unpack(string(packed)); err != nil {
				t.Fatal(err)
			}
			for n := range packed {
				if tt.unpack(string(packed[:n])) == nil {
					t.Errorf("the first %d bytes of %d must be refused", n, len(packed))
				}
			}
		})
	}
}

func TestCategoriesAreSorted(t *testing.T) {
	if !slices.IsSorted(categories) {
		t.Error("knownCategory searches a sorted list")
	}
}

var typical = []string{"edge-star-mini-shv-01-fra3.facebook.com", "www.google.co.uk", "www.example.org", "rr3---sn-4g5e6nsz.googlevideo.com", "igcdn-photos-a-a.akamaihd.net"}

func TestNoAllocation(t *testing.T) {
	a, b := netip.MustParseAddr("149.154.167.51"), netip.MustParseAddr("2a03:2880::1")
	if n := testing.AllocsPerRun(100, func() {
		for _, host := range typical {
			Default().ByName(host)
		}
		Default().ByAddress(a)
		Default().ByAddress(b)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzByName(f *testing.F) {
	for _, s := range append(typical, "[::1]:53", "doh.x", "a.b.google.co.uk.", "..", "\x00.netflix.com:1") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, ok := Default().FindName(s)
		if ok != (want.App != "") {
			t.Fatalf("FindName(%q) = %+v, %t", s, want, ok)
		}
		upper := []byte(s)
		for i, c := range upper {
			if 'a' <= c && c <= 'z' {
				upper[i] = c - 'a' + 'A'
			}
		}
		if got, _ := Default().FindName(string(upper)); got != want {
			t.Fatalf("FindName(%q) = %+v in upper case, %+v as it is", s, got, want)
		}
	})
}

func FuzzLoad(f *testing.F) {
	f.Add("A Web\n\texample.com\n\t192.0.2.0/24\n")
	f.Add("A\n\ta*.**.b.c\n\tb.*\n\tdoh.**\n\t::/0\n")
	f.Fuzz(func(t *testing.T, s string) {
		table, err := Load(nil, strings.NewReader(s), "f")
		if err != nil {
			return
		}
		for _, w := range strings.Fields(s) {
			if m, ok := table.FindName(w); ok && !m.User {
				t.Fatalf("FindName(%q) = %+v", w, m)
			}
		}
	})
}

func BenchmarkByName(b *testing.B) {
	for _, host := range typical {
		b.Run(host, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Default().ByName(host)
			}
		})
	}
}

func BenchmarkByAddress(b *testing.B) {
	for _, s := range []string{"149.154.167.51", "2a03:2880::1", "192.0.2.1"} {
		a := netip.MustParseAddr(s)
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Default().ByAddress(a)
			}
		})
	}
}

// BenchmarkLoad is what the first look-up of a run costs.
func BenchmarkLoad(b *testing.B) {
	b.Run("names", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := new(Table).unpackNames(domainsPacked); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("networks", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := unpackNetworks(networksPacked); err != nil {
				b.Fatal(err)
			}
		}
	})
}
