package findings

import (
	"net/netip"
	"slices"

	"servmap/flows"
	"servmap/servmap"
	"servmap/servmap/identity"
)

// Bounds of a group: what it lists, what it tells apart, and how many groups there are.
const (
	mostListed    = 100
	mostCounted   = 4096
	mostActs      = 512
	mostGroups    = 20_000
	mostCommunity = 10
)

// class says what a group is about.
type class uint8

const (
	aboutPair     class = iota // a source, a destination, a service
	aboutHost                  // a host that the map does not know
	aboutServer                // a service of a known host
	aboutTries                 // a source's attempts
	aboutConflict              // an address with another MAC
	aboutRole                  // a host that took a role
	aboutMoved                 // a known host with another address
	aboutTunnel
	aboutDenied // a source, a destination, a service that a rule of the user's own forbids
)

// list is a list of different values in the order seen. more tells that there were more than it holds.
type list[T comparable] struct {
	values []T
	seen   map[T]struct{}
	more   bool
}

// add adds a value, unless it is there or the list is full.
func (l *list[T]) add(v T) {
	if len(l.values) < 8 {
		if slices.Contains(l.values, v) {
			return
		}
	} else if _, ok := l.seen[v]; ok {
		return
	}
	if len(l.values) >= mostCounted {
		l.more = true
		return
	}
	l.values = append(l.values, v)
	switch n := len(l.values); {
	case n == 8:
		l.seen = map[T]struct{}{}
		for _, v := range l.values {
			l.seen[v] = struct{}{}
		}
	case n > 8:
		l.seen[v] = struct{}{}
	}
}

func (l *list[T]) has(v T) bool {
	if len(l.values) < 8 {
		return slices.Contains(l.values, v)
	}
	_, ok := l.seen[v]
	return ok
}

func (l *list[T]) addAll(o *list[T]) {
	for _, v := range o.values {
		l.add(v)
	}
	l.more = l.more || o.more
}

// end is one side of a group.
type end struct {
	hosts     list[servmap.Host]
	addresses list[netip.Addr]
	macs      list[identity.MAC]
	domains   list[string]
	owners    list[string]
}

func (s *end) addAll(o *end) {
	s.hosts.addAll(&o.hosts)
	s.addresses.addAll(&o.addresses)
	s.macs.addAll(&o.macs)
	s.domains.addAll(&o.domains)
	s.owners.addAll(&o.owners)
}

// actKey tells what is done apart.
type actKey struct {
	src, dst servmap.Host
	service  string
}

// act is what a source does with a destination.
type act struct {
	actKey
	family   string
	category string
	direction
	answered   bool // ever
	attempt    bool // never more than that
	tried      bool // ever an attempt that the map does not know
	done       bool // ever more than an attempt that the map does not know
	udp        bool
	icmp       bool
	server     uint16 // port
	flows      int
	mostBytes  uint64 // of a packet, on average in a flow
	newDomain  bool   // one that training did not see with the source
	foreign    string // a known name that was met at an address where it does not belong
	largeBytes bool   // out, more than ever in training
	known      bool   // all flows fit
	// peers are names that the map does not know with the service, homes owners at whose addresses it does
	// not know a name.
	peers list[string]
	homes list[nameAt]
	sent  uint64 // bytes, where that is more than ever
}

// nameAt is a name at an address of an owner.
type nameAt struct{ name, owner string }

// claim is an address and a hardware address that has it.
type claim struct {
	addr netip.Addr
	mac  identity.MAC
}

// group is what becomes a finding.
type group struct {
	id      string
	class   class
	subject servmap.Host
	own     list[servmap.Host] // of aboutHost: the addresses of the subject
	src     end
	dst     end

	acts     []*act
	byKey    map[actKey]*act
	moreActs bool
	lost     bool // what accepting the group would need did not fit
	// wide are the sources and words under which they tried more than acts has room for.
	wide list[[2]servmap.Host]
	// claims are of aboutConflict, and of hosts that the map does not know.
	claims list[claim]
	clause *servmap.Clause // of aboutDenied

	applications list[string]
	transports   list[string]
	ports        list[uint16]
	files        list[uint32]
	names        list[string] // that were asked for
	community    []string
	talks        talks
	verdicts     [servmap.Verdicts]uint64

	flows, packets uint64
	bytes, out, in uint64
	answered       bool
	first, last    int64
	role           string // as people call it; of aboutTunnel, the kind
	accepted       string // the role as the map has it once it was accepted
	why            string
	kind           Kind
	level          Level
	severity       servmap.Severity // of its worst flow
	count          int              // of findings put into this one
	joined         bool
	into           *group // what it was joined to
	told           string // the id that Add told of it
	movedTo        netip.Addr
	frames         []uint16   // of a host without IP: the EtherTypes that the map does not know of it
	also           netip.Addr // of aboutConflict: the address of the map whose MAC it has
}

// add adds a flow.
func (g *group) add(j *servmap.Judgement) {
	f := j.Flow
	g.addSide(&g.src, j.Src, f.Src, f.SrcMAC, f.HasMAC && f.Src2Dst.Packets > 0)
	g.addSide(&g.dst, j.Dst, f.Dst, f.DstMAC, f.HasMAC && f.Dst2Src.Packets > 0)
	if j.Dst == servmap.Remote && servmap.Family(j.Service) != "DNS" { // whom one asks is not what one asks for
		if d := servmap.Domain(f.Info.ServerName()); d != "" {
			g.dst.domains.add(d)
		} else if o := servmap.Peer(f); o != "" {
			g.dst.owners.add(o)
		}
	}
	if n := f.Info.ServerName(); n != "" {
		g.names.add(n)
	}
	g.act(j)
	g.applications.add(f.Application)
	g.transports.add(transportName(f.Protocol))
	if f.DstPort != 0 {
		g.ports.add(servmap.ServerPort(f))
	}
	g.files.add(j.File)
	g.talks.add(f)
	if len(g.community) < mostCommunity {
		if id := CommunityID(f); id != "" {
			g.community = append(g.community, id)
		}
	}
	g.verdicts[j.Verdict]++
	g.severity = max(g.severity, j.Severity)
	if g.flows == 0 {
		g.first, g.last = f.First(), f.Last()
	}
	g.first, g.last = min(g.first, f.First()), max(g.last, f.Last())
	g.flows++
	g.packets += f.Packets()
	g.bytes += f.Bytes()
	g.out += f.Src2Dst.Bytes
	g.in += f.Dst2Src.Bytes
	g.answered = g.answered || f.Answered
}

func (g *group) addSide(s *end, h servmap.Host, a netip.Addr, mac identity.MAC, hasMAC bool) {
	s.hosts.add(h)
	s.addresses.add(a)
	if hasMAC && h.IsAddress() {
		s.macs.add(mac)
	}
}

// act notes what a flow does.
func (g *group) act(j *servmap.Judgement) {
	f, k := j.Flow, actKey{j.Src, j.Dst, j.Service}
	a := g.byKey[k]
	if a == nil {
		if len(g.acts) == mostActs {
			g.moreActs = true
			switch {
			case j.Attempt:
				g.wide.add([2]servmap.Host{j.Src, servmap.Attempted(j.Dst)})
			case j.Verdict != servmap.None || j.NewPeer || j.Foreign:
				g.lost = true
			}
			return
		}
		a = &act{actKey: k, family: servmap.Family(j.Service), direction: directionOf(j.Src, j.Dst), attempt: true, known: true}
		a.udp, a.icmp, a.server = f.Protocol == 17, f.Protocol == 1 || f.Protocol == 58, servmap.ServerPort(f)
		a.category = f.Category
		g.acts = append(g.acts, a)
		if g.byKey == nil {
			g.byKey = map[actKey]*act{}
		}
		g.byKey[k] = a
	}
	a.flows++
	a.answered = a.answered || f.Answered
	a.attempt = a.attempt && j.Attempt
	if j.Verdict != servmap.None {
		a.known = false
		a.tried, a.done = a.tried || j.Attempt, a.done || !j.Attempt
	}
	if j.NewPeer {
		a.peers.add(servmap.Peer(f))
	}
	if j.Foreign {
		a.homes.add(nameAt{servmap.Peer(f), f.Owner})
	}
	if n := f.Packets(); n > 0 {
		a.mostBytes = max(a.mostBytes, f.Bytes()/n)
	}
}

// absorb puts another group into this one.
func (g *group) absorb(o *group) {
	g.src.addAll(&o.src)
	g.dst.addAll(&o.dst)
	g.applications.addAll(&o.applications)
	g.transports.addAll(&o.transports)
	g.ports.addAll(&o.ports)
	g.files.addAll(&o.files)
	g.talks.addAll(&o.talks)
	for _, id := range o.community {
		if len(g.community) < mostCommunity {
			g.community = append(g.community, id)
		}
	}
	for v, n := range o.verdicts {
		g.verdicts[v] += n
	}
	g.severity = max(g.severity, o.severity)
	g.acts = append(g.acts, o.acts...)
	g.moreActs, g.lost = g.moreActs || o.moreActs, g.lost || o.lost
	g.wide.addAll(&o.wide)
	g.claims.addAll(&o.claims)
	g.own.addAll(&o.own)
	if g.flows == 0 {
		g.first, g.last = o.first, o.last
	} else if o.flows > 0 {
		g.first, g.last = min(g.first, o.first), max(g.last, o.last)
	}
	g.flows += o.flows
	g.packets += o.packets
	g.bytes += o.bytes
	g.out += o.out
	g.in += o.in
	g.answered = g.answered || o.answered
	g.count += max(o.count, 1)
	o.joined, o.into = true, g
}

// transportName names the transport of an IP protocol as output does.
func transportName(protocol uint8) string {
	switch protocol {
	case 6:
		return "tcp"
	case 17:
		return "udp"
	case 132:
		return "sctp"
	case 1:
		return "icmp"
	case 58:
		return "icmp6"
	}
	return "ip"
}

// sighted adds what a sighting says to a group that may have no flow.
func (g *group) sighted(s *flows.Sighting) {
	if g.flows == 0 && (g.first == 0 || s.Time < g.first) {
		g.first = s.Time
	}
	if g.flows == 0 {
		g.last = max(g.last, s.Time)
	}
}
