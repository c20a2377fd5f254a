package servmap

import (
	"net/netip"
	"strings"
	"testing"

	"servmap/classify/protocols"
	"servmap/flows"
)

// policyOf returns the policy of a map in JSON.
func policyOf(t *testing.T, text string, hosts ...netip.Addr) *Policy {
	t.Helper()
	m, err := Parse("m.json", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return NewPolicy(m, Settings{}, protocols.All, hosts)
}

func TestPolicyPermits(t *testing.T) {
	p := policyOf(t, `{
		"10.0.0.1": {"remote": [0, "TLS.*", "Unknown:udp/700"], "10.0.0.2": [0, "ICMP"], "attempts local": [0, "SSH"], "broadcast": [0, "DHCP"], "multicast": [0, "MDNS"]},
		"10.0.1.0/24": {"10.0.0.2": [0, "*"]},
		"*": {"10.0.0.3": [0, "Unknown:udp/*"]},
		"remote": {"10.0.0.4": [0, "Unknown:ip/47"]}
	}`)
	const tcp, udp = protoTCP, protoUDP
	for _, tt := range []struct {
		src, dst string
		protocol uint8
		from, to uint16
		certain  bool
		want     bool
	}{
		{"10.0.0.1", "203.0.113.1", tcp, 40000, 443, true, true},
		{"10.0.0.1", "203.0.113.1", tcp, 40000, 80, true, false},
		{"10.0.0.1", "203.0.113.1", udp, 40000, 4430, true, false},
		{"10.0.0.1", "10.0.0.9", tcp, 40000, 443, true, false},
		{"203.0.113.1", "10.0.0.1", tcp, 443, 40000, false, true}, // the rest of a connection
		{"203.0.113.1", "10.0.0.1", tcp, 443, 40000, true, false}, // one of its own
		{"203.0.113.1", "10.0.0.1", udp, 700, 40000, false, false},
		{"10.0.0.1", "203.0.113.1", udp, 40000, 700, true, true},
		{"10.0.0.1", "203.0.113.1", udp, 700, 40000, true, true}, // the server speaks first
		{"10.0.0.1", "203.0.113.1", udp, 700, 80, true, false},
		{"10.0.0.1", "10.0.0.2", 1, 0, 0, true, true},
		{"10.0.0.2", "10.0.0.1", 1, 0, 0, true, false},
		{"10.0.0.1", "10.0.0.77", tcp, 40000, 22, true, true}, // an attempt somewhere else
		{"10.0.0.1", "203.0.113.1", tcp, 40000, 22, true, false},
		{"10.0.0.1", "255.255.255.255", udp, 68, 67, true, true},
		{"10.0.0.1", "224.0.0.251", udp, 5353, 5353, true, true},
		{"10.0.1.9", "10.0.0.2", 99, 0, 0, true, true},
		{"10.0.2.9", "10.0.0.2", 99, 0, 0, true, false},
		{"10.0.2.9", "10.0.0.3", udp, 40000, 9, true, true},
		{"10.0.2.9", "10.0.0.3", tcp, 40000, 9, true, false},
		{"203.0.113.1", "10.0.0.4", 47, 0, 0, true, true},
	} {
		f := flows.Flow{Src: netip.MustParseAddr(tt.src), Dst: netip.MustParseAddr(tt.dst), Protocol: tt.protocol, SrcPort: tt.from, DstPort: tt.to, Certain: tt.certain}
		if got := p.Permits(&f); got != tt.want {
			t.Errorf("%+v: %v", tt, got)
		}
	}
}

// TestPolicyOfHosts wants rules that are about the hosts, made narrower, and nothing dropped that is about others.
func TestPolicyOfHosts(t *testing.T) {
	h := netip.MustParseAddr("10.0.0.1")
	p := policyOf(t, `{
		"10.0.0.0/24": {"remote": [0, "TLS"]},
		"10.0.0.2": {"10.0.0.3": [0, "SSH"], "attempts local": [0, "SSH"]},
		"*": {"*": [0, "ICMP"]}
	}`, h)
	var got []string
	for i := range p.Rules {
		got = append(got, p.Rules[i].Src.String()+" "+p.Rules[i].Dst.String()+" "+p.Rules[i].Service)
	}
	want := "10.0.0.2 10.0.0.1 SSH; 10.0.0.1 * ICMP; * 10.0.0.1 ICMP; 10.0.0.1 remote TLS"
	if s := strings.Join(got, "; "); s != want {
		t.Errorf("%s\nwant %s", s, want)
	}
	f := flows.Flow{Src: netip.MustParseAddr("10.0.0.8"), Dst: netip.MustParseAddr("10.0.0.9"), Protocol: protoTCP, DstPort: 1, Certain: true}
	if !p.Permits(&f) {
		t.Error("a flow of others is dropped")
	}
	if f.Dst = h; p.Permits(&f) {
		t.Error("a flow to the host passes")
	}
}
