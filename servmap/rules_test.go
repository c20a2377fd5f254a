package servmap

import (
	"net/netip"
	"testing"

	"servmap/flows"
)

const ruleMap = `{
  "10.0.0.1": {
    "10.0.0.2": [10, "DNS", "HTTP"],
    "10.0.0.3": [10, "QUIC"],
    "10.0.0.4": [10, "TLS.Amazon"],
    "10.0.0.5": [0],
    "remote": [10, "TLS", "MDNS"]
  },
  "10.0.0.9": {},
  "@servmap": {"format": 2, "evidence": {}}
}`

func TestJudge(t *testing.T) {
	m, err := Parse("map", []byte(ruleMap))
	if err != nil {
		t.Fatal(err)
	}
	type verdict struct {
		verdict  Verdict
		severity Severity
	}
	tests := []struct {
		name, src, dst, application string
		want                        verdict
	}{
		{"source not there", "10.0.0.7", "10.0.0.2", "DNS", verdict{UnknownSource, Major}},
		{"source only as destination", "10.0.0.2", "10.0.0.1", "DNS", verdict{UnknownSource, Major}},
		{"source not there, application unknown", "10.0.0.7", "10.0.0.2", "Unknown", verdict{UnknownSource, Major}},
		{"destination not there", "10.0.0.1", "10.0.0.8", "DNS", verdict{UnknownDestination, Major}},
		{"source without destinations", "10.0.0.9", "10.0.0.2", "DNS", verdict{UnknownDestination, Major}},
		{"known", "10.0.0.1", "10.0.0.2", "HTTP", verdict{None, NoSeverity}},
		{"unknown protocol", "10.0.0.1", "10.0.0.2", "Unknown", verdict{UnknownProtocol, Minor}},
		{"pair without applications", "10.0.0.1", "10.0.0.5", "SSH", verdict{ProtocolNeverUsed, Major}},
		{"DNS of something", "10.0.0.1", "10.0.0.2", "DNS.Google", verdict{DNSOrTLSApplication, Minor}},
		{"DNS where none was", "10.0.0.1", "10.0.0.3", "DNS", verdict{DNSOrTLSApplication, Minor}},
		{"TLS of something", "10.0.0.1", "192.0.2.1", "TLS.Google", verdict{DNSOrTLSApplication, Minor}},
		{"MDNS is not DNS", "10.0.0.1", "10.0.0.2", "MDNS", verdict{ProtocolNeverUsed, Major}},
		{"DTLS is not TLS", "10.0.0.1", "192.0.2.1", "DTLS.Zoom", verdict{ProtocolNeverUsed, Major}},
		{"protocol never used", "10.0.0.1", "192.0.2.1", "SSH", verdict{ProtocolNeverUsed, Major}},
		{"an application's master is not known by it", "10.0.0.1", "10.0.0.2", "HTTP.Amazon", verdict{ProtocolNeverUsed, Major}},
		{"QUIC beside TLS", "10.0.0.1", "192.0.2.1", "QUIC", verdict{ProtocolNeverUsed, Minor}},
		{"QUIC of something beside QUIC", "10.0.0.1", "10.0.0.3", "QUIC.YouTube", verdict{ProtocolNeverUsed, Minor}},
		{"QUIC beside TLS of something", "10.0.0.1", "10.0.0.4", "QUIC.Amazon", verdict{ProtocolNeverUsed, Minor}},
		{"QUIC beside neither", "10.0.0.1", "10.0.0.2", "QUIC.Google", verdict{ProtocolNeverUsed, Major}},
		{"TLS beside QUIC", "10.0.0.1", "10.0.0.3", "TLS", verdict{DNSOrTLSApplication, Minor}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var j Judgement
			NewChecker(m, NewPerimeter(Settings{})).Check(flow(tt.src, tt.dst, tt.application, 9), &j)
			if got := (verdict{j.Verdict, j.Severity}); got != tt.want {
				t.Errorf("%s -> %s with %s: %v, want %v", tt.src, tt.dst, tt.application, got, tt.want)
			}
		})
	}
}

// TestEveryVerdictHasARule tells a verdict that nothing gives.
func TestEveryVerdictHasARule(t *testing.T) {
	for v := None + 1; v < Verdicts; v++ {
		if ruleOf[v] == nil {
			t.Fatalf("verdict %d has no row in rules", v)
		}
	}
}

func TestVerdictNames(t *testing.T) {
	want := [Verdicts][2]string{
		{"NONE", "NONE"},
		{"DNS/TLS APPLICATION", "DNS_TLS_APPLICATION"},
		{"PROTOCOL NEVER USED", "PROTOCOL_NEVER_USED"},
		{"UNKNOWN DESTINATION IP", "UNKNOWN_DESTINATION_IP"},
		{"UNKNOWN SOURCE IP", "UNKNOWN_SOURCE_IP"},
		{"UNKNOWN PROTOCOL", "UNKNOWN_PROTOCOL"},
	}
	for v := range want {
		if got := [2]string{Verdict(v).String(), Verdict(v).Field()}; got != want[v] {
			t.Errorf("verdict %d is %v, want %v", v, got, want[v])
		}
		if back, ok := VerdictNamed(want[v][0]); !ok || back != Verdict(v) {
			t.Errorf("VerdictNamed(%q) = %v, %t", want[v][0], back, ok)
		}
	}
	if _, ok := VerdictNamed("none"); ok {
		t.Error("none in small letters is taken for a verdict")
	}
}

// flow returns a flow of one packet each way, whose source was seen to open it.
func flow(src, dst, application string, bytes uint64) *flows.Flow {
	return &flows.Flow{
		Src: netip.MustParseAddr(src), Dst: netip.MustParseAddr(dst), Application: application, Certain: true, Answered: true,
		Src2Dst: flows.Direction{First: 1, Last: 1, Packets: 1, Bytes: bytes - bytes/3},
		Dst2Src: flows.Direction{First: 2, Last: 2, Packets: 1, Bytes: bytes / 3},
	}
}

func TestDevicesAloneCount(t *testing.T) {
	s := Settings{DeviceIPs: addrs("10.0.0.1")}
	m := NewMap(s)
	l := NewLearner(m, NewPerimeter(s))
	for _, f := range []*flows.Flow{
		flow("10.0.0.1", "192.0.2.1", "TLS", 100),
		flow("192.0.2.9", "10.0.0.1", "SSH", 200),
		flow("10.0.0.2", "192.0.2.1", "DNS", 300),
	} {
		l.Learn(f)
	}
	if l.Flows != 2 {
		t.Errorf("%d flows learned, want the 2 with the device", l.Flows)
	}
	c := NewChecker(m, NewPerimeter(s))
	var found Judgement
	if c.Check(flow("10.0.0.2", "192.0.2.1", "DNS", 1), &found) {
		t.Errorf("a flow without the device was checked: %+v", found)
	}
	if !c.Check(flow("192.0.2.77", "10.0.0.1", "SSH", 1), &found) || found.N != 1 || found.Verdict != None {
		t.Errorf("the device's flow: %+v, want number 1 and NONE", found)
	}
}

func TestCheckerCounts(t *testing.T) {
	s := Settings{}
	m := NewMap(s)
	NewLearner(m, NewPerimeter(s)).Learn(flow("10.0.0.1", "192.0.2.1", "TLS", 100))
	c := NewChecker(m, NewPerimeter(s))
	var found Judgement
	for _, f := range []*flows.Flow{
		flow("10.0.0.1", "192.0.2.1", "TLS", 1),
		flow("10.0.0.1", "192.0.2.1", "TLS.Google", 1),
		flow("10.0.0.1", "192.0.2.1", "SSH", 1),
		flow("198.51.100.1", "192.0.2.1", "TLS", 1),
	} {
		c.Check(f, &found)
	}
	type counts struct {
		flows, outside, anomalies uint64
		found                     [Verdicts]uint64
		severe                    [Major + 1]uint64
	}
	got := counts{c.Flows, c.Outside, c.Anomalies(), c.Found, c.Severe}
	want := counts{4, 1, 3, [Verdicts]uint64{None: 1, DNSOrTLSApplication: 1, ProtocolNeverUsed: 1, UnknownSource: 1}, [Major + 1]uint64{1, 1, 2}}
	if got != want {
		t.Errorf("counts %+v, want %+v", got, want)
	}
}
