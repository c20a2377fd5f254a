package servmap

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"servmap/flows"
)

// prunable is a map of four days, the newest of which is day 3: in text, so that hands can edit it.
func prunable(t *testing.T) string {
	t.Helper()
	list, seen := someEvidence()
	for i := range 9 { // unrecognised UDP on other ports each time
		f := flow("10.0.0.130", "10.0.0.7", "Unknown", 10)
		f.Protocol, f.SrcPort, f.DstPort, f.Answered, f.Number = 17, uint16(40000+i), uint16(50000+i), true, uint64(i)
		list = append(list, f)
	}
	return mapText(t, learnEvidence(list, seen))
}

// TestPrune forgets what is old, and tells just that.
func TestPrune(t *testing.T) {
	text := prunable(t)
	for _, tt := range []struct {
		days     int
		from, to string // what a hand edits
		undated  int
		want     string
	}{
		{days: 4},
		{days: 3, want: "- 10.0.0.130 -> 10.0.0.7 Unknown:udp/*\n" + udpPorts() + "- 10.0.0.130 -> remote TLS.Amazon\n"},
		{days: 1, from: `"10.0.0.1": {"macs": []`, to: `"10.0.0.1": {"macs": ["02:00:00:00:00:99"]`, want: "- 10.0.0.1 dhcp-server\n- 10.0.0.1 mac 02:00:00:00:00:99\n- 10.0.0.1 router\n- 10.0.0.130 -> 10.0.0.1 DNS\n- 10.0.0.130 -> 10.0.0.7 Unknown:tcp/5007\n- 10.0.0.130 -> 10.0.0.7 Unknown:udp/*\n" + udpPorts() +
			"- 10.0.0.130 -> attempts local Unknown:tcp/5008\n- 10.0.0.130 -> attempts remote ICMP\n- 10.0.0.130 -> remote TLS.Amazon\n"},
		{days: 3, from: `"TLS.Amazon"]`, to: `"TLS.Amazon", "SSH"], "10.0.0.99": [5, "SSH"], "10.0.0.98": [7]`, undated: 2, want: "- 10.0.0.130 -> 10.0.0.7 Unknown:udp/*\n" + udpPorts() + "- 10.0.0.130 -> remote TLS.Amazon\n"},
	} {
		m := parsed(t, strings.Replace(text, tt.from, tt.to, 1))
		before := parsed(t, mapText(t, m))
		p := m.Prune(tt.days)
		var got strings.Builder
		for _, c := range p.Forgotten {
			fmt.Fprintln(&got, c)
		}
		if got.String() != tt.want || p.Undated != tt.undated || !p.Dated {
			t.Errorf("%d days: %d undated, forgotten\n%s\nwant %d and\n%s", tt.days, p.Undated, got.String(), tt.undated, tt.want)
		}
		pruned := mapText(t, m)
		again := parsed(t, pruned)
		if diff := Diff(before, again); !slices.Equal(diff, p.Forgotten) {
			t.Errorf("%d days: the maps differ by\n%v\nand it tells\n%v", tt.days, diff, p.Forgotten)
		}
		if p := again.Prune(tt.days); len(p.Forgotten) > 0 || mapText(t, again) != pruned {
			t.Errorf("%d days: to prune again changes\n%s\nto\n%s", tt.days, pruned, mapText(t, again))
		}
		for _, kept := range []string{`"10.0.0.98": [7]`, `"10.0.0.99": [5, "SSH"]`} {
			if tt.undated > 0 && !strings.Contains(pruned, kept) {
				t.Errorf("%d days: there is no %s in\n%s", tt.days, kept, pruned)
			}
		}
	}
}

// udpPorts are the lines of the ports of prunable.
func udpPorts() string {
	var b strings.Builder
	for i := range 9 {
		fmt.Fprintf(&b, "- 10.0.0.130 -> 10.0.0.7 Unknown:udp/%d\n", 50000+i)
	}
	return b.String()
}

func parsed(t *testing.T, text string) *Map {
	t.Helper()
	m, err := Parse("map", []byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return m
}

// TestPruneKeepsWhatHasNoDate keeps maps without evidence, and lists that are full.
func TestPruneKeepsWhatHasNoDate(t *testing.T) {
	m := parsed(t, `{"10.0.0.1": {"remote": [5, "TLS", "SSH"]}, "@servmap": {"format": 1}}`)
	if p := m.Prune(1); p.Dated || p.Undated != 2 || len(p.Forgotten) > 0 {
		t.Errorf("of format 1: %+v", p)
	}
	m = NewMap(Settings{})
	l := NewLearner(m, NewPerimeter(m.Meta.Settings))
	at := func(d int64, f *flows.Flow) {
		f.Src2Dst.First, f.Src2Dst.Last = d*day, d*day
		f.Dst2Src = f.Src2Dst
		l.Learn(f)
	}
	for d := range int64(mostListed + 50) {
		at(d, flow("10.0.0.1", "192.0.2.1", "TLS", 10))
	}
	at(0, flow("10.0.0.1", "192.0.2.1", "SSH", 10))
	l.Finish([]Capture{{Name: "a"}})
	if p := m.Prune(10); p.Undated != 1 || len(p.Forgotten) != 1 || p.Forgotten[0].What != "SSH" {
		t.Errorf("of full lists: %+v", p)
	}
}

// TestPruneLeavesTheRest takes away the bytes and the names of what is forgotten, and no others.
func TestPruneLeavesTheRest(t *testing.T) {
	m := parsed(t, `{"10.0.0.1": {"remote": [1000, "TLS", "SSH", "HTTP"]}, "@servmap": {"format": 2, "evidence": {
		"events": ["a 2026-01-01", "a 2026-03-01"], "names": {"old.example": ["x"], "both.example": ["x"], "nobody.example": ["x"]},
		"uses": {"10.0.0.1": {"remote": {
			"TLS": {"counts": [[0, 1, 20, 10]], "peers": {"old.example": [0], "both.example": [0]}}, "HTTP": {"counts": [[0, 1, 2, 1], [1, 1, 2, 1]], "peers": {"both.example": [1]}}}}}}}}`)
	if p := m.Prune(59); len(p.Forgotten) != 1 || p.Undated != 1 {
		t.Fatalf("%+v", p)
	}
	got := mapText(t, m)
	for _, want := range []string{`"remote": [970, "SSH", "HTTP"]`, `"both.example": ["x"]`, `"nobody.example": ["x"]`} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %s in\n%s", want, got)
		}
	}
	if strings.Contains(got, "old.example") {
		t.Errorf("old.example stands in\n%s", got)
	}
}
