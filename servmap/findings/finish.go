package findings

import (
	"fmt"
	"net/netip"
	"slices"

	"servmap/flows/decode"
	"servmap/servmap"
)

// Finish judges all groups and returns the findings, the worst first: by level, then kind, then bytes
// falling, then id. files names the captures, by index.
func (c *Collector) Finish(files []string) []*Finding {
	c.addTunnels()
	c.addTalkers()
	c.addClaims()
	c.addOverlaps()
	c.addAsks()
	c.addRouters()
	c.joinDenied()
	for _, g := range c.order {
		c.decide(g)
	}
	c.joinEchoes()
	c.joinQuestions()
	c.joinNeighbours()
	c.addMissing()
	for _, g := range c.order {
		if level, ok := c.Levels[g.kind]; ok {
			g.level = level
		}
	}
	out := []*Finding{}
	for _, g := range c.order {
		if !g.joined {
			out = append(out, c.finding(g, files))
		}
	}
	Sort(out)
	return out
}

// need returns the group of a key, a new one where there is none; nil where there is no room.
func (c *Collector) need(k groupKey) *group {
	g := c.groups[k]
	if g == nil {
		if len(c.order) == mostGroups {
			c.Beyond++
			return nil
		}
		g = &group{id: idOf(k.text()), class: k.class, subject: k.subject, role: roles[k.role].name, accepted: roles[k.role].accepted}
		g.told = g.id
		c.groups[k] = g
		c.order = append(c.order, g)
	}
	return g
}

// addTunnels adds the tunnels that the map does not know.
func (c *Collector) addTunnels() {
	perimeter := c.checker.Perimeter()
	for i := range c.checker.Tunnels {
		s := &c.checker.Tunnels[i]
		src, dst := perimeter.Host(s.Addr, false), perimeter.Host(s.Peer, false)
		a, b := src, dst
		if b.Compare(a) < 0 {
			a, b = b, a
		}
		g := c.need(groupKey{class: aboutTunnel, subject: a, dst: b})
		if g == nil {
			continue
		}
		if g.flows == 0 && len(g.applications.values) == 0 {
			g.flows = c.tunnels[s.Tunnel.Number()]
			delete(c.tunnels, s.Tunnel.Number())
			g.first = s.Time
		}
		g.last = s.Time
		g.role = s.Tunnel.String()
		g.src.hosts.add(src)
		g.src.addresses.add(s.Addr)
		g.dst.hosts.add(dst)
		g.dst.addresses.add(s.Peer)
		g.applications.add(tunnelName(s.Tunnel))
	}
}

// tunnelName names a kind of tunnel as an application.
func tunnelName(t decode.Tunnel) string { return t.String() }

// addClaims adds the claims of addresses that the map knows with other MACs.
func (c *Collector) addClaims() {
	for i := range c.checker.Conflicts {
		s := &c.checker.Conflicts[i]
		if c.checker.Leased(s.Addr, s.MAC) {
			continue
		}
		p := c.conflict(s.Addr, s.MAC)
		if g := c.need(p.groupKey); g != nil {
			g.sighted(s)
			g.dst.hosts.add(servmap.AddrHost(s.Addr))
			g.dst.addresses.add(s.Addr)
			g.dst.macs.add(s.MAC)
			g.claims.add(claim{s.Addr, s.MAC})
			g.applications.add("ARP")
		}
	}
}

// addOverlaps adds the addresses from which a known host's MAC sent while the host used its own, and what
// was done from there.
func (c *Collector) addOverlaps() {
	for _, mac := range c.checker.Hosts.Senders() {
		owner, known := c.checker.Owner(mac)
		a, both := c.checker.Hosts.Overlaps(mac)
		if !known || !both || c.checker.Has(servmap.AddrHost(a)) || c.checker.HasMAC(a, mac) {
			continue
		}
		h := servmap.AddrHost(a)
		g := c.need(groupKey{class: aboutConflict, subject: h})
		if g == nil {
			return
		}
		g.also = owner
		for _, o := range c.order {
			if o == g || o.joined || o.class != aboutPair && o.class != aboutMoved || !o.src.addresses.has(a) || len(o.src.addresses.values) > 2 {
				continue
			}
			g.absorb(o)
		}
		// The conflicting address is the destination, whatever it did itself.
		g.src, g.dst = g.dst, end{}
		g.dst.hosts.add(h)
		g.dst.addresses.add(a)
		g.dst.macs.add(mac)
		g.claims.add(claim{a, mac})
		g.count = 0
	}
}

// addAsks adds the hosts that ask by ARP for many that the map does not know.
func (c *Collector) addAsks() {
	var hosts []netip.Addr
	for a, asked := range c.checker.Asks {
		if len(asked) >= scanHosts && c.checker.Has(servmap.AddrHost(a)) {
			hosts = append(hosts, a)
		}
	}
	slices.SortFunc(hosts, netip.Addr.Compare)
	for _, a := range hosts {
		h := servmap.AddrHost(a)
		g := c.need(groupKey{class: aboutTries, subject: h})
		if g == nil {
			continue
		}
		g.src.hosts.add(h)
		g.src.addresses.add(a)
		g.applications.add("ARP")
		var asked []netip.Addr
		for t := range c.checker.Asks[a] {
			asked = append(asked, t)
		}
		slices.SortFunc(asked, netip.Addr.Compare)
		for _, t := range asked {
			g.dst.hosts.add(servmap.AddrHost(t))
			g.dst.addresses.add(t)
		}
	}
}

// addRouters adds routers that advertise themselves and that the map does not know, where it knows
// others.
func (c *Collector) addRouters() {
	e := c.m.Evidence
	if e == nil || len(e.Routers) == 0 {
		return
	}
	for _, a := range c.checker.Hosts.Routers {
		if _, ok := slices.BinarySearchFunc(e.Routers, a, netip.Addr.Compare); ok || c.isNewServer(a) || c.checker.HasRole(a, servmap.RoleRouter) {
			continue
		}
		h := servmap.AddrHost(a)
		if g := c.need(groupKey{class: aboutRole, subject: h, role: roleGateway}); g != nil {
			g.dst.hosts.add(h)
			g.dst.addresses.add(a)
			for _, mac := range c.checker.Hosts.MACs(a) {
				g.dst.macs.add(mac)
			}
		}
	}
}

// decide gives a group its kind and level.
func (c *Collector) decide(g *group) {
	switch g.class {
	case aboutDenied:
		g.kind, g.level, g.why = Denied, Critical, whyDenied(g.clause)
	case aboutConflict:
		g.kind, g.level = AddressConflict, High
		if g.also.IsValid() {
			g.why = fmt.Sprintf("%s and %s sent with one hardware address at the same time", g.also, g.subject)
			return
		}
		g.why = fmt.Sprintf("in training %s had another hardware address, and no known DHCP server leased it anew", g.subject)
		g.turn()
	case aboutRole:
		g.kind, g.level = NewRole, High
		g.why = fmt.Sprintf("training knew another %s: %s", g.role, joinAnd(c.holders(g.role)))
	case aboutTunnel:
		g.kind, g.level = Tunnel, High
		g.why = "no tunnel between the two was there in training"
	case aboutHost:
		if len(g.frames) > 0 {
			c.decideTalker(g)
			return
		}
		g.kind, g.level, g.why = c.judgeHost(g)
	case aboutTries:
		g.kind, g.level, g.why = c.judgeTries(g)
	case aboutMoved:
		c.decideMoved(g)
	default:
		c.decideActs(g)
	}
}

// joinDenied puts what a source does with a service at a destination into what of it is denied: both have
// one id.
func (c *Collector) joinDenied() {
	for _, g := range c.order {
		if g.class != aboutDenied {
			continue
		}
		k := groupKey{class: aboutPair, subject: g.subject, dst: g.acts[0].dst, service: g.acts[0].service}
		if twin := c.groups[k]; twin != nil {
			g.absorb(twin)
			g.count = 0
		}
	}
}

// whyDenied says which rule forbids something.
func whyDenied(c *servmap.Clause) string {
	if c.Note == "" {
		return c.Name + " forbids it"
	}
	return c.Name + " forbids it: " + c.Note
}

// holders names those who had a role in training, a few.
func (c *Collector) holders(role string) []string {
	var list []servmap.Host
	switch role {
	case roles[roleResolver].name:
		for h := range c.expect().resolver {
			list = append(list, h)
		}
	case roles[roleDHCP].name:
		for _, a := range c.m.Evidence.DHCP {
			list = append(list, servmap.AddrHost(a))
		}
	default:
		for _, a := range c.m.Evidence.Routers {
			list = append(list, servmap.AddrHost(a))
		}
	}
	slices.SortFunc(list, servmap.Host.Compare)
	var names []string
	for _, h := range list {
		if len(names) == 3 {
			names = append(names, "others")
			break
		}
		names = append(names, word(h))
	}
	return names
}

// turn makes the conflicting address the destination.
func (g *group) turn() {
	if !g.dst.hosts.has(g.subject) && g.src.hosts.has(g.subject) {
		g.src, g.dst = g.dst, g.src
	}
}

// decideMoved judges a host that has another address: it moved, or somebody has its MAC.
func (c *Collector) decideMoved(g *group) {
	side := &g.src
	if !side.hosts.has(g.subject) {
		side = &g.dst
	}
	g.kind, g.level, g.why = Moved, Low, "it has the hardware address of a known host, and no known DHCP server gave it the address"
	for _, mac := range side.macs.values {
		if c.checker.Leased(g.movedTo, mac) {
			g.level, g.why = Info, "it has the hardware address of a known host, and a known DHCP server gave it the address"
		}
	}
}

// decideActs judges a group by its acts: the highest level counts and, of that, the first kind.
func (c *Collector) decideActs(g *group) {
	g.kind, g.level, g.why = NewApplication, Info, ""
	for i, a := range g.acts {
		kind, level, why := c.judge(a)
		if i == 0 || level > g.level || level == g.level && kind < g.kind {
			g.kind, g.level, g.why = kind, level, why
		}
	}
}

// mostEchoes is how many hosts a host may send new echoes to before that is a scan.
const mostEchoes = 10

// joinEchoes makes the echoes of a host that asks many new ones a scan.
func (c *Collector) joinEchoes() {
	bySource := map[servmap.Host][]*group{}
	var order []servmap.Host
	for _, g := range c.order {
		if g.joined || g.class != aboutPair || g.kind != Housekeeping || !g.isEcho() || !g.subject.IsAddress() {
			continue
		}
		if bySource[g.subject] == nil {
			order = append(order, g.subject)
		}
		bySource[g.subject] = append(bySource[g.subject], g)
	}
	for _, h := range order {
		if len(bySource[h]) <= mostEchoes {
			continue
		}
		to := c.need(groupKey{class: aboutTries, subject: h})
		if to == nil {
			continue
		}
		for _, g := range bySource[h] {
			to.absorb(g)
		}
		to.count = 0
		to.kind, to.level, to.why = Scan, High, fmt.Sprintf("it sent echoes to %d hosts that it did not ask in training", len(bySource[h]))
	}
}

// isEcho reports whether a group holds ICMP alone.
func (g *group) isEcho() bool {
	for _, a := range g.acts {
		if !a.icmp {
			return false
		}
	}
	return len(g.acts) > 0
}

// joinQuestions puts questions to DNS to what the answers were for: the same client's flows to that name.
func (c *Collector) joinQuestions() {
	byName := map[string]*group{}
	for _, g := range c.order {
		if g.joined || g.class != aboutPair && g.class != aboutServer || g.isDNS() {
			continue
		}
		for _, n := range g.names.values {
			key := g.src.hosts.values[0].String() + " " + n
			if best := byName[key]; best == nil || g.level > best.level {
				byName[key] = g
			}
		}
	}
	for _, g := range c.order {
		if g.joined || g.class != aboutPair || !g.isDNS() || g.level > Medium && g.kind != NewClient || len(g.names.values) == 0 {
			continue
		}
		var to *group
		for _, n := range g.names.values {
			best := byName[g.src.hosts.values[0].String()+" "+n]
			if best == nil || to != nil && best != to {
				to = nil
				break
			}
			to = best
		}
		if to != nil && to.level >= g.level {
			dst := to.dst
			to.absorb(g)
			to.dst, to.count = dst, 0
		}
	}
}

// isDNS reports whether a group holds questions to DNS alone.
func (g *group) isDNS() bool {
	for _, a := range g.acts {
		if a.family != "DNS" {
			return false
		}
	}
	return len(g.acts) > 0
}

// place returns the address of a new host that tells its network: of IPv4, if it has one.
func (g *group) place() servmap.Host {
	for _, h := range g.own.values {
		if h.Addr().Is4() {
			return h
		}
	}
	return g.own.values[0]
}

// joinNeighbours makes the new hosts of a network that do what their neighbours do one finding.
func (c *Collector) joinNeighbours() {
	first := map[netip.Prefix]*group{}
	for _, g := range c.order {
		if g.joined || g.kind != NewHost || g.level != Medium || g.class != aboutHost || len(g.own.values) == 0 || !g.src.hosts.has(g.own.values[0]) {
			continue
		}
		n := g.place().Network()
		to := first[n]
		if to == nil {
			first[n] = g
			continue
		}
		if to.count == 0 {
			to.count = 1
		}
		to.absorb(g)
		to.id = idOf("hosts " + n.String())
	}
}
