// Package identity tells hosts apart by more than their addresses: which MAC sends from which
// address, and when; who leased an address; what hosts call themselves; who is a router.
package identity

import (
	"net/netip"
	"slices"

	"servmap/flows"
)

// MAC is a hardware address.
type MAC = [6]byte

// Bounds of what is remembered: a flood of spoofed addresses must not take memory without end.
const (
	// MaxHosts is how many MACs, and how many addresses, are followed.
	MaxHosts = 1 << 17
	// maxEach is how many addresses of a MAC and MACs of an address are kept. A MAC with more is a
	// router, or nobody's.
	maxEach = 8
)

// Stay is a time during which an address was seen with a MAC.
type Stay struct {
	Addr        netip.Addr
	First, Last int64
	// Returned is when it was seen again after another stay had begun, 0 for never.
	Returned int64
}

// Tracker follows the hosts of one input. The zero Tracker is not ready; see NewTracker.
type Tracker struct {
	macs   map[MAC]*sender
	addrs  map[netip.Addr][]MAC
	leases map[netip.Addr]lease
	names  map[MAC]string
	called map[netip.Addr]string
	// claimed holds who claimed an address by ARP or neighbour discovery.
	claimed map[netip.Addr][]MAC
	// Servers are the DHCP servers that leased or offered an address, Routers those that
	// advertised themselves, in the order seen; each a few.
	Servers, Routers []netip.Addr
	// Beyond counts MACs and addresses for which there was no room.
	Beyond uint64
	// lately holds stays seen lately, by some bits of MAC and address: most flows are of few hosts.
	lately [1024]recent
	// router is the router seen last.
	router MAC
}

// recent is a stay that was seen lately.
type recent struct {
	mac    MAC
	addr   netip.Addr
	sender *sender
	stay   int
}

// sender is what is known of a MAC.
type sender struct {
	stays []Stay // of local IPv4 addresses
	// router is set where it sent for addresses outside, or for more than maxEach.
	router bool
	order  int // of the MACs, from 0
}

type lease struct {
	mac    MAC
	server netip.Addr
	time   int64
}

// NewTracker returns a Tracker that has seen nothing.
func NewTracker() *Tracker {
	return &Tracker{
		macs: map[MAC]*sender{}, addrs: map[netip.Addr][]MAC{}, leases: map[netip.Addr]lease{},
		names: map[MAC]string{}, called: map[netip.Addr]string{}, claimed: map[netip.Addr][]MAC{},
	}
}

// IsHosts reports whether a MAC can be one host's: it is neither zero nor a group's.
func IsHosts(mac MAC) bool { return mac != MAC{} && mac[0]&1 == 0 }

// sender returns what is known of a MAC; nil where there is no room for it.
func (t *Tracker) sender(mac MAC) *sender {
	s := t.macs[mac]
	if s == nil {
		if len(t.macs) >= MaxHosts {
			t.Beyond++
			return nil
		}
		s = &sender{order: len(t.macs)}
		t.macs[mac] = s
	}
	return s
}

// Outside tells that the MAC sent frames from an address outside the local networks: it is a router.
func (t *Tracker) Outside(mac MAC) {
	if !IsHosts(mac) || mac == t.router {
		return
	}
	if s := t.sender(mac); s != nil {
		s.router, t.router = true, mac
	}
}

// recent returns where a stay of a MAC at an address would be.
func (t *Tracker) recent(mac MAC, addr netip.Addr) *recent {
	return &t.lately[(uint(mac[5])|uint(mac[4])<<8^uint(low(addr))*5)%uint(len(t.lately))]
}

// low returns the lowest bits of an address.
func low(a netip.Addr) uint16 {
	if a.Is4() {
		b := a.As4()
		return uint16(b[2])<<8 | uint16(b[3])
	}
	b := a.As16()
	return uint16(b[14])<<8 | uint16(b[15])
}

// Sent tells that the MAC sent frames from a local address, from first to last.
func (t *Tracker) Sent(mac MAC, addr netip.Addr, first, last int64) {
	if !IsHosts(mac) || addr.IsUnspecified() {
		return
	}
	l := t.recent(mac, addr)
	if l.sender != nil && l.mac == mac && l.addr == addr && len(l.sender.stays) == 1 {
		v := &l.sender.stays[l.stay]
		v.First, v.Last = min(v.First, first), max(v.Last, last)
		return
	}
	s := t.sender(mac)
	if s == nil {
		return
	}
	if s.router {
		return // it sends for others: that tells nothing of who they are
	}
	t.stay(s, mac, addr, first, last)
}

// stay notes that a MAC, of which s is known, has an address.
func (t *Tracker) stay(s *sender, mac MAC, addr netip.Addr, first, last int64) {
	list, known := t.addrs[addr]
	if !known && len(t.addrs) >= MaxHosts {
		t.Beyond++
		return
	}
	if !slices.Contains(list, mac) && len(list) < maxEach {
		t.addrs[addr] = append(list, mac)
	}
	if !addr.Is4() {
		return
	}
	for i := range s.stays {
		if v := &s.stays[i]; v.Addr == addr {
			s.returns(v, first)
			v.First, v.Last = min(v.First, first), max(v.Last, last)
			*t.recent(mac, addr) = recent{mac, addr, s, i}
			return
		}
	}
	if len(s.stays) == maxEach {
		s.router = true
		return
	}
	s.stays = append(s.stays, Stay{Addr: addr, First: first, Last: last})
}

// returns notes that a stay was seen at a time, where another one had begun in between.
func (s *sender) returns(v *Stay, time int64) {
	for i := range s.stays {
		b := &s.stays[i]
		if b != v && b.First >= v.First && time > b.First && (v.Returned == 0 || time < v.Returned) {
			v.Returned = time
		}
	}
}

// See takes what a packet told.
func (t *Tracker) See(s *flows.Sighting) {
	switch s.Kind {
	case flows.Claim:
		if m := t.sender(s.MAC); m != nil && IsHosts(s.MAC) && !s.Addr.IsUnspecified() {
			t.stay(m, s.MAC, s.Addr, s.Time, s.Time)
		}
		if list, ok := t.claimed[s.Addr]; (ok || len(t.claimed) < MaxHosts) && len(list) < maxEach && !slices.Contains(list, s.MAC) {
			t.claimed[s.Addr] = append(list, s.MAC)
		}
	case flows.Lease:
		if len(t.leases) < MaxHosts {
			t.leases[s.Addr] = lease{s.MAC, s.Peer, s.Time}
		}
		t.Servers = appendNew(t.Servers, s.Peer)
	case flows.Offer:
		t.Servers = appendNew(t.Servers, s.Peer)
	case flows.Router:
		t.Routers = appendNew(t.Routers, s.Addr)
	case flows.Called:
		switch {
		case len(t.names)+len(t.called) >= MaxHosts:
			t.Beyond++
		case s.Addr.IsValid():
			t.called[s.Addr] = s.Name
		default:
			t.names[s.MAC] = s.Name
		}
	}
}

// mostRoles is how many servers of a kind are kept.
const mostRoles = 256

func appendNew(list []netip.Addr, a netip.Addr) []netip.Addr {
	if len(list) == mostRoles || slices.Contains(list, a) {
		return list
	}
	return append(list, a)
}

// MACs returns the MACs that sent from an address, in the order seen: those of routers only where they
// claimed it.
func (t *Tracker) MACs(addr netip.Addr) []MAC {
	list := t.addrs[addr]
	if !slices.ContainsFunc(list, t.IsRouter) {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(mac MAC) bool {
		return t.IsRouter(mac) && !slices.Contains(t.claimed[addr], mac)
	})
}

// Claimed reports whether a host said that it has the address.
func (t *Tracker) Claimed(addr netip.Addr) bool { _, ok := t.claimed[addr]; return ok }

// Stays returns the IPv4 addresses that a MAC sent from, in the order seen.
func (t *Tracker) Stays(mac MAC) []Stay {
	if s := t.macs[mac]; s != nil {
		return s.stays
	}
	return nil
}

// IsRouter reports whether the MAC sent for others.
func (t *Tracker) IsRouter(mac MAC) bool { s := t.macs[mac]; return s != nil && s.router }

// Leased reports who leased an address to a MAC.
func (t *Tracker) Leased(addr netip.Addr, mac MAC) (server netip.Addr, ok bool) {
	l, ok := t.leases[addr]
	return l.server, ok && l.mac == mac
}

// Shared reports whether a MAC is nobody's identity: it is a router's, or it sent from several IPv4
// addresses at once, with no lease given for the return.
func (t *Tracker) Shared(mac MAC) bool {
	s := t.macs[mac]
	if s == nil {
		return false
	}
	a, _ := t.overlap(mac, s)
	return s.router || a != nil
}

// slack is how much later than the first packet from an address its lease may be seen, in nanoseconds.
const slack = 10_000_000_000

// overlap returns two stays of which the second began while the first lasted, nil for none. That the
// address of the first was leased anew before it was used again is fine.
func (t *Tracker) overlap(mac MAC, s *sender) (a, b *Stay) {
	for i := range s.stays {
		for j := range s.stays {
			a, b := &s.stays[i], &s.stays[j]
			if i == j || b.First < a.First || b.First >= a.Last || b.First == a.First && b.Last == b.First {
				continue
			}
			if l, ok := t.leases[a.Addr]; ok && l.mac == mac && l.time >= b.First && (a.Returned == 0 || l.time <= a.Returned+slack) {
				continue
			}
			return a, b
		}
	}
	return nil, nil
}

// Overlaps returns the address from which a MAC sent while it was using another one, if there is one: of
// the two, that which nobody leased to it.
func (t *Tracker) Overlaps(mac MAC) (netip.Addr, bool) {
	s := t.macs[mac]
	if s == nil || s.router {
		return netip.Addr{}, false
	}
	a, b := t.overlap(mac, s)
	if a == nil {
		return netip.Addr{}, false
	}
	if _, ok := t.Leased(b.Addr, mac); ok {
		if _, ok := t.Leased(a.Addr, mac); !ok {
			return a.Addr, true
		}
	}
	return b.Addr, true
}

// Name returns what the host of an address, or else of one of its MACs, calls itself, or "".
func (t *Tracker) Name(addr netip.Addr) string {
	if n := t.called[addr]; n != "" {
		return n
	}
	for _, mac := range t.addrs[addr] {
		if n := t.names[mac]; n != "" && !t.IsRouter(mac) {
			return n
		}
	}
	return ""
}

// Senders returns all MACs, in the order seen.
func (t *Tracker) Senders() []MAC {
	out := make([]MAC, len(t.macs))
	for mac, s := range t.macs {
		out[s.order] = mac
	}
	return out
}

// Addrs returns all addresses with a MAC, sorted.
func (t *Tracker) Addrs() []netip.Addr {
	out := make([]netip.Addr, 0, len(t.addrs))
	for a := range t.addrs {
		out = append(out, a)
	}
	slices.SortFunc(out, netip.Addr.Compare)
	return out
}
