package servmap

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"servmap/flows"
	"servmap/servmap/identity"
)

// grants is what a map permits without evidence: what was accepted, what a hand wrote, and what stands for
// several. It is known, and makes nothing routine. A check must find all else as it did before something
// was accepted, so what was accepted counts for just what it was accepted for.
type grants struct {
	m *Map
	// unproved is set where the map has anything without evidence.
	unproved bool
	*patterns
	// accepted holds, by used.key, the services that were accepted.
	accepted map[uint64]struct{}
	// novel are the hosts of accepted pairs that nothing else tells of, by their numbers.
	novel map[uint32]struct{}
	// owners holds the addresses of hosts that were accepted, by MAC, sorted.
	owners map[identity.MAC][]netip.Addr

	roles   map[roleOf]struct{}
	macs    map[macOf]struct{}
	tunnels map[Outer]struct{}
	talkers map[Talker]struct{}
	asked   map[[2]netip.Addr]struct{} // the zero Addr stands for anyone
	names   map[nameOf]struct{}
	volumes map[useName]uint64
}

type roleOf struct {
	host Host
	role string
}

type macOf struct {
	addr netip.Addr
	mac  identity.MAC
}

// nameOf is a name that a use may meet: anywhere, or at the addresses of an owner.
type nameOf struct {
	useName
	name, owner string
}

func newGrants(m *Map) *grants {
	g := &grants{
		m: m, patterns: m.pairs.patterns(), accepted: map[uint64]struct{}{}, novel: map[uint32]struct{}{}, owners: map[identity.MAC][]netip.Addr{}, roles: map[roleOf]struct{}{}, macs: map[macOf]struct{}{},
		tunnels: map[Outer]struct{}{}, talkers: map[Talker]struct{}{}, asked: map[[2]netip.Addr]struct{}{}, names: map[nameOf]struct{}{}, volumes: map[useName]uint64{},
	}
	if m.Meta != nil {
		for _, a := range m.Meta.Accepted {
			for i := range a.Adds {
				g.add(&a.Adds[i])
			}
		}
	}
	g.unproved = len(g.accepted) > 0 || m.handWritten()
	if len(g.accepted) > 0 {
		g.findNovel()
	}
	return g
}

// add adds what was accepted.
func (g *grants) add(a *Addition) {
	src, dst := HostNamed(a.Source), hostOrNone(a.Destination)
	for _, s := range a.Services {
		switch u := (useName{src, dst, s}); {
		case a.BytesOut > 0:
			g.volumes[u] = max(g.volumes[u], a.BytesOut)
		case len(a.Names) > 0:
			for _, n := range a.Names {
				g.names[nameOf{u, n, a.Owner}] = struct{}{}
			}
		case a.Destination == "":
			g.addTalker(a.Source, s)
		default:
			if n, ok := g.m.pairs.find(src, dst, s); ok {
				g.accepted[n.key()] = struct{}{}
			}
		}
	}
	for _, text := range a.MACs {
		mac, ok := parseMAC(text)
		switch {
		case !ok || !src.IsAddress():
		case a.Role == RoleHost:
			g.owners[mac] = insertAddr(g.owners[mac], src.addr)
		default:
			g.macs[macOf{src.addr, mac}] = struct{}{}
		}
	}
	if a.Role != "" {
		g.roles[roleOf{src, a.Role}] = struct{}{}
	}
	if a.Tunnel != "" {
		g.tunnels[Outer{a.Tunnel, src, dst}] = struct{}{}
	}
	for _, text := range a.Asked {
		asked, err := netip.ParseAddr(text)
		if err == nil || text == anyone {
			g.asked[[2]netip.Addr{src.addr, asked}] = struct{}{}
		}
	}
}

// addTalker adds what a host speaks without IP.
func (g *grants) addTalker(source, service string) {
	hex, ok := strings.CutPrefix(service, "Ethernet/")
	n, err := strconv.ParseUint(hex, 16, 16)
	if mac, isMAC := parseMAC(source); ok && err == nil && isMAC {
		g.talkers[Talker{mac, uint16(n)}] = struct{}{}
	}
}

// handWritten reports whether the map has services that are not evident.
func (m *Map) handWritten() bool {
	e := m.Evidence
	if e == nil || e.Older {
		return false
	}
	services := 0
	for i := range m.pairs.pairs.n {
		services += m.pairs.lists.length(m.pairs.pairs.at(i).list)
	}
	return services > len(e.uses)
}

// evident reports whether a pair's use of a service counts for what is routine: training showed it or, in
// a map that has no evidence, it stands there and was not accepted.
func (g *grants) evident(pair, service uint32) bool {
	if !g.unproved {
		return true
	}
	key := used{pair: pair, application: service}.key()
	e := g.m.Evidence
	if e != nil && e.uses[key] != nil {
		return true
	}
	_, accepted := g.accepted[key]
	return !accepted && (e == nil || e.Older)
}

// anyEvident reports whether any of what a pair uses counts for what is routine.
func (g *grants) anyEvident(k *Knowledge) bool {
	return !g.unproved || k.Pair && k.lists.anyNumber(k.list, func(n uint32) bool { return g.evident(k.pair, n) })
}

// usesAny reports whether f holds for anything that a pair uses and that counts for more than itself: that
// was not just accepted.
func (g *grants) usesAny(k *Knowledge, f func(service string) bool) bool {
	return k.Pair && k.lists.anyNumber(k.list, func(n uint32) bool {
		if !f(k.lists.names[n]) {
			return false
		}
		_, accepted := g.accepted[used{pair: k.pair, application: n}.key()]
		return !accepted || g.evident(k.pair, n)
	})
}

// findNovel finds the hosts of accepted pairs that nothing else tells of.
func (g *grants) findNovel() {
	p := &g.m.pairs
	for key := range g.accepted {
		d := p.pairs.at(uint32(key >> 32))
		g.novel[d.src], g.novel[d.dst] = struct{}{}, struct{}{}
	}
	for i := range p.pairs.n {
		d := p.pairs.at(i)
		other := p.lists.anyNumber(d.list, func(n uint32) bool {
			_, accepted := g.accepted[used{pair: i, application: n}.key()]
			return !accepted || g.evident(i, n)
		})
		if other {
			delete(g.novel, d.src)
			delete(g.novel, d.dst)
		}
	}
}

// has reports whether the map knows the host: it was accepted, or more than accepted pairs tell of it.
func (g *grants) has(h Host) bool {
	_, ok := g.roles[roleOf{h, RoleHost}]
	return ok || g.hasOfOld(h)
}

// hasOfOld reports whether more than what was accepted tells of the host.
func (g *grants) hasOfOld(h Host) bool {
	n, ok := g.m.pairs.hosts.find(h)
	if !ok {
		return false
	}
	_, novel := g.novel[n]
	return !novel
}

// permits reports whether a pair that the map has may use the service of a flow, by itself or by a
// pattern. attempts tells that the pair is one of a source and its attempts.
func (g *grants) permits(k *Knowledge, j *Judgement, attempts bool) bool {
	n, ok := j.number, j.named && k.uses(j.number)
	if !ok && g.services {
		n, ok = k.pattern(j.Service)
	}
	if !ok {
		return false
	}
	if g.evident(k.pair, n) {
		return true
	}
	if _, accepted := g.accepted[used{pair: k.pair, application: n}.key()]; accepted && j.Attempt != attempts {
		return false // attempts are findings of their own
	} else if accepted {
		j.accepted = true
	}
	j.Granted = true
	return true
}

// matches reports whether the map permits a flow by a pattern of hosts.
func (g *grants) matches(j *Judgement, srcs, dsts []Host) bool {
	if !g.byNetwork && !g.any {
		return false
	}
	for _, s := range srcs {
		for src := range g.hosts(s) {
			for _, d := range dsts {
				for dst := range g.hosts(d) {
					k := g.m.pairs.look(src, dst)
					j.know(&k)
					if k.Pair && g.permits(&k, j, false) {
						return true
					}
				}
			}
			if k := g.m.pairs.look(src, Attempted(j.Dst)); j.Attempt && k.Pair && g.permits(&k, j, true) {
				return true
			}
		}
	}
	return false
}

// takesRole reports whether a flow is what an accepted resolver or DHCP server does.
func (g *grants) takesRole(f *flows.Flow, j *Judgement) bool {
	if len(g.roles) == 0 {
		return false
	}
	has := func(a netip.Addr, role string) bool { _, ok := g.roles[roleOf{AddrHost(a), role}]; return ok }
	switch Family(j.Service) {
	case "DNS":
		return f.Answered && j.Src != Remote && has(f.Dst, RoleResolver)
	case "DHCP":
		return has(f.Src, RoleDHCP) || has(f.Dst, RoleDHCP)
	}
	return false
}

// HasRole reports whether somebody accepted that an address has a role.
func (c *Checker) HasRole(a netip.Addr, role string) bool {
	_, ok := c.grants.roles[roleOf{AddrHost(a), role}]
	return ok
}

// HasMAC reports whether somebody accepted that an address has a hardware address.
func (c *Checker) HasMAC(a netip.Addr, mac identity.MAC) bool {
	_, ok := c.grants.macs[macOf{a, mac}]
	return ok
}

// Volume returns how many bytes a source may send with a service in one check, 0 where nobody accepted any.
func (c *Checker) Volume(src, dst Host, service string) uint64 {
	return c.grants.volumes[useName{src, dst, service}]
}

// Has reports whether the map knows the host.
func (c *Checker) Has(h Host) bool { return c.grants.has(h) }

// Evident reports whether a pair's use of a service counts for what is routine.
func (c *Checker) Evident(p *Pair, service string) bool {
	return c.grants.evident(p.number, c.m.pairs.lists.numbers[service])
}

// EvidentServices returns what a pair uses and what counts for what is routine.
func (c *Checker) EvidentServices(src, dst Host) (services []string) {
	k := c.m.pairs.look(src, dst)
	if k.Pair {
		k.lists.anyNumber(k.list, func(n uint32) bool {
			if c.grants.evident(k.pair, n) {
				services = append(services, k.lists.names[n])
			}
			return false
		})
	}
	return services
}

// meets reports whether somebody accepted that a source meets a name with a service, at that owner's addresses.
func (g *grants) meets(j *Judgement, name, owner string) bool {
	if len(g.names) == 0 {
		return false
	}
	_, ok := g.names[nameOf{useName{j.Src, j.Dst, j.Service}, name, owner}]
	return ok
}

// asks reports whether somebody accepted that a host asks for an address.
func (g *grants) asks(a, b netip.Addr) bool {
	_, ok := g.asked[[2]netip.Addr{a, b}]
	if !ok {
		_, ok = g.asked[[2]netip.Addr{a, {}}]
	}
	return ok
}

// isTunnel reports whether somebody accepted a tunnel between two hosts.
func (g *grants) isTunnel(kind string, a, b Host) bool {
	for _, o := range [...]Outer{{kind, a, b}, {kind, b, a}} {
		if _, ok := g.tunnels[o]; ok {
			return true
		}
	}
	return false
}

// isForeignMAC reports whether an address has none of the MACs that the map or somebody knows it with.
func (c *Checker) isForeignMAC(r *HostRecord, a netip.Addr, mac identity.MAC) bool {
	return c.foreign(r, mac) && !c.HasMAC(a, mac)
}

// isKnownTalker reports whether the map knows that a host speaks so without IP.
func (c *Checker) isKnownTalker(t Talker) bool {
	_, ok := c.grants.talkers[t]
	return ok || slices.Contains(c.m.Evidence.Talkers, t)
}

// useName tells uses apart by what they are of.
type useName struct {
	src, dst Host
	service  string
}
