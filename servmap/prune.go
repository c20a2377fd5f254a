package servmap

import (
	"net"
	"net/netip"
	"slices"
)

// Pruned tells what Prune did.
type Pruned struct {
	// Forgotten lists what was taken out, sorted as Diff sorts.
	Forgotten []Change
	// Undated counts the services that were kept because nothing tells when they were seen last: written
	// by hand, of a map of format 1, or seen on more days than the map lists.
	Undated int
	// Dated is set where the map tells when anything was seen. Without it nothing is forgotten.
	Dated bool
}

// Prune forgets what was seen last at least so many UTC days before the newest capture: services and,
// with the last of them, pairs, hosts and the roles of hosts. The captures stay listed. To prune again
// changes nothing. Days must be at least 1.
func (m *Map) Prune(days int) Pruned {
	newest, dated := m.newestDay()
	p := Pruned{Dated: dated}
	if m.Evidence == nil || !dated {
		p.Undated = m.services()
		return p
	}
	gone := map[fact]struct{}{}
	var left []*Use
	known := m.Evidence.Hosts
	m.Without(func(src, dst Host, service string) bool {
		u := m.Evidence.Use(src, dst, service)
		day, dated := m.Evidence.lastDay(u, src, dst, service)
		old := int64(newest)-int64(day) >= int64(days)
		if !dated || old && u != nil && len(u.Counts) == mostListed {
			p.Undated++
			return false
		}
		if old {
			gone[fact{src, dst, service}] = struct{}{}
			if u != nil {
				left = append(left, u)
			}
		}
		return old
	})
	m.Evidence.forgetNames(left)
	for _, f := range m.Evidence.forgetHosts(known) {
		gone[f] = struct{}{}
	}
	p.Forgotten = changesOf(gone, nil)
	return p
}

// services counts the services of all pairs.
func (m *Map) services() (n int) {
	for s := range m.pairs.Sources() {
		for p := range m.pairs.Pairs(s) {
			n += len(p.Applications)
		}
	}
	return n
}

// newestDay returns the last UTC day of which the map has anything; false where no day is known.
func (m *Map) newestDay() (newest int32, ok bool) {
	note := func(day int32) {
		if !ok || day > newest {
			newest, ok = day, true
		}
	}
	if m.Meta != nil {
		for i := range m.Meta.Captures {
			if last := m.Meta.Captures[i].Last; !last.IsZero() {
				note(DayOf(last.UnixNano()))
			}
		}
	}
	if m.Evidence != nil {
		for _, v := range m.Evidence.Events {
			note(v.Day)
		}
	}
	return newest, ok
}

// lastDay returns the last day on which a source used a service, of which u is known; false where nothing
// tells. What stands for unrecognised UDP on any port was seen when one of these ports was.
func (e *Evidence) lastDay(u *Use, src, dst Host, service string) (day int32, dated bool) {
	note := func(u *Use) {
		if u == nil {
			return
		}
		for i := range u.Counts {
			if d := e.Events[u.Counts[i].Event].Day; !dated || d > day {
				day, dated = d, true
			}
		}
	}
	note(u)
	if service == anyUnknownUDP {
		k := e.pairs.look(src, dst)
		k.UsesAny(func(a string) bool {
			if IsUnknownUDP(a) {
				note(e.of(&k, a))
			}
			return false
		})
	}
	return day, dated
}

// facts returns who a host is, as Diff has it.
func (h *HostRecord) facts(a netip.Addr) (out []fact) {
	for _, mac := range h.MACs {
		out = append(out, fact{Host{addr: a}, Host{}, "mac " + net.HardwareAddr(mac[:]).String()})
	}
	return out
}

// forgetHosts takes their roles from those of the known hosts that are no longer there, and returns what
// was forgotten of them. Who has a role and never was a host has no date, and keeps it.
func (e *Evidence) forgetHosts(known map[netip.Addr]*HostRecord) (gone []fact) {
	left := func(a netip.Addr) bool {
		_, was := known[a]
		_, is := e.Hosts[a]
		return was && !is
	}
	for a, h := range known {
		if left(a) {
			gone = append(gone, h.facts(a)...)
		}
	}
	take := func(list []netip.Addr, role string) []netip.Addr {
		return slices.DeleteFunc(list, func(a netip.Addr) bool {
			if left(a) {
				gone = append(gone, fact{Host{addr: a}, Host{}, role})
			}
			return left(a)
		})
	}
	e.DHCP, e.Routers = take(e.DHCP, RoleDHCP), take(e.Routers, RoleRouter)
	return gone
}

// forgetNames takes out the names that only the uses that left had.
func (e *Evidence) forgetNames(left []*Use) {
	names := map[string]struct{}{}
	for _, u := range left {
		for i := range u.Peers {
			names[u.Peers[i].Name] = struct{}{}
		}
	}
	for _, u := range e.Uses {
		for i := range u.Peers {
			delete(names, u.Peers[i].Name)
		}
	}
	for n := range names {
		delete(e.Names, n)
	}
}
