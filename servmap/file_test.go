package servmap

import (
	"bytes"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the goldens again")

func mapText(t testing.TB, m *Map) string {
	t.Helper()
	var b bytes.Buffer
	if err := m.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// learned returns a map with every kind of key, learned in the order of the
// flows.
func learned(t *testing.T) *Map {
	t.Helper()
	s := Settings{IdleTimeout: 2 * time.Minute, ActiveTimeout: 30 * time.Minute}
	m := NewMap(s)
	l := NewLearner(m, NewPerimeter(s))
	for _, f := range []struct {
		src, dst, app string
		bytes         uint64
	}{
		{"10.42.0.130", "10.42.0.1", "DNS", 87215},
		{"10.42.0.130", "192.0.2.1", "TLS", 100},
		{"10.42.0.130", "10.42.0.1", "DNS.Microsoft", 5},
		{"10.42.0.130", "10.42.0.1", "DNS", 6},
		{"10.42.0.130", "198.51.100.1", "HTTP", 7},
		{"10.42.0.130", "10.42.0.7", "Unknown", 8},
		{"10.42.0.9", "224.0.0.251", "MDNS", 9},
		{"10.42.0.9", "255.255.255.255", "DHCP", 10},
		{"fe80::1", "ff02::1", "ICMPV6", 11},
		{"192.0.2.8", "10.42.0.9", "SSH", 12},
	} {
		l.Learn(flow(f.src, f.dst, f.app, f.bytes))
	}
	for _, app := range []string{"Amazon", "Apple", "Google", "Microsoft", "NetFlix", "Spotify", "Twitch", "YouTube", "Zoom"} {
		l.Learn(flow("10.42.0.9", "192.0.2.1", "TLS."+app, 1))
	}
	unknown, tried := flow("10.42.0.130", "10.42.0.1", "Unknown", 13), flow("10.42.0.130", "10.42.0.8", "Unknown", 14)
	unknown.Protocol, unknown.DstPort = 6, 5007
	tried.Protocol, tried.DstPort, tried.Answered = 17, 62976, false
	l.Learn(unknown)
	l.Learn(tried)
	captures := []Capture{
		Capture{Name: "later.pcap", SHA256: strings.Repeat("ab", 32), Packets: 20, Flows: 9, First: time.Unix(200, 5e6).UTC(), Last: time.Unix(300, 0).UTC()},
		Capture{Name: "-", Packets: 10, Flows: 10, First: time.Unix(100, 0).UTC(), Last: time.Unix(150, 0).UTC()},
	}
	l.Finish(captures)
	m.Meta.Add(captures...)
	return m
}

func TestMapGolden(t *testing.T) {
	got := mapText(t, learned(t))
	golden := filepath.Join("testdata", "map.json")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the map is\n%s\nwant\n%s", got, want)
	}
}

func TestMapRoundTrip(t *testing.T) {
	first := mapText(t, learned(t))
	for range 20 { // Go's maps have no order of their own
		m, err := Parse("map", []byte(first))
		if err != nil {
			t.Fatal(err)
		}
		if again := mapText(t, m); again != first {
			t.Fatalf("read and written again:\n%s\nwant\n%s", again, first)
		}
	}
}

func TestOrderOfTheFileDoesNotMatter(t *testing.T) {
	a := `{"10.0.0.10": {"remote": [1, "A"], "10.0.0.9": [2, "B"]}, "10.0.0.9": {"fe80::1": [3, "C"]}}`
	b := `{"10.0.0.9": {"fe80::1": [3, "C"]}, "10.0.0.10": {"10.0.0.9": [2, "B"], "remote": [1, "A"]}}`
	ma, errA := Parse("a", []byte(a))
	mb, errB := Parse("b", []byte(b))
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	if mapText(t, ma) != mapText(t, mb) {
		t.Errorf("%s\nand\n%s", mapText(t, ma), mapText(t, mb))
	}
}

func TestMapOfAnotherProgram(t *testing.T) {
	// Tabs, one line, other spellings of addresses, an application twice, a
	// byte order mark: what hands and other programs make of a map.
	text := "\xef\xbb\xbf{\"10.0.0.1\":{\"remote\":[5,\"TLS\",\"TLS\"],\t\"FE80:0::2\":[7]},\r\n\"lab\":{}}\n"
	m, err := Parse("map", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if m.Meta != nil {
		t.Errorf("Meta is %+v, want nil", m.Meta)
	}
	want := "{\n  \"10.0.0.1\": {\n    \"fe80::2\": [7],\n    \"remote\": [5, \"TLS\"]\n  },\n  \"lab\": {}\n}\n"
	if got := mapText(t, m); got != want {
		t.Errorf("written as\n%s\nwant\n%s", got, want)
	}
}

func TestBadMaps(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"empty", "", "m.json:1:1: expected a services map: { and the source hosts, found the end of the file"},
		{"only blanks", " \n ", "m.json:2:2: expected a services map: { and the source hosts, found the end of the file"},
		{"array", "[1]", `m.json:1:1: expected a services map: { and the source hosts, found "[1]"`},
		{"text", "hello\nworld", `m.json:1:1: expected a services map: { and the source hosts, found "hello"`},
		{"source is no object", "{\n \"10.0.0.1\": 5\n}", `m.json:2:14: expected an object of destinations, found "5"`},
		{"destination is no array", `{"a": {"b": {}}}`, `m.json:1:13: expected an array of bytes and applications, found "{}}}"`},
		{"no bytes", `{"a": {"b": []}}`, `m.json:1:14: expected a whole number of bytes, found ]`},
		{"bytes are text", `{"a": {"b": ["TLS"]}}`, `m.json:1:14: expected a whole number of bytes, found "\"TLS\"]}}"`},
		{"negative bytes", `{"a": {"b": [-5, "TLS"]}}`, `m.json:1:14: expected a whole number of bytes, found "-5, \"TLS\"]}}"`},
		{"half a byte", `{"a": {"b": [1.5]}}`, `m.json:1:14: expected a whole number of bytes, found "1.5]}}"`},
		{"application is a number", "{\"a\":\n {\"b\":\n [1, 2]}}", `m.json:3:6: expected the name of an application in double quotes, found "2]}}"`},
		{"application without a name", `{"a": {"b": [1, ""]}}`, `m.json:1:17: expected the name of an application, found an empty string`},
		{"missing comma", "{\"a\": {}\n\"b\": {}}", `m.json:2:1: expected a comma or }, found "\"b\": {}}"`},
		{"missing comma in an array", `{"a": {"b": [1 "TLS"]}}`, `m.json:1:16: expected a comma or ], found "\"TLS\"]}}"`},
		{"comma too many", `{"a": {},}`, `m.json:1:10: expected a key in double quotes, found "}"`},
		{"source twice", `{"::1": {}, "0:0::1": {}}`, `m.json:1:13: expected each source once, found "0:0::1", which is ::1 again`},
		{"destination twice, spelt otherwise", `{"a": {"::1": [1], "0:0::1": [2]}}`, `m.json:1:20: expected each destination once, found "0:0::1", which is ::1 again`},
		{"destination twice", `{"a": {"b": [1], "b": [2]}}`, `m.json:1:18: expected each destination once, found "b" again`},
		{"missing colon", `{"a" {}}`, `m.json:1:6: expected a colon, found "{}}"`},
		{"number with a zero in front", `{"a": {"b": [007]}}`, `m.json:1:14: expected a whole number of bytes, found "007]}}"`},
		{"line end in a string", "{\"a\nb\": {}}", `m.json:1:2: expected a key in double quotes, found "\"a"`},
		{"bad escape", `{"\x": {}}`, `m.json:1:2: expected a key in double quotes, found "\"\\x\": {}}"`},
		{"more bytes than there are", `{"a": {"b": [18446744073709551616]}}`, `m.json:1:14: expected a whole number of bytes, found "18446744073709551616]}}"`},
		{"cut in the reserved key", `{"@servmap": {"format":`, `m.json:1:24: expected what servmap remembers of the map: the format, found the end of the file`},
		{"cut", `{"a": {"b": [1, "TL`, `m.json:1:20: expected the name of an application in double quotes, found the end of the file`},
		{"something after it", "{}\n{}", `m.json:2:1: expected nothing after the closing }, found "{}"`},
		{"control characters", "{\x1b[31m", `m.json:1:2: expected a key in double quotes, found "\x1b[31m"`},
		{"newer format", `{"@servmap": {"format": 99}}`, `m.json:1:25: expected format 2 or older, found format 99: a newer servmap wrote this map`},
		{"negative format", `{"@servmap": {"format": -1}}`, `m.json:1:26: expected what servmap remembers of the map: the format, found a number -1`},
		{"a word of the settings", `{"@servmap": {"settings": {"multicast": "foo"}}}`, `m.json:1:41: expected "multicast" or "remote", found "foo"`},
		{"a timeout below 0", `{"@servmap": {"settings": {"idle_timeout": -1}}}`, `m.json:1:44: expected seconds from 0 to 1000000000, found -1`},
		{"a timeout without end", `{"@servmap": {"settings": {"active_timeout": 1e300}}}`, `m.json:1:46: expected seconds from 0 to 1000000000, found 1e+300`},
		{"a network of the settings", `{"@servmap": {"settings": {"local_networks": ["10.0.0.0/33"]}}}`, `m.json:1:46: expected what servmap remembers of the map: the settings: local_networks, found netip.ParsePrefix("10.0.0.0/33"): prefix length out of range`},
		{"an empty network of the settings", `{"@servmap": {"settings": {"local_networks": [null]}}}`, `m.json:1:46: expected what servmap remembers of the map: the settings: local_networks, found an empty one`},
		{"a setting twice", `{"@servmap": {"settings": {"multicast": "remote", "multicast": "remote"}}}`, `m.json:1:51: expected each key once, found "multicast" again`},
		{"a capture's time", `{"@servmap": {"captures": [{"name": "a", "first": "today"}]}}`, `m.json:1:51: expected what servmap remembers of the map: the captures: first, found parsing time "today" as "2006-01-02T15:04:05Z07:00": cannot parse "today" as "2006"`},
		{"settings are wrong", `{"@servmap": {"format": "one"}}`, `m.json:1:29: expected what servmap remembers of the map: the format, found a string`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("m.json", []byte(tt.text))
			if err == nil {
				t.Fatal("no error")
			}
			if err.Error() != tt.want {
				t.Errorf("\ngot  %s\nwant %s", err, tt.want)
			}
		})
	}
}

func TestEveryCutOfAMapIsRefused(t *testing.T) {
	whole := strings.TrimSpace(mapText(t, learned(t)))
	for n := range whole {
		if _, err := Parse("m.json", []byte(whole[:n])); err == nil {
			t.Fatalf("the first %d of %d bytes were taken for a map", n, len(whole))
		}
	}
}

func TestCapturesAreSorted(t *testing.T) {
	at := func(s int64, hash string) Capture { return Capture{First: time.Unix(s, 0), SHA256: hash, Name: "x"} }
	want := []Capture{at(1, "b"), at(2, "a"), at(2, "b"), at(3, "")}
	for range 10 {
		shuffled := append([]Capture(nil), want...)
		rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		m := &Meta{}
		for _, c := range shuffled {
			m.Add(c)
		}
		for i := range want {
			if m.Captures[i] != want[i] {
				t.Fatalf("captures %v, want %v", m.Captures, want)
			}
		}
	}
}

func TestDifferences(t *testing.T) {
	was := NewMap(Settings{IdleTimeout: 120 * time.Second})
	if d := was.Differences(Settings{IdleTimeout: 120 * time.Second, LocalNetworks: DefaultLocalNetworks()}); d != nil {
		t.Errorf("the default networks differ from no networks: %v", d)
	}
	got := was.Differences(Settings{IdleTimeout: 30 * time.Second, MulticastRemote: true, DeviceIPs: addrs("10.0.0.1"),
		LocalNetworks: prefixes("10.0.0.0/8"), ActiveTimeout: time.Second})
	want := []string{
		"local_networks is [10.0.0.0/8], the map's [10.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16, fc00::/7, fe80::/10]",
		"device_ips is [10.0.0.1], the map's []",
		"multicast is remote, the map's multicast",
		"idle_timeout is 30s, the map's 2m0s",
		"active_timeout is 1s, the map's 0s",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("differences\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestAMapThatDoesNotSayDiffersInNothing(t *testing.T) {
	for _, text := range []string{`{}`, `{"@servmap": {"format": 1}}`, `{"@servmap": {"format": 1, "captures": []}}`} {
		m, err := Parse("map", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if d := m.Differences(Settings{IdleTimeout: time.Second}); d != nil {
			t.Errorf("%s differs: %v", text, d)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(ruleMap))
	f.Add([]byte(`{"@servmap": {"format": 1, "settings": {"idle_timeout": 1.5}, "captures": [{"name": "a", "first": "2020-01-01T00:00:00Z"}]}}`))
	f.Add([]byte(`{"10.0.0.1": {"remote": [9, "TLS", "Unknown:udp/*"], "attempts local": [1, "DNS"]}, "@servmap": {"format": 2, "vocabulary": "a", "note": {"a": 1},
		"evidence": {"events": ["a 2026-01-01", "b 2026-01-02"], "shared_macs": ["02:00:00:00:00:01"], "dhcp_servers": ["10.0.0.1"], "routers": ["fe80::1"],
		"tunnels": [["GRE", "10.0.0.1", "remote"]], "talkers": [["02:00:00:00:00:02", 34962]],
		"hosts": {"10.0.0.1": {"macs": ["02:00:00:00:00:03"], "name": "tv", "claimed": 1, "asked": ["10.0.0.2"], "seen": [[1, 2], [0, 3]]}},
		"uses": {"10.0.0.1": {"remote": {"TLS": {"counts": [[1, 2, 3, 4]], "ports": [443, 8443], "peers": {"example.com": [0, 1], "a": []}, "flags": ["answered", "more"]}}}}}}}`))
	f.Add([]byte(`{"tv": {"*": [0, "TLS.*"], "10.0.1.0/24": [0, "*"], "phone": [1, "SSH", "SSH"]}, "nas": {"tv": [1]}, "@servmap": {"settings": {"a": 1}, "captures": [{"name": "x", "last": "2026-06-01T00:00:00Z", "b": 1}],
		"evidence": {"c": {"d": 1}, "events": ["a 2026-01-01"], "hosts": {"10.0.0.130": {"e": [], "seen": [[0, 1]]}}, "uses": {"nas": {"tv": {"X": {"f": null}}}, "10.0.0.130": {"*": {"TLS.*": {"g": 0, "counts": [[0, 1, 2, 3]]}}}}}}}`))
	f.Add([]byte(`{"10.0.0.7": {"remote": [9, "TLS", "SSH"]}, "@servmap": {"accepted": [{"id": "494b2f8c866b", "note": "a", "b": 1, "adds": [{"source": "10.0.0.7", "role": "host", "macs": ["02:00:00:00:00:07"]},
		{"source": "10.0.0.7", "destination": "remote", "services": ["SSH", "TLS"]}, {"source": "10.0.0.7", "destination": "remote", "services": ["TLS"], "names": ["example.com"], "owner": "Google"},
		{"source": "10.0.0.7", "asked": ["*", "10.0.0.8"]}, {"source": "02:00:00:00:00:08", "services": ["Ethernet/8892"]}, {"source": "10.0.0.7", "destination": "remote", "tunnel": "GRE"},
		{"source": "10.0.0.7", "destination": "remote", "services": ["TLS"], "bytes_out": 9}]}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse("fuzz", data)
		if err != nil {
			return
		}
		if !json.Valid(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))) {
			t.Fatalf("no JSON, and still a map: %q", data)
		}
		first := mapText(t, m)
		again, err := Parse("again", []byte(first))
		if err != nil {
			t.Fatalf("its own writing is refused: %v\n%s", err, first)
		}
		if second := mapText(t, again); second != first {
			t.Fatalf("first\n%s\nthen\n%s", first, second)
		}
		if d := Diff(m, again); len(d) > 0 {
			t.Fatalf("it differs from its own writing: %v", d)
		}
		l := NewLinter(Settings{}, someNames(), []string{"TLS"}, func(string, []string) string { return "" })
		if err := l.Lint("fuzz", data, m, func(Warning) {}); err != nil {
			t.Fatalf("it is a map, and not to be linted: %v", err)
		}
		if _, err := ParseNamed("fuzz", data, someNames()); err != nil {
			t.Fatalf("it is a map, but not with names: %v", err)
		}
		pruned, _ := Parse("again", []byte(first))
		forgotten := pruned.Prune(30).Forgotten
		if d := Diff(again, pruned); !slices.Equal(d, forgotten) {
			t.Fatalf("it forgot %v, and tells %v", d, forgotten)
		}
		if p := pruned.Prune(30); len(p.Forgotten) > 0 {
			t.Fatalf("it forgot %v only later", p.Forgotten)
		}
		if err := m.Unite(again); err != nil {
			t.Fatalf("it is not united with itself: %v", err)
		}
		if d := Diff(m, again); len(d) > 0 {
			t.Fatalf("united with itself it differs: %v", d)
		}
	})
}
