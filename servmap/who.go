package servmap

import (
	"net/netip"
	"slices"

	"servmap/flows"
	"servmap/servmap/identity"
)

// claim notes a claim of an address that the map knows with another MAC.
func (c *Checker) claim(s *flows.Sighting) {
	r := c.m.Evidence.Record(AddrHost(s.Addr))
	if r == nil || c.perimeter.byAddress || !c.isForeignMAC(r, s.Addr, s.MAC) || c.leased(s.Addr, s.MAC) {
		c.came(AddrHost(s.Addr))
		return
	}
	if len(c.Conflicts) < mostRecords {
		c.Conflicts = append(c.Conflicts, *s)
	}
}

// leased reports whether a DHCP server that the map knows leased the address to the MAC.
func (c *Checker) leased(a netip.Addr, mac identity.MAC) bool {
	server, ok := c.Hosts.Leased(a, mac)
	return ok && c.m.Evidence.IsDHCP(server)
}

// Leased reports whether a DHCP server that the map knows leased the address to the MAC.
func (c *Checker) Leased(a netip.Addr, mac identity.MAC) bool {
	return c.m.Evidence != nil && c.leased(a, mac)
}

// ask notes whom a host asks for by ARP.
func (c *Checker) ask(s *flows.Sighting) {
	e := c.m.Evidence
	if e == nil || e.Hosts[s.Peer] != nil || c.grants.asks(s.Addr, s.Peer) {
		return
	}
	if r := e.Hosts[s.Addr]; r != nil {
		if _, known := slices.BinarySearchFunc(r.Asked, s.Peer, netip.Addr.Compare); known {
			return
		}
	}
	asked := c.Asks[s.Addr]
	if asked == nil {
		if len(c.Asks) == mostRecords {
			return
		}
		asked = map[netip.Addr]struct{}{}
		c.Asks[s.Addr] = asked
	}
	if len(asked) < mostListed {
		asked[s.Peer] = struct{}{}
	}
}

// identify finds out who sends from an address with a MAC: the host of that address or, where the map
// does not know that, those with the MAC. It returns how many there are.
func (c *Checker) identify(hosts *[4]Host, mac identity.MAC) (n int, moved, conflict bool) {
	h := hosts[0]
	if !h.IsAddress() || h.addr.IsUnspecified() {
		return 1, false, false
	}
	if _, shared := c.shared[mac]; shared || !identity.IsHosts(mac) || c.Hosts.IsRouter(mac) {
		return 1, false, false
	}
	record := c.m.Evidence.Record(h)
	owners := c.owners[mac]
	if record != nil {
		if conflict = c.isForeignMAC(record, h.addr, mac); conflict {
			conflict = !c.leased(h.addr, mac)
		}
		return c.beside(hosts, owners, conflict), false, conflict
	}
	if own := c.grants.owners[mac]; len(owners) == 0 && len(own) > 0 && !c.grants.has(h) {
		return c.beside(hosts, own, false), false, false // a host that was accepted does from elsewhere what it did
	}
	if c.grants.hasOfOld(h) || len(owners) == 0 {
		if key, ok := c.m.resolved.macs[mac]; ok && !c.grants.has(h) {
			hosts[0] = key
		}
		return 1, false, false
	}
	for n, a := range owners[:min(len(owners), len(hosts))] {
		hosts[n] = Host{addr: a}
	}
	// Beside its IPv4 address a host has several of IPv6, which come and go.
	return min(len(owners), len(hosts)), h.addr.Is4() && !c.HasMAC(h.addr, mac), false
}

// beside adds the other addresses of a host that is known by its own: it may do from one what it did
// from another, as from IPv6 what it did from IPv4.
func (c *Checker) beside(hosts *[4]Host, owners []netip.Addr, conflict bool) int {
	n := 1
	for _, a := range owners {
		if n < len(hosts) && a != hosts[0].addr && !conflict {
			hosts[n] = Host{addr: a}
			n++
		}
	}
	return n
}

// foreign reports whether an address is known with other MACs only, all of them hosts' own.
func (c *Checker) foreign(r *HostRecord, mac identity.MAC) bool {
	for _, m := range r.MACs {
		if _, shared := c.shared[m]; shared && !r.Claimed || m == mac {
			return false
		}
	}
	return len(r.MACs) > 0
}

// IsDHCP reports whether the map knows the DHCP server.
func (e *Evidence) IsDHCP(server netip.Addr) bool {
	_, ok := slices.BinarySearchFunc(e.DHCP, server, netip.Addr.Compare)
	return ok
}

// Fragmented reports whether one of two hosts sent IP fragments to the other.
func (c *Checker) Fragmented(a, b netip.Addr) bool {
	_, there := c.fragmented[[2]netip.Addr{a, b}]
	_, back := c.fragmented[[2]netip.Addr{b, a}]
	return there || back
}

// Owner returns the address of the map whose host a MAC identifies, the first of several.
func (c *Checker) Owner(mac identity.MAC) (netip.Addr, bool) {
	owners := c.owners[mac]
	if _, shared := c.shared[mac]; shared || len(owners) == 0 {
		return netip.Addr{}, false
	}
	for _, a := range owners {
		if a.Is4() {
			return a, true
		}
	}
	return owners[0], true
}
