package servmap

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"servmap/servmap/identity"
)

func someNames() *Names {
	return NewNames([]Name{
		{Name: "tv", Addrs: []netip.Addr{ipOf(130)}},
		{Name: "nas", Addrs: []netip.Addr{ipOf(5), netip.MustParseAddr("fe80::5")}},
		{Name: "phone", MACs: []identity.MAC{{2, 0, 0, 0, 0, 0x77}}},
		{Name: "cameras", Networks: []netip.Prefix{netip.MustParsePrefix("10.0.9.0/24")}},
		{Name: "all", Addrs: []netip.Addr{ipOf(5), ipOf(6), ipOf(7)}, MACs: []identity.MAC{tvMAC}},
	})
}

func namedMap(t *testing.T, text string, n *Names) *Map {
	t.Helper()
	m, err := ParseNamed("map", []byte(text), n)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestNamesAreResolved puts hosts in place of names, and adds to what they have by their address.
func TestNamesAreResolved(t *testing.T) {
	m := namedMap(t, `{"tv": {"nas": [7, "SSH"], "remote": [5, "TLS"]}, "10.0.0.130": {"remote": [3, "SSH"]}, "cameras": {"tv": [1, "RTSP"]}, "nobody": {}, "phone": {"remote": [1, "TLS"]}}`, someNames())
	got := mapText(t, m)
	want := `{
  "10.0.0.130": {
    "10.0.0.5": [7, "SSH"],
    "fe80::5": [7, "SSH"],
    "remote": [5, "TLS", "SSH"]
  },
  "10.0.9.0/24": {
    "10.0.0.130": [1, "RTSP"]
  },
  "nobody": {},
  "phone": {
    "remote": [1, "TLS"]
  }
}
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for h, want := range map[string]string{"10.0.0.130": "10.0.0.130", "10.0.0.5": "nas", "fe80::5": "nas", "10.0.0.6": "10.0.0.6", "remote": "remote"} {
		if got := m.Key(HostNamed(h)).String(); got != want {
			t.Errorf("the key of %s is %s, want %s", h, got, want)
		}
	}
}

// TestNamesKeepEvidence keeps what training knows of a host whose key was replaced by its name, and finds
// a host by the hardware address that training saw.
func TestNamesKeepEvidence(t *testing.T) {
	list, seen := someEvidence()
	text := mapText(t, learnEvidence(list, seen))
	for _, name := range []Name{{Name: "tv", Addrs: []netip.Addr{ipOf(130)}}, {Name: "tv", MACs: []identity.MAC{tvMAC}}, {Name: "tv", Addrs: []netip.Addr{ipOf(130)}, MACs: []identity.MAC{tvMAC}}} {
		m := namedMap(t, strings.Replace(text, `"10.0.0.130": {`, `"tv": {`, 1), NewNames([]Name{name}))
		if got := mapText(t, m); got != text {
			t.Errorf("%+v: the map is\n%s\nwant\n%s", name, got, text)
		}
	}
}

// TestNamedMACs judges a host by its name where the map knows no address of its hardware address.
func TestNamedMACs(t *testing.T) {
	for _, tt := range []struct {
		keys, src string
		mac       byte
		byAddress bool
		verdict   Verdict
		key       string
	}{
		{"phone", "10.0.0.200", 0x77, false, None, "phone"},
		{"phone", "10.0.0.200", 0x78, false, UnknownSource, "10.0.0.200"},
		{"phone", "10.0.0.200", 0x77, true, UnknownSource, "10.0.0.200"},
		{"10.0.0.9", "10.0.0.200", 0x77, false, UnknownSource, "10.0.0.200"},
		{`phone": {"remote": [1, "TLS"]}, "10.0.0.200`, "10.0.0.200", 0x77, false, None, "10.0.0.200"},
	} {
		m := namedMap(t, `{"`+tt.keys+`": {"remote": [1, "TLS"]}}`, someNames())
		c := NewChecker(m, NewPerimeter(Settings{ByAddress: tt.byAddress}))
		f := flow(tt.src, "192.0.2.1", "TLS", 10)
		f.HasMAC, f.SrcMAC, f.DstMAC, f.Src2Dst.Packets = true, identity.MAC{2, 0, 0, 0, 0, tt.mac}, routerMAC, 3
		var j Judgement
		if c.Check(f, &j); j.Verdict != tt.verdict || j.SrcKey.String() != tt.key {
			t.Errorf("%+v: %s of %s", tt, j.Verdict, j.SrcKey)
		}
	}
}

// TestNamedNetworks permits what a name of a network does for each address in it.
func TestNamedNetworks(t *testing.T) {
	m := namedMap(t, `{"cameras": {"nas": [1, "RTSP"]}, "tv": {"cameras": [1, "TLS.*"]}}`, someNames())
	c := NewChecker(m, NewPerimeter(Settings{}))
	for _, tt := range []struct {
		src, dst, app string
		want          Verdict
	}{
		{"10.0.9.7", "10.0.0.5", "RTSP", None}, {"10.0.9.7", "10.0.0.5", "SSH", ProtocolNeverUsed}, {"10.0.8.7", "10.0.0.5", "RTSP", UnknownSource},
		{"10.0.0.130", "10.0.9.8", "TLS.NetFlix", None}, {"10.0.0.130", "10.0.8.8", "TLS.NetFlix", UnknownDestination},
	} {
		var j Judgement
		if c.Check(flow(tt.src, tt.dst, tt.app, 10), &j); j.Verdict != tt.want {
			t.Errorf("%s -> %s %s: %s, want %s", tt.src, tt.dst, tt.app, j.Verdict, tt.want)
		}
	}
}

// TestUnitedNames keeps the names of both maps.
func TestUnitedNames(t *testing.T) {
	m, o := namedMap(t, `{"tv": {}}`, someNames()), namedMap(t, `{"nas": {}, "phone": {}}`, someNames())
	if err := m.Unite(o); err != nil {
		t.Fatal(err)
	}
	if got := []string{m.Key(AddrHost(ipOf(130))).String(), m.Key(AddrHost(ipOf(5))).String()}; !slices.Equal(got, []string{"tv", "nas"}) || len(m.resolved.macs) != 1 {
		t.Errorf("the keys are %v", got)
	}
}

// TestWhatPeopleSee shows the name that says most.
func TestWhatPeopleSee(t *testing.T) {
	n := someNames()
	for _, tt := range []struct {
		a    netip.Addr
		macs []identity.MAC
		want string
	}{
		{ipOf(130), nil, "tv"}, {ipOf(5), nil, "nas"}, {ipOf(6), nil, "all"}, {ipOf(9), []identity.MAC{routerMAC, {2, 0, 0, 0, 0, 0x77}}, "phone"},
		{ipOf(9), []identity.MAC{tvMAC}, "all"}, {netip.MustParseAddr("10.0.9.1"), nil, ""},
	} {
		if got := n.Of(tt.a, tt.macs); got != tt.want {
			t.Errorf("%s %v is %q, want %q", tt.a, tt.macs, got, tt.want)
		}
	}
	var none *Names
	if none.Of(ipOf(1), nil) != "" || none.All() != nil || none.named("tv") != nil {
		t.Error("no names have names")
	}
}

// TestReservedWords are no names.
func TestReservedWords(t *testing.T) {
	for word, want := range map[string]bool{
		"tv": false, "my tv": false, "remote": true, "multicast": true, "attempts local": true, "": true, "10.0.0.1": true, "fe80::1%eth0": true,
		"10.0.0.0/8": true, "*": true, "tv*": true, "02:00:00:00:00:01": true, "@servmap": true,
	} {
		if IsReserved(word) != want {
			t.Errorf("%q is reserved: %v", word, !want)
		}
	}
}
