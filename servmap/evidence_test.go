package servmap

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"servmap/classify"
	"servmap/flows"
	"servmap/flows/decode"
	"servmap/servmap/identity"
)

var (
	tvMAC     = identity.MAC{2, 0, 0, 0, 0, 0x30}
	routerMAC = identity.MAC{2, 0, 0, 0, 0, 0x01}
)

// ipOf returns an address of 10.0.0.0/24.
func ipOf(n byte) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, 0, n}) }

// someEvidence are flows and sightings with everything that evidence holds.
func someEvidence() (list []*flows.Flow, seen []flows.Sighting) {
	for i, f := range []struct {
		dst, app, name string
		protocol       uint8
		sport, dport   uint16
		answered       bool
	}{
		{"192.0.2.1", "TLS.Amazon", "www.example.com", 6, 40000, 443, true},
		{"192.0.2.2", "TLS.Amazon", "", 6, 40001, 443, true},
		{"10.0.0.1", "DNS", "www.example.org", 17, 40002, 53, true},
		{"10.0.0.7", "Unknown", "", 6, 40003, 5007, true},
		{"10.0.0.8", "Unknown", "", 6, 40004, 5008, false},
		{"192.0.2.9", "ICMP", "", 1, 0, 0, false},
		{"224.0.0.251", "MDNS", "", 17, 5353, 5353, false},
	} {
		x := flow("10.0.0.130", f.dst, f.app, uint64(100+i))
		x.Protocol, x.SrcPort, x.DstPort, x.Answered = f.protocol, f.sport, f.dport, f.answered
		x.HasMAC, x.SrcMAC, x.DstMAC = true, tvMAC, routerMAC
		x.Info = classify.Found{ServerName: f.name}.Info()
		x.Number = uint64(i)
		x.Src2Dst.First, x.Src2Dst.Last = int64(i)*day/2, int64(i)*day/2
		x.Dst2Src.First, x.Dst2Src.Last = x.Src2Dst.First, x.Src2Dst.First
		list = append(list, x)
	}
	return list, []flows.Sighting{
		{Kind: flows.From, File: 0, Number: 0}, {Kind: flows.From, File: 1, Number: 4},
		{Kind: flows.Claim, MAC: tvMAC, Addr: ipOf(130)},
		{Kind: flows.Ask, MAC: tvMAC, Addr: ipOf(130), Peer: ipOf(1)},
		{Kind: flows.Ask, MAC: tvMAC, Addr: ipOf(130), Peer: ipOf(9)},
		{Kind: flows.Lease, MAC: tvMAC, Addr: ipOf(130), Peer: ipOf(1)},
		{Kind: flows.Offer, MAC: tvMAC, Peer: ipOf(2)},
		{Kind: flows.Router, Addr: ipOf(1)},
		{Kind: flows.Called, MAC: tvMAC, Name: "tv\x1b[2J"},
		{Kind: flows.Outer, Tunnel: decode.TunnelGRE, Addr: ipOf(130), Peer: netip.MustParseAddr("192.0.2.50")},
		{Kind: flows.Frame, MAC: tvMAC, EtherType: 0x8892},
	}
}

// learnEvidence learns flows in the order given.
func learnEvidence(list []*flows.Flow, seen []flows.Sighting) *Map {
	s := Settings{IdleTimeout: 2 * time.Minute}
	m := NewMap(s)
	l := NewLearner(m, NewPerimeter(s))
	for i := range seen {
		l.See(&seen[i])
	}
	for _, f := range list {
		l.Learn(f)
	}
	captures := []Capture{{Name: "a.pcap", SHA256: strings.Repeat("ab", 32)}, {Name: "b.pcap", SHA256: strings.Repeat("cd", 32)}}
	l.Finish(captures)
	m.Meta.Add(captures...)
	return m
}

// evidenceText returns what is below the key of evidence.
func evidenceText(t *testing.T, m *Map) string {
	t.Helper()
	_, text, ok := strings.Cut(mapText(t, m), `"evidence": `)
	if !ok {
		t.Fatal("the map has no evidence")
	}
	return text
}

// TestEvidenceRoundTrip reads what it has written, all of it.
func TestEvidenceRoundTrip(t *testing.T) {
	list, seen := someEvidence()
	text := mapText(t, learnEvidence(list, seen))
	for _, part := range []string{
		`"events": ["abababababababab 1970-01-01", "abababababababab 1970-01-02", "cdcdcdcdcdcdcdcd 1970-01-03", "cdcdcdcdcdcdcdcd 1970-01-04"]`,
		`"dhcp_servers": ["10.0.0.1", "10.0.0.2"]`, `"routers": ["10.0.0.1"]`, `"tunnels": [["GRE", "10.0.0.130", "remote"]]`, `"talkers": [["02:00:00:00:00:30", 34962]]`,
		`"shared_macs": ["02:00:00:00:00:01"]`,
		`"10.0.0.130": {"macs": ["02:00:00:00:00:30"], "name": "tv\u001b[2J", "claimed": 1, "asked": ["10.0.0.1", "10.0.0.9"], "seen": [[0, 2], [1, 2], [2, 2], [3, 1]]}`,
		`"TLS.Amazon": {"counts": [[0, 2, 135, 66]], "ports": [443], "peers": {"Amazon": [0], "example.com": [0]}, "flags": ["answered"]}`,
		`"DNS": {"counts": [[1, 1, 68, 34]], "ports": [53], "peers": {"example.org": [1]}, "flags": ["answered"]}`,
		`"Unknown:tcp/5007": {"counts": [[1, 1, 69, 34]], "ports": [5007], "flags": ["answered"]}`,
		`"Unknown:tcp/5008": {"counts": [[2, 1, 70, 34]], "ports": [5008]}`,
	} {
		if !strings.Contains(text, part) {
			t.Errorf("there is no %s in\n%s", part, text)
		}
	}
	m, err := Parse("map", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if again := mapText(t, m); again != text {
		t.Errorf("read and written again\n%s\nwant\n%s", again, text)
	}
}

// TestOrderOfLearningDoesNotMatter learns flows in any order. Only the order of a pair's services is
// that of learning.
func TestOrderOfLearningDoesNotMatter(t *testing.T) {
	list, seen := someEvidence()
	for i := range 300 { // more names than are kept
		f := *list[0]
		f.Info = classify.Found{ServerName: fmt.Sprintf("a%d.example", i)}.Info()
		list = append(list, &f)
	}
	want := evidenceText(t, learnEvidence(list, seen))
	if n := strings.Count(want, ".example\""); n > mostListed || !strings.Contains(want, `"flags": ["answered", "more"]`) {
		t.Errorf("%d names are kept, at most %d are wanted:\n%s", n, mostListed, want)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		random.Shuffle(len(seen)-2, func(i, j int) { seen[i+2], seen[j+2] = seen[j+2], seen[i+2] })
		if got := evidenceText(t, learnEvidence(list, seen)); got != want {
			t.Fatalf("learned in another order\n%s\nwant\n%s", got, want)
		}
	}
}

// TestEvidenceOfWhatIsDeleted is dropped, and all else is kept.
func TestEvidenceOfWhatIsDeleted(t *testing.T) {
	list, seen := someEvidence()
	text := mapText(t, learnEvidence(list, seen))
	for _, tt := range []struct {
		name, from, to string
		gone, stay     []string
	}{
		{"a service", `, "TLS.Amazon"]`, `]`, []string{`"TLS.Amazon": {`}, []string{`"DNS": {`}},
		{"a pair", "    \"10.0.0.7\": [103, \"Unknown:tcp/5007\"],\n", ``, []string{`"Unknown:tcp/5007": {`, `"10.0.0.7": {"macs"`}, []string{`"Unknown:tcp/5008": {`}},
		{"all of it", `"10.0.0.130": {`, `"10.0.0.131": {`, []string{`"DNS": {`, `"10.0.0.130": {"macs"`}, []string{`"10.0.0.1": {"macs"`}},
		{"attempts", "    \"attempts local\": [104, \"Unknown:tcp/5008\"],\n", ``, []string{`"Unknown:tcp/5008": {`}, []string{`"Unknown:tcp/5007": {`}},
	} {
		deleted := strings.Replace(text, tt.from, tt.to, 1)
		m, err := Parse("map", []byte(deleted))
		if err != nil || deleted == text {
			t.Fatalf("%s: %v in\n%s", tt.name, err, deleted)
		}
		got := evidenceText(t, m)
		for _, part := range tt.gone {
			if !strings.Contains(text, part) || strings.Contains(got, part) {
				t.Errorf("%s: %s stands in\n%s", tt.name, part, got)
			}
		}
		for _, part := range tt.stay {
			if !strings.Contains(got, part) {
				t.Errorf("%s: %s is gone from\n%s", tt.name, part, got)
			}
		}
	}
}

// TestUnknownKeysAreKept keeps what others have written under the reserved key, at any depth, and maps that
// are united keep it of both.
func TestUnknownKeysAreKept(t *testing.T) {
	text := func(n string) string {
		return strings.ReplaceAll(`{"10.0.0.1": {"remote": [5, "TLS"]}, "@servmap": {"commentN": "of the lab", "format": 2, "laterN": {"b": [1, 2.50], "a": null},
		"settings": {"local_networks": ["10.0.0.0/8"], "idle_timeout": 1, "whoN": "me"}, "captures": [{"name": "aN", "packets": 1, "flows": 1, "howN": "<by hand>\u001b"}],
		"evidence": {"newN": [1, {"x": "y"}], "hosts": {"10.0.0.1": {"macs": [], "colourN": "red"}}, "uses": {"10.0.0.1": {"remote": {"TLS": {"counts": [], "whyN": [true]}}}}}}}`, "N", n)
	}
	want := func(got, n string) {
		t.Helper()
		for _, part := range []string{`"commentN": "of the lab"`, `2.50`, `"a": null`, `"whoN": "me"`, `"howN": "<by hand>\u001b"`, `"newN": [1,{"x":"y"}]`, `"10.0.0.1": {"macs": [], "seen": [], "colourN": "red"`, `"TLS": {"counts": [], "whyN": [true]`} {
			if part = strings.ReplaceAll(part, "N", n); !strings.Contains(got, part) && (n == "" || !strings.Contains(got, part[strings.LastIndex(part, ", ")+2:])) {
				t.Errorf("%s is gone from\n%s", part, got)
			}
		}
	}
	m := parsed(t, text(""))
	got := mapText(t, m)
	want(got, "")
	if again := mapText(t, parsed(t, got)); again != got {
		t.Errorf("read and written again\n%s\nwant\n%s", again, got)
	}
	var united []string
	for _, order := range [][2]string{{"1", "2"}, {"2", "1"}} {
		m := parsed(t, text(order[0]))
		if err := m.Unite(parsed(t, text(order[1]))); err != nil {
			t.Fatal(err)
		}
		united = append(united, mapText(t, m))
		want(united[0], "1")
		want(united[0], "2")
	}
	if united[0] != united[1] {
		t.Errorf("united one way\n%s\nand the other\n%s", united[0], united[1])
	}
}

// TestEventsUnite puts together what was learned of a capture twice.
func TestEventsUnite(t *testing.T) {
	e := newEvidence(&Pairs{})
	one, two := e.event(Event{"#0", 5}), e.event(Event{"#1", 5})
	u := e.needUse(used{}, HostNamed("10.0.0.1"), Remote, "TLS")
	for _, event := range []uint32{one, two} {
		u.count(event, flow("10.0.0.1", "192.0.2.1", "TLS", 30))
		u.addPeer("example.com", event)
		e.host(ipOf(1)).count(event)
	}
	e.Events[one].Capture, e.Events[two].Capture = "same", "same"
	e.unite()
	if len(e.Events) != 1 || !slices.Equal(u.Counts, []Count{{0, 2, 40, 20}}) || !slices.Equal(u.Peers[0].Events, []uint32{0}) || !slices.Equal(e.host(ipOf(1)).Seen, []Presence{{0, 2}}) {
		t.Errorf("events %v, counts %v, peers %v, host %v", e.Events, u.Counts, u.Peers, e.host(ipOf(1)).Seen)
	}
}

// TestBadEvidence says what is wrong.
func TestBadEvidence(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{`{"events": ["a"]}`, `expected a capture and a day, as in "0123456789abcdef 2026-01-31", found "a"`},
		{`{"events": ["a 2026-13-01"]}`, `expected a capture and a day, as in "0123456789abcdef 2026-01-31", found "a 2026-13-01"`},
		{`{"events": ["a 2026-01-01", "a 2026-01-01"]}`, `expected each event once, found "a 2026-01-01" again`},
		{`{"shared_macs": ["02:00"]}`, `expected a hardware address, as in "02:00:00:00:00:01", found "02:00"`},
		{`{"routers": ["me"]}`, `expected an address, found "me"`},
		{`{"tunnels": [["GRE", "remote"]]}`, `expected a kind of tunnel and its two ends, found ]`},
		{`{"talkers": [["02:00:00:00:00:01", 70000]]}`, `expected an EtherType, found 70000`},
		{`{"hosts": {"tv": {}}}`, `expected an address, found "tv"`},
		{`{"hosts": {"::1": {}, "0::1": {}}}`, `expected each key once, found "0::1" again`},
		{`{"hosts": {"::1": {"seen": [[0, 1]]}}}`, `expected the index of one of 0 events, which come first, found 0`},
		{`{"uses": {"a": {"b": {"TLS": {"ports": [70000]}}}}}`, `expected a port, found 70000`},
		{`{"events": ["a 2026-01-01"], "uses": {"a": {"b": {"TLS": {"counts": [[0, 1, 2]]}}}}}`, `expected an event, flows, bytes out and bytes in, found ]`},
		{`{"events": ["a 2026-01-01"], "uses": {"a": {"b": {"TLS": {"counts": [[0, 1, 2, 3], [0, 1, 2, 3]]}}}}}`, `expected each event of a use once, found an event again`},
	} {
		_, err := Parse("m", []byte(`{"@servmap": {"format": 2, "evidence": `+tt.text+`}}`))
		if err == nil || !strings.HasSuffix(err.Error(), tt.want) || !bytes.HasPrefix([]byte(err.Error()), []byte("m:1:")) {
			t.Errorf("%s: %v, want %s", tt.text, err, tt.want)
		}
	}
}
