package servmap

import (
	"testing"
	"time"

	"servmap/classify"
	"servmap/flows"
	"servmap/servmap/identity"
)

// change changes a flow. It makes tables of flows short.
type change func(*flows.Flow)

func ports(protocol uint8, src, dst uint16) change {
	return func(f *flows.Flow) { f.Protocol, f.SrcPort, f.DstPort = protocol, src, dst }
}

func at(t time.Duration) change {
	return func(f *flows.Flow) {
		f.Src2Dst.First, f.Src2Dst.Last = int64(t), int64(t)
		f.Dst2Src.First, f.Dst2Src.Last = int64(t), int64(t)
	}
}

func unanswered(f *flows.Flow) { f.Answered, f.Dst2Src = false, flows.Direction{} }

func middle(f *flows.Flow) { f.Certain = false }

func macs(src, dst identity.MAC) change {
	return func(f *flows.Flow) { f.HasMAC, f.SrcMAC, f.DstMAC = true, src, dst }
}

func named(name string) change {
	return func(f *flows.Flow) { f.Info = classify.Found{ServerName: name}.Info() }
}

func byPort(f *flows.Flow) { f.Confidence = classify.ByPort }

// made returns a flow with changes.
func made(src, dst, app string, changes ...change) *flows.Flow {
	f := flow(src, dst, app, 90)
	for _, c := range changes {
		c(f)
	}
	return f
}

// trained returns a map that was learned from sightings and flows.
func trained(s Settings, seen []flows.Sighting, list ...*flows.Flow) *Map {
	m := NewMap(s)
	l := NewLearner(m, NewPerimeter(s))
	for i := range seen {
		l.See(&seen[i])
	}
	for _, f := range list {
		l.Learn(f)
	}
	l.Finish([]Capture{{Name: "a.pcap", SHA256: "0123456789abcdef"}})
	return m
}

var judged = Settings{IdleTimeout: 2 * time.Minute}

// TestReplies judges replies and middles: what is left of a known conversation is no news, and a port at
// the other side opens no door.
func TestReplies(t *testing.T) {
	m := trained(judged, nil,
		made("10.0.0.1", "192.0.2.1", "TLS.Amazon", ports(6, 40000, 443)),
		made("10.0.0.1", "10.0.0.2", "DNS", ports(17, 40000, 53)),
		made("10.0.0.1", "10.0.0.3", "Unknown", ports(6, 40000, 5007)))
	for _, tt := range []struct {
		name string
		flow *flows.Flow
		want bool
	}{
		{"the reply to a known connection, at the start", made("192.0.2.1", "10.0.0.1", "TLS", ports(6, 443, 40001), middle), true},
		{"what nobody recognises, from the known port", made("192.0.2.1", "10.0.0.1", "Unknown", ports(6, 443, 40001), middle), true},
		{"another protocol", made("192.0.2.1", "10.0.0.1", "SSH", ports(6, 443, 40001), middle), false},
		{"a SYN from the known port", made("192.0.2.1", "10.0.0.1", "Unknown", ports(6, 443, 40001)), false},
		{"from another port", made("192.0.2.1", "10.0.0.1", "Unknown", ports(6, 8443, 40001), middle), false},
		{"to another host", made("192.0.2.1", "10.0.0.9", "Unknown", ports(6, 443, 40001), middle), false},
		{"long after the start", made("192.0.2.1", "10.0.0.1", "TLS", ports(6, 443, 40001), middle, at(3*time.Minute)), false},
		{"a response of UDP", made("10.0.0.2", "10.0.0.1", "DNS", ports(17, 53, 40001), middle), true},
		{"UDP that nobody recognises", made("10.0.0.2", "10.0.0.1", "Unknown", ports(17, 53, 40001), middle), false},
		{"the middle of what goes the known way", made("10.0.0.1", "192.0.2.1", "Unknown", ports(6, 40001, 443), middle), true},
		{"the same later", made("10.0.0.1", "192.0.2.1", "Unknown", ports(6, 40001, 443), middle, at(3*time.Minute)), false},
		{"the same from its SYN on", made("10.0.0.1", "192.0.2.1", "Unknown", ports(6, 40001, 443)), false},
		{"the reply of what has no name", made("10.0.0.3", "10.0.0.1", "Unknown", ports(6, 5007, 40001), middle), true},
	} {
		c := NewChecker(m, NewPerimeter(judged))
		var j Judgement
		c.Check(made("10.0.0.77", "10.0.0.78", "SSH", at(0)), &j) // the input's start
		c.Check(tt.flow, &j)
		if got := j.Verdict == None; got != tt.want {
			t.Errorf("%s: %v, want it known: %v", tt.name, j.Verdict, tt.want)
		}
	}
	// A known flow of the two goes on, however late.
	c := NewChecker(m, NewPerimeter(judged))
	var j Judgement
	c.Check(made("10.0.0.77", "10.0.0.78", "SSH", at(0)), &j)
	c.Check(made("10.0.0.1", "192.0.2.1", "TLS.Amazon", ports(6, 40000, 443), at(time.Hour)), &j)
	if c.Check(made("192.0.2.1", "10.0.0.1", "TLS", ports(6, 443, 40000), middle, at(2*time.Hour)), &j); j.Verdict != None {
		t.Errorf("the end of a known connection: %v", j.Verdict)
	}
}

// TestKnownAttempts judges attempts by source, kind of destination and service, or by the port of a
// service that the pair has.
func TestKnownAttempts(t *testing.T) {
	m := trained(judged, nil,
		made("10.0.0.1", "10.0.0.2", "Unknown", ports(6, 40000, 8080), unanswered),
		made("10.0.0.1", "192.0.2.1", "Unknown", ports(6, 40000, 25), unanswered),
		made("10.0.0.1", "10.0.0.3", "HTTP", ports(6, 40000, 80)))
	for _, tt := range []struct {
		name string
		flow *flows.Flow
		want bool
	}{
		{"the same", made("10.0.0.1", "10.0.0.2", "Unknown", ports(6, 40000, 8080), unanswered), true},
		{"another host", made("10.0.0.1", "10.0.0.99", "Unknown", ports(6, 40000, 8080), unanswered), true},
		{"another port", made("10.0.0.1", "10.0.0.2", "Unknown", ports(6, 40000, 8081), unanswered), false},
		{"another source", made("10.0.0.9", "10.0.0.2", "Unknown", ports(6, 40000, 8080), unanswered), false},
		{"outside what was tried inside", made("10.0.0.1", "192.0.2.1", "Unknown", ports(6, 40000, 8080), unanswered), false},
		{"outside", made("10.0.0.1", "198.51.100.1", "Unknown", ports(6, 40000, 25), unanswered), true},
		{"answered", made("10.0.0.1", "10.0.0.2", "Unknown", ports(6, 40000, 8080)), false},
		{"at a host that is known for something else", made("10.0.0.1", "10.0.0.3", "Unknown", ports(6, 40000, 8080), unanswered), true},
		{"the port of a known service", made("10.0.0.1", "10.0.0.3", "Unknown", ports(6, 40000, 80), unanswered), true},
		{"that port at another host", made("10.0.0.1", "10.0.0.4", "Unknown", ports(6, 40000, 80), unanswered), false},
	} {
		var j Judgement
		NewChecker(m, NewPerimeter(judged)).Check(tt.flow, &j)
		if got := j.Verdict == None; got != tt.want {
			t.Errorf("%s: %v, want it known: %v", tt.name, j.Verdict, tt.want)
		}
	}
}

// TestUnknownByEitherPort has what is not recognised fit by the port of either side, but of TCP.
func TestUnknownByEitherPort(t *testing.T) {
	m := trained(judged, nil,
		made("10.0.0.1", "10.0.0.2", "Unknown", ports(17, 5007, 50000)),
		made("10.0.0.1", "10.0.0.2", "Unknown", ports(6, 40000, 5007)),
		made("10.0.0.1", "192.0.2.1", "TLS", ports(6, 40000, 443), byPort))
	for _, tt := range []struct {
		name string
		flow *flows.Flow
		want bool
	}{
		{"the same side", made("10.0.0.1", "10.0.0.2", "Unknown", ports(17, 5007, 50001)), true},
		{"the other side", made("10.0.0.1", "10.0.0.2", "Unknown", ports(17, 50001, 5007)), true},
		{"another port", made("10.0.0.1", "10.0.0.2", "Unknown", ports(17, 5008, 50001)), false},
		{"TCP", made("10.0.0.1", "10.0.0.2", "Unknown", ports(6, 50001, 5007)), true},
		{"TCP from the port", made("10.0.0.1", "10.0.0.2", "Unknown", ports(6, 5007, 50001)), false},
		{"a guess of the same port", made("10.0.0.1", "192.0.2.7", "TLS", ports(6, 40000, 443), byPort), true},
		{"no guess, the same port", made("10.0.0.1", "192.0.2.7", "Unknown", ports(6, 40000, 443)), true},
	} {
		var j Judgement
		NewChecker(m, NewPerimeter(judged)).Check(tt.flow, &j)
		if got := j.Verdict == None; got != tt.want {
			t.Errorf("%s: %v, want it known: %v", tt.name, j.Verdict, tt.want)
		}
	}
}

// TestWhoItIs finds hosts by MAC that have moved, and addresses that others have.
func TestWhoItIs(t *testing.T) {
	strangers := identity.MAC{2, 0, 0, 0, 0, 0x66}
	both := identity.MAC{2, 0, 0, 0, 0, 0x77}
	lease := flows.Sighting{Kind: flows.Lease, MAC: strangers, Addr: ipOf(130), Peer: ipOf(1)}
	foreignLease := lease
	foreignLease.Peer = ipOf(9)
	m := trained(judged, []flows.Sighting{{Kind: flows.Offer, MAC: tvMAC, Peer: ipOf(1)}},
		made("10.0.0.130", "10.0.0.2", "HTTP", macs(tvMAC, routerMAC)),
		made("fe80::130", "10.0.0.2", "SSH", macs(tvMAC, routerMAC)),
		made("10.0.0.140", "10.0.0.2", "HTTP", macs(both, routerMAC), at(2)),
		made("10.0.0.141", "10.0.0.2", "HTTP", macs(both, routerMAC), at(1)),
		made("10.0.0.141", "10.0.0.2", "HTTP", macs(both, routerMAC), at(3)))
	for _, tt := range []struct {
		name            string
		settings        Settings
		seen            []flows.Sighting
		flow            *flows.Flow
		src             string
		moved, conflict bool
		want            Verdict
	}{
		{"at home", judged, nil, made("10.0.0.130", "10.0.0.2", "HTTP", macs(tvMAC, routerMAC)), "10.0.0.130", false, false, None},
		{"moved", judged, nil, made("10.0.0.131", "10.0.0.2", "HTTP", macs(tvMAC, routerMAC)), "10.0.0.130", true, false, None},
		{"moved, and does something new", judged, nil, made("10.0.0.131", "10.0.0.2", "BitTorrent", macs(tvMAC, routerMAC)), "10.0.0.130", true, false, ProtocolNeverUsed},
		{"another address of IPv6", judged, nil, made("fe80::131", "10.0.0.2", "HTTP", macs(tvMAC, routerMAC)), "10.0.0.130", false, false, None},
		{"from IPv6 what it did from IPv4", judged, nil, made("fe80::130", "10.0.0.2", "HTTP", macs(tvMAC, routerMAC)), "fe80::130", false, false, None},
		{"another MAC", judged, nil, made("10.0.0.130", "10.0.0.2", "HTTP", macs(strangers, routerMAC)), "10.0.0.130", false, true, None},
		{"another MAC, leased anew", judged, []flows.Sighting{lease}, made("10.0.0.130", "10.0.0.2", "HTTP", macs(strangers, routerMAC)), "10.0.0.130", false, false, None},
		{"another MAC, leased by a stranger", judged, []flows.Sighting{foreignLease}, made("10.0.0.130", "10.0.0.2", "HTTP", macs(strangers, routerMAC)), "10.0.0.130", false, true, None},
		{"a stranger", judged, nil, made("10.0.0.131", "10.0.0.2", "HTTP", macs(strangers, routerMAC)), "10.0.0.131", false, false, UnknownSource},
		{"a MAC of two hosts", judged, nil, made("10.0.0.142", "10.0.0.2", "HTTP", macs(both, routerMAC)), "10.0.0.142", false, false, UnknownSource},
		{"nobody's address", judged, nil, made("0.0.0.0", "10.0.0.2", "HTTP", macs(tvMAC, routerMAC)), "0.0.0.0", false, false, UnknownSource},
		{"no MACs count", Settings{ByAddress: true}, nil, made("10.0.0.131", "10.0.0.2", "HTTP", macs(tvMAC, routerMAC)), "10.0.0.131", false, false, UnknownSource},
		{"no MACs", judged, nil, made("10.0.0.131", "10.0.0.2", "HTTP"), "10.0.0.131", false, false, UnknownSource},
	} {
		c := NewChecker(m, NewPerimeter(tt.settings))
		for i := range tt.seen {
			c.See(&tt.seen[i])
		}
		var j Judgement
		c.Check(tt.flow, &j)
		if j.Src.String() != tt.src || j.SrcMoved != tt.moved || j.SrcConflict != tt.conflict || j.Verdict != tt.want {
			t.Errorf("%s: %s, moved %v, conflict %v, %v; want %s, %v, %v, %v", tt.name, j.Src, j.SrcMoved, j.SrcConflict, j.Verdict, tt.src, tt.moved, tt.conflict, tt.want)
		}
	}
}

// TestClaims notes claims of known addresses by other MACs, but for those that were leased anew.
func TestClaims(t *testing.T) {
	strangers := identity.MAC{2, 0, 0, 0, 0, 0x66}
	m := trained(judged, []flows.Sighting{{Kind: flows.Offer, MAC: tvMAC, Peer: ipOf(1)}}, made("10.0.0.130", "10.0.0.2", "HTTP", macs(tvMAC, routerMAC)))
	for _, tt := range []struct {
		name  string
		claim flows.Sighting
		lease bool
		want  int
	}{
		{"its own", flows.Sighting{Kind: flows.Claim, MAC: tvMAC, Addr: ipOf(130)}, false, 0},
		{"a known address", flows.Sighting{Kind: flows.Claim, MAC: strangers, Addr: ipOf(130)}, false, 1},
		{"leased anew", flows.Sighting{Kind: flows.Claim, MAC: strangers, Addr: ipOf(130)}, true, 0},
		{"an unknown address", flows.Sighting{Kind: flows.Claim, MAC: strangers, Addr: ipOf(131)}, false, 0},
	} {
		c := NewChecker(m, NewPerimeter(judged))
		if tt.lease {
			c.See(&flows.Sighting{Kind: flows.Lease, MAC: tt.claim.MAC, Addr: tt.claim.Addr, Peer: ipOf(1)})
		}
		if c.See(&tt.claim); len(c.Conflicts) != tt.want {
			t.Errorf("%s: %d conflicts, want %d", tt.name, len(c.Conflicts), tt.want)
		}
	}
}

// TestNewPeers tells names that the map does not know of a known service.
func TestNewPeers(t *testing.T) {
	m := trained(judged, nil, made("10.0.0.1", "192.0.2.1", "TLS", named("www.example.com")), made("10.0.0.1", "192.0.2.1", "QUIC"))
	for _, tt := range []struct {
		name string
		flow *flows.Flow
		want bool
	}{
		{"the same domain", made("10.0.0.1", "198.51.100.1", "TLS", named("api.example.com")), false},
		{"another domain", made("10.0.0.1", "192.0.2.1", "TLS", named("www.example.net")), true},
		{"no name", made("10.0.0.1", "192.0.2.1", "TLS"), false},
		{"a service without names", made("10.0.0.1", "192.0.2.1", "QUIC", named("www.example.net")), false},
		{"nobody answered", made("10.0.0.1", "192.0.2.1", "TLS", named("www.example.net"), unanswered), false},
	} {
		var j Judgement
		NewChecker(m, NewPerimeter(judged)).Check(tt.flow, &j)
		if j.NewPeer != tt.want || j.Verdict != None {
			t.Errorf("%s: new %v, %v; want %v, NONE", tt.name, j.NewPeer, j.Verdict, tt.want)
		}
	}
}

// owned gives a flow the owner of its destination, and the name by which its source resolved that.
func owned(owner, resolved string) func(*flows.Flow) {
	return func(f *flows.Flow) { f.Owner, f.Resolved = owner, resolved }
}

// TestForeignNames tells known names at addresses where they do not belong.
func TestForeignNames(t *testing.T) {
	site := named("www.example.com")
	m := trained(judged, nil, made("10.0.0.1", "192.0.2.1", "TLS", site, owned("Amazon", "")), made("10.0.0.2", "192.0.2.2", "TLS", site, owned(flows.NoOwner, "")),
		made("10.0.0.1", "192.0.2.3", "TLS", named("www.example.net"), owned("Amazon", "")), made("10.0.0.1", "192.0.2.4", "TLS", named("www.example.org")))
	for _, tt := range []struct {
		name string
		flow *flows.Flow
		want bool
	}{
		{"an owner of training", made("10.0.0.1", "198.51.100.1", "TLS", site, owned("Amazon", "")), false},
		{"an owner that another host met", made("10.0.0.1", "198.51.100.1", "TLS", site, owned(flows.NoOwner, "")), false},
		{"another owner", made("10.0.0.1", "198.51.100.1", "TLS", site, owned("Google", "")), true},
		{"nobody's address", made("10.0.0.1", "198.51.100.1", "TLS", named("www.example.net"), owned(flows.NoOwner, "")), true},
		{"by DNS", made("10.0.0.1", "198.51.100.1", "TLS", site, owned("Google", "www.example.com")), false},
		{"by DNS, of the same domain", made("10.0.0.1", "198.51.100.1", "TLS", site, owned("Google", "cdn.example.com")), false},
		{"by DNS, for another name", made("10.0.0.1", "198.51.100.1", "TLS", site, owned("Google", "www.example.net")), true},
		{"from a file of flows", made("10.0.0.1", "198.51.100.1", "TLS", site), false},
		{"learned from a file of flows", made("10.0.0.1", "198.51.100.1", "TLS", named("www.example.org"), owned("Google", "")), false},
	} {
		var j Judgement
		NewChecker(m, NewPerimeter(judged)).Check(tt.flow, &j)
		if j.Foreign != tt.want || j.NewPeer || j.Verdict != None {
			t.Errorf("%s: foreign %v, new %v, %v; want %v, false, NONE", tt.name, j.Foreign, j.NewPeer, j.Verdict, tt.want)
		}
	}
}

// TestIgnoreUnknown judges the way of the first program of this kind.
func TestIgnoreUnknown(t *testing.T) {
	s := Settings{IgnoreUnknown: true}
	m := trained(s, nil, made("10.0.0.1", "10.0.0.2", "Unknown", ports(6, 1, 5007)), made("10.0.0.1", "10.0.0.3", "HTTP", unanswered), made("10.0.0.1", "192.0.2.1", "TLS", byPort))
	if m.Evidence != nil {
		t.Error("there is evidence")
	}
	for _, tt := range []struct {
		name string
		flow *flows.Flow
		want Verdict
	}{
		{"not recognised", made("10.0.0.1", "10.0.0.2", "Unknown", ports(6, 1, 5007)), UnknownDestination},
		{"between hosts that know each other", made("10.0.0.1", "10.0.0.3", "Unknown"), UnknownProtocol},
		{"an attempt is a flow like others", made("10.0.0.1", "10.0.0.3", "HTTP"), None},
		{"so is a guess", made("10.0.0.1", "192.0.2.1", "TLS"), None},
		{"so is a reply", made("192.0.2.1", "10.0.0.1", "TLS", middle), UnknownSource},
	} {
		var j Judgement
		NewChecker(m, NewPerimeter(s)).Check(tt.flow, &j)
		if j.Verdict != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, j.Verdict, tt.want)
		}
	}
}

// TestAnAddressThatOnlyRefused has a host that refused a connection at one address, and then took
// another: a capture fits the map that was learned from it.
func TestAnAddressThatOnlyRefused(t *testing.T) {
	refused := func(f *flows.Flow) { f.Answered = false }
	other := identity.MAC{2, 0, 0, 0, 0, 0x50}
	list := []*flows.Flow{
		made("10.0.0.50", "10.0.0.7", "Unknown", ports(6, 40000, 23), macs(other, tvMAC), refused, at(1)),
		made("10.0.0.8", "10.0.0.50", "HTTP", ports(6, 40000, 80), macs(tvMAC, other), at(2)),
	}
	c := NewChecker(trained(judged, nil, list...), NewPerimeter(judged))
	for _, f := range list {
		var j Judgement
		if c.Check(f, &j); j.Verdict != None || j.DstMoved || j.SrcMoved || j.Dst.String() != f.Dst.String() {
			t.Errorf("%s -> %s: %v, moved %v to %s", f.Src, f.Dst, j.Verdict, j.DstMoved, j.Dst)
		}
	}
}

// TestAppendToAnOlderMap adds to a map without evidence. What its pairs permitted is still known, what was
// not recognised among that; pairs that were learned since have their evidence.
func TestAppendToAnOlderMap(t *testing.T) {
	m, err := Parse("old", []byte(`{"10.0.0.1": {"10.0.0.2": [9, "HTTP"]}, "@servmap": {"format": 1, "settings": {"local_networks": ["10.0.0.0/8"]}, "captures": []}}`))
	if err != nil {
		t.Fatal(err)
	}
	p := NewPerimeter(Settings{})
	l := NewLearner(m, p)
	l.Learn(made("10.0.0.3", "10.0.0.2", "TLS", ports(6, 40000, 443)))
	l.Finish([]Capture{{SHA256: "0123456789abcdef"}})
	if m, err = Parse("again", []byte(mapText(t, m))); err != nil {
		t.Fatal(err)
	}
	c := NewChecker(m, p)
	for _, tt := range []struct {
		src, application string
		want             Verdict
	}{
		{"10.0.0.1", "HTTP", None}, {"10.0.0.1", "Unknown", None}, {"10.0.0.1", "SSH", ProtocolNeverUsed},
		{"10.0.0.3", "TLS", None}, {"10.0.0.3", "Unknown", UnknownProtocol},
	} {
		var j Judgement
		if c.Check(made(tt.src, "10.0.0.2", tt.application, ports(6, 40000, 5007)), &j); j.Verdict != tt.want {
			t.Errorf("%s with %s: %v, want %v", tt.src, tt.application, j.Verdict, tt.want)
		}
	}
}
