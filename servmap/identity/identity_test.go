package identity

import (
	"net/netip"
	"slices"
	"testing"

	"servmap/flows"
)

var (
	first  = MAC{2, 0, 0, 0, 0, 1}
	second = MAC{2, 0, 0, 0, 0, 2}
	a      = netip.MustParseAddr("10.0.0.1")
	b      = netip.MustParseAddr("10.0.0.2")
	server = netip.MustParseAddr("10.0.0.254")
)

// step is something that a tracker is told.
type step func(*Tracker)

func sent(mac MAC, addr string, from, to int64) step {
	return func(t *Tracker) { t.Sent(mac, netip.MustParseAddr(addr), from, to) }
}

func leased(mac MAC, addr netip.Addr, at int64) step {
	return func(t *Tracker) {
		t.See(&flows.Sighting{Kind: flows.Lease, MAC: mac, Addr: addr, Peer: server, Time: at})
	}
}

func outside(mac MAC) step { return func(t *Tracker) { t.Outside(mac) } }

// TestShared tells MACs that identify a host from those that identify nobody.
func TestShared(t *testing.T) {
	nine := []step{}
	for i := range 9 {
		nine = append(nine, sent(first, netip.AddrFrom4([4]byte{10, 0, 1, byte(i)}).String(), int64(10*i), int64(10*i)))
	}
	for _, tt := range []struct {
		name             string
		steps            []step
		shared, overlaps bool
		router           bool
	}{
		{"one address", []step{sent(first, "10.0.0.1", 1, 9)}, false, false, false},
		{"two, one after the other", []step{sent(first, "10.0.0.1", 1, 4), sent(first, "10.0.0.2", 5, 9)}, false, false, false},
		{"two at once", []step{sent(first, "10.0.0.1", 1, 6), sent(first, "10.0.0.2", 5, 9)}, true, true, false},
		{"two from the same time on", []step{sent(first, "10.0.0.1", 1, 6), sent(first, "10.0.0.2", 1, 5)}, true, true, false},
		{"one packet of another at the start", []step{sent(first, "10.0.0.1", 1, 6), sent(first, "10.0.0.2", 1, 1)}, false, false, false},
		{"there and back", []step{sent(first, "10.0.0.1", 1, 2), sent(first, "10.0.0.2", 3, 4), sent(first, "10.0.0.1", 5, 6)}, true, true, false},
		{"there and back by a lease", []step{sent(first, "10.0.0.1", 1, 2), sent(first, "10.0.0.2", 3, 4), leased(first, a, 5), sent(first, "10.0.0.1", 5, 6)}, false, false, false},
		{"a lease of another", []step{sent(first, "10.0.0.1", 1, 2), sent(first, "10.0.0.2", 3, 4), leased(second, a, 5), sent(first, "10.0.0.1", 5, 6)}, true, true, false},
		{"a lease before it was over", []step{sent(first, "10.0.0.1", 1, 2), leased(first, a, 2), sent(first, "10.0.0.2", 3, 4), sent(first, "10.0.0.1", 5, 6)}, true, true, false},
		{"back and forth, and a lease much later", []step{sent(first, "10.0.0.1", 1, 2), sent(first, "10.0.0.2", 3, 4), sent(first, "10.0.0.1", 5, 6),
			sent(first, "10.0.0.2", 7, 8), leased(first, a, 20*slack), sent(first, "10.0.0.1", 21*slack, 21*slack)}, true, true, false},
		{"IPv6 beside IPv4", []step{sent(first, "10.0.0.1", 1, 9), sent(first, "fe80::1", 2, 8), sent(first, "fd00::1", 3, 7)}, false, false, false},
		{"a router", []step{sent(first, "10.0.0.1", 1, 9), outside(first)}, true, false, true},
		{"more addresses than a host has", nine, true, false, true},
		{"no address", []step{sent(first, "0.0.0.0", 1, 9), sent(first, "10.0.0.1", 2, 3)}, false, false, false},
	} {
		tracker := NewTracker()
		for _, s := range tt.steps {
			s(tracker)
		}
		_, overlaps := tracker.Overlaps(first)
		if shared, router := tracker.Shared(first), tracker.IsRouter(first); shared != tt.shared || overlaps != tt.overlaps || router != tt.router {
			t.Errorf("%s: shared %v, overlaps %v, router %v; want %v, %v, %v", tt.name, shared, overlaps, router, tt.shared, tt.overlaps, tt.router)
		}
	}
}

// TestNobodysMACs leaves out what is no host's MAC, and addresses of nobody.
func TestNobodysMACs(t *testing.T) {
	tracker := NewTracker()
	for _, mac := range []MAC{{}, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {1, 0, 0x5e, 0, 0, 1}} {
		tracker.Sent(mac, a, 1, 2)
	}
	tracker.Sent(first, netip.MustParseAddr("::"), 1, 2)
	if got := tracker.Addrs(); len(got) > 0 {
		t.Errorf("%v have MACs", got)
	}
}

// TestTracker tells who is where, what leases there are, and names.
func TestTracker(t *testing.T) {
	tracker := NewTracker()
	tracker.Sent(second, b, 1, 2)
	tracker.See(&flows.Sighting{Kind: flows.Claim, MAC: first, Addr: a, Time: 3})
	tracker.See(&flows.Sighting{Kind: flows.Claim, MAC: second, Addr: a, Time: 4})
	leased(first, b, 5)(tracker)
	tracker.See(&flows.Sighting{Kind: flows.Offer, MAC: first, Peer: server})
	tracker.See(&flows.Sighting{Kind: flows.Router, Addr: server})
	tracker.See(&flows.Sighting{Kind: flows.Called, MAC: second, Name: "tv"})
	if got := tracker.MACs(a); !slices.Equal(got, []MAC{first, second}) {
		t.Errorf("%v has %v", a, got)
	}
	if got := tracker.Senders(); !slices.Equal(got, []MAC{second, first}) {
		t.Errorf("the MACs are %v", got)
	}
	if got := tracker.Addrs(); !slices.Equal(got, []netip.Addr{a, b}) {
		t.Errorf("the addresses are %v", got)
	}
	if !tracker.Claimed(a) || tracker.Claimed(b) {
		t.Error("10.0.0.1 alone was claimed")
	}
	if by, ok := tracker.Leased(b, first); !ok || by != server {
		t.Errorf("the lease is of %v, %v", by, ok)
	}
	if _, ok := tracker.Leased(b, second); ok {
		t.Error("the lease is somebody else's")
	}
	if !slices.Equal(tracker.Servers, []netip.Addr{server}) || !slices.Equal(tracker.Routers, []netip.Addr{server}) {
		t.Errorf("servers %v, routers %v", tracker.Servers, tracker.Routers)
	}
	if got := tracker.Name(b); got != "tv" {
		t.Errorf("the host of %v is called %q", b, got)
	}
	tracker.See(&flows.Sighting{Kind: flows.Called, Addr: b, Name: "radio"})
	if got := tracker.Name(b); got != "radio" {
		t.Errorf("%v is called %q: what it says of the address itself wins", b, got)
	}
	tracker.Outside(second)
	if got := tracker.Name(a); got != "" {
		t.Errorf("a router's name %q is that of %v", got, a)
	}
}
