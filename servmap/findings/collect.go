package findings

import (
	"net/netip"
	"sync"

	"servmap/classify"
	"servmap/servmap"
	"servmap/servmap/identity"
)

// Collector puts judgements together to findings.
type Collector struct {
	// Beyond counts the flows that are in no finding because there were too many.
	Beyond uint64
	// Levels are levels of the user's own for kinds.
	Levels map[Kind]Level
	// Names are the user's own names of hosts; nil is none.
	Names *servmap.Names
	// Missing asks for findings of what the map has and did not come; Watch for those of its hosts alone.
	// Unmatched are the indices in Watch of what is no host of the map, once Finish was called, and
	// MissingBeyond counts the findings that there was no room for.
	Missing       bool
	Watch         []servmap.Name
	Unmatched     []int
	MissingBeyond int

	newest  *group // of the flow that was added last
	checker *servmap.Checker
	m       *servmap.Map
	x       *lazily
	groups  map[groupKey]*group
	order   []*group
	// strangers holds, by MAC, the first address of each host that the map does not know.
	strangers map[identity.MAC]servmap.Host
	tunnels   map[uint8]uint64  // flows by the number of their kind of tunnel
	sent      map[actKey]uint64 // bytes that known services sent in large flows
	original  bool
}

// NewCollector returns a Collector of what the checker judges. Original leaves out what is not
// recognised, but for scans and tunnels.
func NewCollector(c *servmap.Checker, original bool) *Collector {
	return &Collector{
		checker: c, m: c.Map(), x: &lazily{}, groups: map[groupKey]*group{}, strangers: map[identity.MAC]servmap.Host{},
		tunnels: map[uint8]uint64{}, sent: map[actKey]uint64{}, original: original,
	}
}

// Again returns a Collector of another input, which c judges by the same map, with the same settings. What the
// map makes one expect is put together once for both; they may run at the same time.
func (c *Collector) Again(checker *servmap.Checker) *Collector {
	again := NewCollector(checker, c.original)
	again.Levels, again.Names, again.Missing, again.Watch, again.x = c.Levels, c.Names, c.Missing, c.Watch, c.x
	return again
}

// lazily is what a map makes one expect, which is put together when first needed.
type lazily struct {
	once sync.Once
	*expectation
}

// expect returns what the map makes one expect.
func (c *Collector) expect() *expectation {
	c.x.once.Do(func() { c.x.expectation = newExpectation(c.m, c.checker) })
	return c.x.expectation
}

// groupKey tells groups apart.
type groupKey struct {
	class   class
	subject servmap.Host
	dst     servmap.Host // of aboutPair, aboutDenied and aboutTunnel
	service string       // of aboutPair, aboutDenied and aboutServer
	role    string       // of aboutRole
}

// text is the grouping key that identifies a finding.
func (k *groupKey) text() string {
	switch k.class {
	case aboutHost:
		return "host " + k.subject.String()
	case aboutServer:
		return "server " + k.subject.String() + " " + k.service
	case aboutTries:
		return "tries " + k.subject.String()
	case aboutConflict:
		return "conflict " + k.subject.String()
	case aboutRole:
		return "role " + k.role + " " + k.subject.String()
	case aboutMoved:
		return "moved " + k.subject.String()
	case aboutTunnel:
		return "tunnel " + k.subject.String() + " " + k.dst.String()
	}
	return k.subject.String() + " " + k.dst.String() + " " + k.service
}

// place says which group a flow belongs to.
type place struct {
	groupKey
	own servmap.Host // of aboutHost: the end that is the subject
	// mac is the hardware address that own, or the conflicting address, has; not valid without claimed.
	claim
	claimed bool
}

// A known service is looked at when it sends more than largeVolume bytes. Flows that send less than
// countedFlow do not count towards that.
const (
	largeVolume = 10_000_000
	countedFlow = 1_000_000
)

// largeFactor is how many times more than ever before is much.
const largeFactor = 10

// Add adds a flow. It returns the finding that the flow belongs to by then, and the flow's own level; an
// empty id where it belongs to none.
func (c *Collector) Add(j *servmap.Judgement) (id string, level Level) {
	if j.Flow.Tunnel != 0 {
		c.tunnels[j.Flow.Tunnel]++
	}
	if j.Granted {
		c.noteAccepted(j)
	}
	large := false
	if j.Verdict == servmap.None && j.Denied == nil {
		large = j.Flow.Src2Dst.Bytes > countedFlow && c.isLarge(j)
		if !large && !j.NewPeer && !j.Foreign && !j.SrcMoved && !j.DstMoved && !j.SrcConflict && !j.DstConflict {
			return "", Info
		}
	}
	if c.original && j.Flow.Application == classify.Unknown {
		return "", Info
	}
	p := c.place(j)
	g := c.need(p.groupKey)
	if g == nil {
		return "", Info
	}
	c.newest = g
	if p.class == aboutHost {
		g.own.add(p.own)
	}
	if p.claimed {
		g.claims.add(p.claim)
	}
	if j.Denied != nil {
		g.clause = j.Denied
	}
	g.add(j)
	if a := g.byKey[actKey{j.Src, j.Dst, j.Service}]; a != nil {
		if large {
			a.largeBytes, a.sent = true, c.sent[a.actKey]
		}
		a.newDomain = a.newDomain || c.isNewDomain(j)
		if j.Foreign {
			a.foreign = servmap.Peer(j.Flow)
		}
	}
	if j.SrcMoved && p.class == aboutMoved {
		g.movedTo = j.Flow.Src
	} else if p.class == aboutMoved {
		g.movedTo = j.Flow.Dst
	}
	return g.id, c.flowLevel(g, j)
}

// Joined returns, after Finish, the findings that flows ended up in whose own became a part of another one: by the id
// that Add told.
func (c *Collector) Joined() map[string]string {
	out := map[string]string{}
	for _, g := range c.order {
		to := g
		for to.joined && to.into != nil {
			to = to.into
		}
		if told := g.told; told != to.id {
			out[told] = to.id
		}
	}
	return out
}

// Newest returns the finding that the flow which was added last belongs to, as it stands by then. Nothing of the
// Collector changes.
func (c *Collector) Newest() *Finding {
	g := *c.newest
	c.decide(&g)
	if level, ok := c.Levels[g.kind]; ok {
		g.level = level
	}
	return c.finding(&g, nil)
}

// isLarge adds up what a source sends with a known service. It reports whether that is much more than
// training ever saw in a day or capture.
func (c *Collector) isLarge(j *servmap.Judgement) bool {
	k := actKey{j.Src, j.Dst, j.Service}
	if _, ok := c.sent[k]; !ok && len(c.sent) == mostGroups {
		return false
	}
	c.sent[k] += j.Flow.Src2Dst.Bytes
	if c.sent[k] <= max(largeVolume, c.checker.Volume(j.Src, j.Dst, j.Service)) {
		return false
	}
	most := largest(c.m.Evidence, j.Src, j.Dst, j.Service)
	return most > 0 && c.sent[k] > largeFactor*most
}

// isNewDomain reports whether a host asks for a name, or goes to an owner of addresses, that training
// did not see it with.
func (c *Collector) isNewDomain(j *servmap.Judgement) bool {
	if j.Dst != servmap.Remote && servmap.Family(j.Service) != "DNS" {
		return false
	}
	d := servmap.Peer(j.Flow)
	return d != "" && !c.expect().asked(j.Src, d)
}

// place finds the group of a flow that does not fit, or fits with something to tell.
func (c *Collector) place(j *servmap.Judgement) place {
	f := j.Flow
	switch {
	case j.Denied != nil:
		return place{groupKey: groupKey{class: aboutDenied, subject: j.Src, dst: j.Dst, service: j.Service}}
	case j.SrcConflict:
		return c.conflict(f.Src, f.SrcMAC)
	case j.DstConflict:
		return c.conflict(f.Dst, f.DstMAC)
	}
	if j.Verdict == servmap.None {
		switch {
		case j.SrcMoved:
			return place{groupKey: groupKey{class: aboutMoved, subject: j.Src}, claim: claim{f.Src, f.SrcMAC}, claimed: true}
		case j.DstMoved:
			return place{groupKey: groupKey{class: aboutMoved, subject: j.Dst}, claim: claim{f.Dst, f.DstMAC}, claimed: true}
		}
		return c.pair(j)
	}
	if p, ok := c.role(j); ok {
		return p
	}
	x := c.expect()
	switch {
	case c.isStranger(j.Src):
		return c.stranger(j.Src, f.SrcMAC, f.HasMAC)
	case j.Attempt:
		return place{groupKey: groupKey{class: aboutTries, subject: j.Src}}
	case c.isStranger(j.Dst) && f.Answered:
		return c.stranger(j.Dst, f.DstMAC, f.HasMAC)
	}
	family := servmap.Family(j.Service)
	_, used := x.servers[at{j.Dst, family}]
	if j.Dst.IsAddress() && f.Answered && !used && !c.isHousekeeping(f.Protocol, j.Src, j.Dst, family) {
		return place{groupKey: groupKey{class: aboutServer, subject: j.Dst, service: j.Service}}
	}
	return c.pair(j)
}

func (c *Collector) pair(j *servmap.Judgement) place {
	return place{groupKey: groupKey{class: aboutPair, subject: j.Src, dst: j.Dst, service: j.Service}}
}

// isStranger reports whether a host is one that the map does not know. An unspecified address is
// nobody's.
func (c *Collector) isStranger(h servmap.Host) bool {
	return h.IsAddress() && !h.Addr().IsUnspecified() && !c.checker.Has(h)
}

// stranger is the place of what an unknown host does. All addresses of a MAC are one host.
func (c *Collector) stranger(h servmap.Host, mac identity.MAC, hasMAC bool) place {
	p := place{own: h}
	if hasMAC && identity.IsHosts(mac) && !c.checker.Hosts.IsRouter(mac) {
		if first, ok := c.strangers[mac]; ok {
			h = first
		} else if len(c.strangers) < mostGroups {
			c.strangers[mac] = h
		}
		p.claim, p.claimed = claim{p.own.Addr(), mac}, true
	}
	p.groupKey = groupKey{class: aboutHost, subject: h}
	return p
}

// noteAccepted has an accepted host count for the first address of its MAC, as a stranger does: what else the
// MAC does is then told by the same name.
func (c *Collector) noteAccepted(j *servmap.Judgement) {
	f := j.Flow
	switch {
	case c.checker.HasRole(f.Src, servmap.RoleHost):
		c.stranger(servmap.AddrHost(f.Src), f.SrcMAC, f.HasMAC)
	case !j.Attempt && f.Answered && c.checker.HasRole(f.Dst, servmap.RoleHost):
		c.stranger(servmap.AddrHost(f.Dst), f.DstMAC, f.HasMAC)
	}
}

// conflict is the place of what an address does that has another MAC. What a MAC does with several
// addresses is one conflict, over the first.
func (c *Collector) conflict(a netip.Addr, mac identity.MAC) place {
	h := servmap.AddrHost(a)
	if first, ok := c.strangers[mac]; ok {
		h = first
	} else if len(c.strangers) < mostGroups {
		c.strangers[mac] = h
	}
	return place{groupKey: groupKey{class: aboutConflict, subject: h}, claim: claim{a, mac}, claimed: true}
}

// The roles.
const (
	roleDHCP     = "dhcp"
	roleResolver = "resolver"
	roleGateway  = "gateway"
)

// roles says what a role is called, and what the map has it as once it was accepted.
var roles = map[string]struct{ name, accepted string }{
	roleDHCP:     {"DHCP server", servmap.RoleDHCP},
	roleResolver: {"resolver", servmap.RoleResolver},
	roleGateway:  {"gateway", servmap.RoleRouter},
}

// role finds out whether somebody took a role that others have: of a resolver or a DHCP server.
func (c *Collector) role(j *servmap.Judgement) (place, bool) {
	e := c.m.Evidence
	if e == nil {
		return place{}, false
	}
	f := j.Flow
	if servmap.Family(j.Service) == "DHCP" && len(e.DHCP) > 0 {
		for _, a := range [...]netip.Addr{f.Src, f.Dst} {
			if c.isNewServer(a) && !c.checker.HasRole(a, servmap.RoleDHCP) {
				h := servmap.AddrHost(a)
				return place{groupKey: groupKey{class: aboutRole, subject: h, role: roleDHCP}}, true
			}
		}
	}
	x := c.expect()
	if servmap.Family(j.Service) != "DNS" || !f.Answered || len(x.resolver) == 0 || j.Src == servmap.Remote {
		return place{}, false
	}
	if _, ok := x.resolver[j.Dst]; ok || c.checker.HasRole(f.Dst, servmap.RoleResolver) {
		return place{}, false
	}
	return place{groupKey: groupKey{class: aboutRole, subject: servmap.AddrHost(f.Dst), role: roleResolver}}, true
}

// isNewServer reports whether a DHCP server showed that the map does not know.
func (c *Collector) isNewServer(a netip.Addr) bool {
	for _, s := range c.checker.Hosts.Servers {
		if s == a {
			return !c.m.Evidence.IsDHCP(a)
		}
	}
	return false
}
