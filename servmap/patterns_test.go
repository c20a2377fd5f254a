package servmap

import (
	"net/netip"
	"testing"

	"servmap/classify"
	"servmap/flows"
)

// TestPatterns judges by a map whose keys and services stand for several.
func TestPatterns(t *testing.T) {
	m, err := Parse("map", []byte(`{
  "10.0.1.0/24": {"10.0.0.2": [0, "HTTP"], "10.0.2.0/28": [0, "SSH"], "remote": [0, "TLS.*", "NTP"]},
  "10.0.1.128/25": {"10.0.0.3": [0, "RDP"]},
  "10.0.0.9": {"*": [0, "DNS"], "10.0.0.2": [0, "*"]},
  "*": {"10.0.0.1": [0, "DNS.*"]},
  "@servmap": {"format": 2, "settings": {"local_networks": ["10.0.0.0/8"]}, "captures": [], "evidence": {"events": []}}
}`))
	if err != nil {
		t.Fatal(err)
	}
	c := NewChecker(m, NewPerimeter(m.Meta.Settings))
	for _, tt := range []struct {
		src, dst, app string
		want          Verdict
	}{
		{"10.0.1.7", "10.0.0.2", "HTTP", None},
		{"10.0.1.7", "10.0.0.2", "SSH", ProtocolNeverUsed},
		{"10.0.1.7", "10.0.2.15", "SSH", None},
		{"10.0.1.7", "10.0.2.16", "SSH", UnknownDestination},
		{"10.0.1.7", "192.0.2.1", "TLS.Google", None},
		{"10.0.1.7", "192.0.2.1", "TLS", None},
		{"10.0.1.7", "192.0.2.1", "NTP", None},
		{"10.0.1.7", "192.0.2.1", "TLSX", ProtocolNeverUsed},
		{"10.0.1.7", "10.0.0.3", "RDP", UnknownDestination},
		{"10.0.1.200", "10.0.0.3", "RDP", None},
		{"10.0.1.200", "10.0.0.2", "HTTP", None},
		{"10.0.0.9", "10.0.0.200", "DNS", None},
		{"10.0.0.9", "192.0.2.1", "DNS", None},
		{"10.0.0.9", "10.0.0.2", "Telnet", None},
		{"10.0.0.77", "10.0.0.1", "DNS.Google", None},
		{"10.0.0.77", "10.0.0.1", "SSH", ProtocolNeverUsed},
	} {
		f := &flows.Flow{Src: netip.MustParseAddr(tt.src), Dst: netip.MustParseAddr(tt.dst), Application: tt.app, Protocol: protoTCP, DstPort: 9, Certain: true, Answered: true, Confidence: classify.ByPayload}
		var j Judgement
		c.Check(f, &j)
		if j.Verdict != tt.want || j.Granted != (tt.want == None) {
			t.Errorf("%s -> %s %s: %s, granted: %v; want %s", tt.src, tt.dst, tt.app, j.Verdict, j.Granted, tt.want)
		}
	}
}

// TestNoPatternIsLearned has an application of a file of flows that looks like a pattern stand for nothing.
func TestNoPatternIsLearned(t *testing.T) {
	m := NewMap(Settings{})
	l := NewLearner(m, NewPerimeter(m.Meta.Settings))
	for _, app := range []string{"*", "TLS.*"} {
		l.Learn(&flows.Flow{Src: ipOf(1), Dst: ipOf(2), Application: app, Protocol: protoTCP, DstPort: 9, Answered: true, Confidence: classify.ByPayload})
	}
	for _, name := range m.pairs.lists.names {
		if IsServicePattern(name) {
			t.Errorf("%q was learned", name)
		}
	}
}
