package servmap

import (
	"net/netip"
	"testing"

	"servmap/classify"
	"servmap/flows"
)

func TestClauses(t *testing.T) {
	web := &flows.Flow{Src: ipOf(2), Dst: netip.MustParseAddr("192.0.2.9"), SrcPort: 40000, DstPort: 8443, Protocol: protoTCP, Info: classify.Found{ServerName: "Cdn.Example.COM"}.Info(), Resolved: "edge.example.net", HasMAC: true, SrcMAC: [6]byte{2, 0, 0, 0, 0, 1},
		Src2Dst: flows.Direction{Packets: 1, First: 1000, Last: 1000}}
	k := Case{Flow: web, Src: HostNamed(ipOf(1).String()), Dst: Remote, Service: "TLS.Dropbox"}
	place := func(spots ...Spot) Place { return spots }
	network := func(s string) Spot { return Spot{Network: netip.MustParsePrefix(s)} }
	for _, tt := range []struct {
		name   string
		clause Clause
		want   bool
	}{
		{"the address seen", Clause{From: place(network(ipOf(2).String() + "/32"))}, true},
		{"the address in the map", Clause{From: place(network(ipOf(1).String() + "/32"))}, true},
		{"another address", Clause{From: place(network(ipOf(3).String() + "/32"))}, false},
		{"one of several", Clause{From: place(network(ipOf(3).String()+"/32"), network(ipOf(2).String()+"/32"))}, true},
		{"the real address outside", Clause{To: place(network("192.0.2.0/24"))}, true},
		{"the map's word", Clause{To: place(Spot{Word: Remote})}, true},
		{"another word", Clause{To: place(Spot{Word: Multicast})}, false},
		{"the hardware address", Clause{From: place(Spot{MAC: [6]byte{2, 0, 0, 0, 0, 1}})}, true},
		{"another hardware address", Clause{From: place(Spot{MAC: [6]byte{2, 0, 0, 0, 0, 2}})}, false},
		{"any", Clause{To: place(Spot{Word: Any})}, true},
		{"the domain", Clause{To: place(Spot{Domain: "cdn.example.com"})}, true},
		{"a domain above", Clause{To: place(Spot{Domain: "example.com"})}, true},
		{"what DNS said", Clause{To: place(Spot{Domain: "example.net"})}, true},
		{"the end of a label", Clause{To: place(Spot{Domain: "ample.com"})}, false},
		{"a domain below", Clause{To: place(Spot{Domain: "a.cdn.example.com"})}, false},
		{"a domain that begins", Clause{From: place(Spot{Domain: "example.com"})}, false},
		{"the protocol", Clause{Service: "TLS"}, true},
		{"all on the protocol", Clause{Service: "TLS.*"}, true},
		{"the service", Clause{Service: "TLS.Dropbox"}, true},
		{"the application", Clause{Service: "Dropbox"}, true},
		{"another application", Clause{Service: "TLS.Google"}, false},
		{"the beginning of a protocol", Clause{Service: "TL"}, false},
		{"not recognised, which it is", Clause{Service: "Unknown"}, false},
		{"the port", Clause{Port: 8443}, true},
		{"the client's port", Clause{Port: 40000}, false},
		{"all of it", Clause{To: place(Spot{Word: Remote}), Service: "TLS", Port: 8443}, true},
		{"all but one", Clause{To: place(Spot{Word: Remote}), Service: "SSH", Port: 8443}, false},
		{"before its end", Clause{Service: "TLS", Until: web.First() + 1}, true},
		{"at its end", Clause{Service: "TLS", Until: web.First()}, false},
	} {
		c := tt.clause
		if got := c.matches(&k); got != tt.want || c.Matched+c.Late == 0 != (!tt.want && c.Until == 0) {
			t.Errorf("%s: %v, want %v; %d matched, %d late", tt.name, got, tt.want, c.Matched, c.Late)
		}
	}
}

func TestClausesOfWhatIsNotRecognised(t *testing.T) {
	for named, want := range map[string]bool{"Unknown": true, "Unknown:udp/*": true, "Unknown:udp/62976": true, "Unknown:tcp/*": false, "Unknown:udp/6297": false, "Unknown:*": true, "UDP": false} {
		if got := covers(named, "Unknown:udp/62976"); got != want {
			t.Errorf("%s: %v", named, got)
		}
	}
}

// TestLearnerLeavesOutWhatIsDenied learns the rest.
func TestLearnerLeavesOutWhatIsDenied(t *testing.T) {
	m := NewMap(Settings{})
	l := NewLearner(m, NewPerimeter(m.Meta.Settings))
	deny := &Clause{Name: "deny 1", Service: "SSH"}
	l.Clauses.Deny = []*Clause{deny}
	for _, app := range []string{"TLS", "SSH", "HTTP"} {
		f := &flows.Flow{Src: ipOf(1), Dst: ipOf(2), Application: app, Protocol: protoTCP, DstPort: 9, Answered: true, Confidence: classify.ByPayload}
		if learned := l.Learn(f); learned == (app == "SSH") {
			t.Errorf("%s: learned: %v", app, learned)
		}
	}
	for s := range m.Pairs().Sources() {
		for p := range m.Pairs().Pairs(s) {
			if len(p.Applications) != 2 || p.Applications[0] != "TLS" || p.Applications[1] != "HTTP" {
				t.Errorf("learned %v", p.Applications)
			}
		}
	}
	if deny.Matched != 1 || l.Flows != 2 {
		t.Errorf("%d left out, %d learned", deny.Matched, l.Flows)
	}
}
