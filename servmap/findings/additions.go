package findings

import (
	"net"
	"net/netip"
	"slices"

	"servmap/servmap"
	"servmap/servmap/identity"
)

// mostAdditions is how many additions a finding lists.
const mostAdditions = 1024

// additions lists what accepting a group adds to the map: just what makes a check that sees the same again
// find nothing, and all the rest as before. cut tells that not all of it fits.
func (c *Collector) additions(g *group) (out []servmap.Addition, cut bool) {
	a := adding{c: c, at: map[[2]servmap.Host]int{}, out: []servmap.Addition{}}
	switch g.class {
	case aboutDenied:
		return a.out, false // the rule would have to go
	case aboutRole:
		a.role(g)
		return a.out, a.cut
	case aboutTunnel:
		a.add(servmap.Addition{Source: g.subject.String(), Destination: a.c.tunnelEnd(g).String(), Tunnel: g.role})
	case aboutHost:
		a.host(g)
	case aboutConflict, aboutMoved:
		for _, k := range g.claims.values {
			a.macs(k.addr, []identity.MAC{k.mac}, "")
		}
	case aboutTries:
		a.asked(g.subject)
	}
	a.cut = a.cut || g.lost || g.claims.more || g.wide.more || g.own.more
	for _, k := range g.wide.values {
		a.service(k[0], k[1], "*")
	}
	for _, act := range g.acts {
		a.act(act)
	}
	return a.out, a.cut
}

// adding is a list of additions that grows.
type adding struct {
	c   *Collector
	out []servmap.Addition
	// at finds what a source may use at a destination.
	at  map[[2]servmap.Host]int
	cut bool
}

// key names a host as the map is keyed: by its name where only that stands there.
func (a *adding) key(h servmap.Host) string { return a.c.m.Key(h).String() }

// add adds an addition, as far as there is room.
func (a *adding) add(d servmap.Addition) bool {
	if len(a.out) == mostAdditions {
		a.cut = true
		return false
	}
	a.out = append(a.out, d)
	return true
}

// service adds that a source may use a service at a destination.
func (a *adding) service(src, dst servmap.Host, service string) {
	k := [2]servmap.Host{src, dst}
	i, ok := a.at[k]
	if !ok {
		if i = len(a.out); !a.add(servmap.Addition{Source: a.key(src), Destination: a.key(dst)}) {
			return
		}
		a.at[k] = i
	}
	d := &a.out[i]
	if !slices.Contains(d.Services, service) && !slices.Contains(d.Services, "*") {
		d.Services = append(d.Services, service)
	}
}

// act adds what an act needs: a service, an attempt, names of the other end, bytes.
func (a *adding) act(t *act) {
	if t.done {
		a.service(t.src, t.dst, t.service)
	}
	if t.tried {
		a.service(t.src, servmap.Attempted(t.dst), t.service)
	}
	one := servmap.Addition{Source: a.key(t.src), Destination: a.key(t.dst), Services: []string{t.service}}
	if len(t.peers.values) > 0 {
		d := one
		d.Names = t.peers.values
		a.add(d)
	}
	for _, h := range t.homes.values {
		d := one
		d.Names, d.Owner = []string{h.name}, h.owner
		a.add(d)
	}
	if t.largeBytes {
		d := one
		d.BytesOut = t.sent
		a.add(d)
	}
	a.cut = a.cut || t.peers.more || t.homes.more
}

// host adds that the map knows a host by all of its addresses, with its hardware address, and what it speaks
// without IP.
func (a *adding) host(g *group) {
	if len(g.frames) > 0 {
		d := servmap.Addition{Source: g.subject.String()}
		for _, e := range g.frames {
			d.Services = append(d.Services, servmap.EtherName(e))
		}
		a.add(d)
		return
	}
	for _, h := range g.own.values {
		var macs []identity.MAC
		for _, k := range g.claims.values {
			if k.addr == h.Addr() {
				macs = append(macs, k.mac)
			}
		}
		a.macs(h.Addr(), macs, servmap.RoleHost)
		a.asked(h)
	}
}

// macs adds that an address has hardware addresses, and a role.
func (a *adding) macs(addr netip.Addr, macs []identity.MAC, role string) {
	d := servmap.Addition{Source: addr.String(), Role: role}
	for _, m := range macs {
		d.MACs = append(d.MACs, net.HardwareAddr(m[:]).String())
	}
	a.add(d)
}

// asked adds whom a host asked for by ARP.
func (a *adding) asked(h servmap.Host) {
	asked := a.c.checker.Asks[h.Addr()]
	if !h.IsAddress() || len(asked) == 0 {
		return
	}
	d := servmap.Addition{Source: h.String()}
	if len(asked) >= mostListed {
		d.Asked = []string{"*"} // there may have been more
	} else {
		for t := range asked {
			d.Asked = append(d.Asked, t.String())
		}
		slices.Sort(d.Asked)
	}
	a.add(d)
}

// role adds that somebody has a role: what others do with him belongs to it.
func (a *adding) role(g *group) {
	a.add(servmap.Addition{Source: g.subject.String(), Role: g.accepted})
}

// tunnelEnd returns the end of a tunnel that is not the subject.
func (c *Collector) tunnelEnd(g *group) servmap.Host {
	for _, s := range [...]*end{&g.dst, &g.src} {
		for _, h := range s.hosts.values {
			if h != g.subject {
				return h
			}
		}
	}
	return g.subject // between two outside
}
