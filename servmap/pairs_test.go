package servmap

import (
	"fmt"
	"net/netip"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"servmap/servmap/mapjson"
)

// pairsText lists pairs, "source: destination bytes [applications]; …", a source a line.
func pairsText(p *Pairs, sorted bool) string {
	var b strings.Builder
	sources, pairs := p.Sources(), p.Pairs
	if sorted {
		sources, pairs = p.SortedSources(), p.SortedPairs
	}
	for s := range sources {
		fmt.Fprintf(&b, "%s %d:", s.Host, s.Bytes)
		for pair := range pairs(s) {
			fmt.Fprintf(&b, " %s %d %v;", pair.Dst, pair.Bytes, pair.Applications)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// local is the n-th host of 10.0.0.0/8.
func local(n int) Host {
	return Host{addr: netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})}
}

func TestPairsKeepTheOrder(t *testing.T) {
	var p Pairs
	six, mapped := HostNamed("fe80::1"), HostNamed("::ffff:10.0.0.2")
	for _, f := range []struct {
		src, dst Host
		bytes    uint64
		app      string
	}{
		{local(9), Remote, 5, "TLS"}, {local(2), local(9), 1, "B"}, {local(9), mapped, 2, "C"}, {six, Multicast, 3, "MDNS"},
		{local(9), local(2), 4, "D"}, {local(9), Remote, 6, "A"}, {local(9), Remote, 7, "TLS"}, {Remote, local(9), 1, "SSH"},
	} {
		if !p.Add(f.src, f.dst, f.bytes, f.app) {
			t.Fatalf("%v: no room without limits", f)
		}
	}
	want := "10.0.0.9 24: remote 18 [TLS A]; ::ffff:10.0.0.2 2 [C]; 10.0.0.2 4 [D];\n10.0.0.2 1: 10.0.0.9 1 [B];\n" +
		"fe80::1 3: multicast 3 [MDNS];\nremote 1: 10.0.0.9 1 [SSH];\n"
	if got := pairsText(&p, false); got != want {
		t.Errorf("as they came:\n%s\nwant\n%s", got, want)
	}
	want = "10.0.0.2 1: 10.0.0.9 1 [B];\n10.0.0.9 24: 10.0.0.2 4 [D]; ::ffff:10.0.0.2 2 [C]; remote 18 [TLS A];\n" +
		"fe80::1 3: multicast 3 [MDNS];\nremote 1: 10.0.0.9 1 [SSH];\n"
	if got := pairsText(&p, true); got != want {
		t.Errorf("sorted:\n%s\nwant\n%s", got, want)
	}
}

func TestManyApplications(t *testing.T) {
	m := NewMap(Settings{})
	var want []string
	knows := func(app string) bool { k := m.pairs.look(local(1), local(2)); return k.Uses(app) }
	for i := range 50 {
		app := "X." + strings.Repeat("x", i)
		if knows(app) {
			t.Errorf("%s is known before it was learned", app)
		}
		want = append(want, app)
		for range 2 {
			m.pairs.Add(local(1), local(2), 1, app)
		}
		m.pairs.Add(local(1), local(3+i), 1, app) // the lists of others are their own
		for _, a := range want {
			if !knows(a) {
				t.Errorf("of %d applications, %s is forgotten", i+1, a)
			}
		}
	}
	for s := range m.pairs.Sources() {
		for p := range m.pairs.Pairs(s) {
			if !reflect.DeepEqual(p.Applications, want) {
				t.Errorf("applications %q, want %q", p.Applications, want)
			}
			return
		}
	}
}

func TestLimitsKeepTheFirst(t *testing.T) {
	type flow struct {
		src, dst int
		app      string
		want     bool
	}
	for _, tt := range []struct {
		name         string
		hosts, pairs int
		flows        []flow
		want         string
	}{
		{"hosts", 3, 0, []flow{{1, 2, "A", true}, {3, 4, "A", false}, {3, 3, "A", true}, {2, 1, "A", true}, {1, 4, "A", false}, {1, 3, "A", true}},
			"10.0.0.1 2: 10.0.0.2 1 [A]; 10.0.0.3 1 [A];\n10.0.0.3 1: 10.0.0.3 1 [A];\n10.0.0.2 1: 10.0.0.1 1 [A];\n"},
		{"pairs", 0, 2, []flow{{1, 2, "A", true}, {2, 1, "A", true}, {1, 3, "A", false}, {1, 2, "B", true}, {3, 4, "A", false}},
			"10.0.0.1 2: 10.0.0.2 2 [A B];\n10.0.0.2 1: 10.0.0.1 1 [A];\n"},
		{"a name of an application that is longer than all may be", 0, 0, []flow{{1, 2, strings.Repeat("x", mostNameBytes+1), false}, {1, 2, "B", true}},
			"10.0.0.1 1: 10.0.0.2 1 [B];\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := Pairs{Limits: NewLimits(tt.hosts, tt.pairs)}
			for _, f := range tt.flows {
				if got := p.Add(local(f.src), local(f.dst), 1, f.app); got != f.want {
					t.Errorf("%d -> %d with %.10s: added %v, want %v", f.src, f.dst, f.app, got, f.want)
				}
			}
			if got := pairsText(&p, false); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestLimitsAreShared(t *testing.T) {
	l := NewLimits(0, 3)
	a, b := Pairs{Limits: l}, Pairs{Limits: l}
	got := []bool{a.Add(local(1), local(2), 1, "A"), b.Add(local(1), local(2), 1, "A"), a.Add(local(1), local(3), 1, "A"), b.Add(local(1), local(3), 1, "A")}
	if want := []bool{true, true, true, false}; !reflect.DeepEqual(got, want) {
		t.Errorf("added %v, want %v", got, want)
	}
}

// TestSharedListsCostNothing leaves room for one list of applications more.
func TestSharedListsCostNothing(t *testing.T) {
	l := NewLimits(0, 0)
	p := Pairs{Limits: l}
	p.Add(local(1), local(2), 1, "B") // the name is known from now on
	l.lists = 1
	got := []bool{p.Add(local(1), local(3), 1, "B"), p.Add(local(1), local(2), 1, "B"), p.Add(local(1), local(2), 1, "C")}
	if want := []bool{true, true, false}; !reflect.DeepEqual(got, want) || l.lists != 1 {
		t.Errorf("added %v, want %v; %d lists left", got, want, l.lists)
	}
}

func TestALimitedMapCountsWhatItHolds(t *testing.T) {
	m, err := Parse("map", []byte(`{"10.0.0.1": {"10.0.0.2": [1, "A"], "10.0.0.3": [1, "A"]}}`))
	if err != nil {
		t.Fatal(err)
	}
	m.Limit(NewLimits(3, 3))
	l := NewLearner(m, NewPerimeter(Settings{}))
	for _, dst := range []string{"10.0.0.2", "10.0.0.1", "10.0.0.3", "10.0.0.4"} {
		l.Learn(flow("10.0.0.2", dst, "A", 1))
	}
	if _, pairs, _ := m.Size(); pairs != 3 || l.Flows != 4 || l.Beyond != 3 {
		t.Errorf("%d pairs, %d flows, %d beyond the limits; want 3, 4 and 3", pairs, l.Flows, l.Beyond)
	}
}

// TestMemoryOfPairs fills Pairs to a part of the default limits in the ways that take most, and
// weighs them.
func TestMemoryOfPairs(t *testing.T) {
	if testing.Short() {
		t.Skip("it fills a large part of a map")
	}
	const part = 5
	const all = 5 * DefaultMaxPairs / part / 4
	for _, tt := range []struct {
		name string
		most int64 // bytes; of the whole the collector makes half as much again
		n    int   // flows, more than there is room for
		flow func(i int) (src, dst Host, app string)
	}{
		{"every host a source", 64 << 20 / part, all, func(i int) (Host, Host, string) { return local(i / 2), local((i / 2) ^ 1<<(i&1)), "DNS" }},
		{"a list of its own for every pair", 64 << 20 / part, all, func(i int) (Host, Host, string) { return local(i % 1000), local(i), fmt.Sprint(i % 5000) }},
		{"long lists", 64 << 20 / part, all, func(i int) (Host, Host, string) { return local(1), local(2 + i/40), fmt.Sprint(i % 40) }},
		{"long names", mostNameBytes + 8<<20, 2 * (mostNameBytes + 8<<20) >> 10, func(i int) (Host, Host, string) { return local(1), local(2), fmt.Sprint(strings.Repeat("x", 1<<10), i) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			p := Pairs{Limits: NewLimits(DefaultMaxHosts/part, DefaultMaxPairs/part)}
			added := 0
			for i := range tt.n {
				if src, dst, app := tt.flow(i); p.Add(src, dst, 1, app) {
					added++
				}
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			grown := int64(after.HeapAlloc) - int64(before.HeapAlloc)
			t.Logf("%d added, %d kB", added, grown>>10)
			if grown > tt.most {
				t.Errorf("%d kB, want at most %d", grown>>10, tt.most>>10)
			}
			runtime.KeepAlive(&p)
		})
	}
}

// TestALargeMapIsWrittenInParts has a source whose destinations are more than is written at once.
func TestALargeMapIsWrittenInParts(t *testing.T) {
	m := NewMap(Settings{})
	for i := range 10_000 {
		m.pairs.Add(local(1), local(2+i), uint64(i), "TLS")
	}
	first := mapText(t, m)
	again, err := Parse("map", []byte(first))
	if err != nil {
		t.Fatal(err)
	}
	if len(first) < 2*mapjson.Block || mapText(t, again) != first || pairsText(&again.pairs, true) != pairsText(&m.pairs, true) {
		t.Errorf("%d bytes are read as another map", len(first))
	}
}

func TestCaptureNamesAreEscaped(t *testing.T) {
	m := NewMap(Settings{})
	m.Meta.Add(Capture{Name: "a\u202e\u009b.pcap", SHA256: "1"}, Capture{Name: "b\xff.pcap", SHA256: "2"})
	text := mapText(t, m)
	for _, want := range []string{`"name": "a\u202e\u009b.pcap"`, `"name": "b\\xff.pcap"`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
}
