package servmap

import (
	"net/netip"
	"slices"
	"strings"

	"servmap/classify"
	"servmap/flows"
	"servmap/servmap/identity"
)

// Judgement is a case with its verdict.
type Judgement struct {
	Case
	// N is the flow's number among those judged, from 1.
	N        uint64
	Verdict  Verdict
	Severity Severity
	// File is the index of the capture of the flow's first packet, Capture its name, which whoever reads the captures
	// sets.
	File    uint32
	Capture string
	// SrcMoved and DstMoved are set where the end has an address that the map does not know, and was
	// recognised by its MAC.
	SrcMoved, DstMoved bool
	// SrcConflict and DstConflict are set where the end's address is the map's, and its MAC is
	// another one than the map's.
	SrcConflict, DstConflict bool
	// NewPeer is set where the flow is known and its remote end is not: the map knows the names or
	// owners that the source used the service with.
	NewPeer bool
	// Foreign is set where the flow is known, and so is its remote end's name, but not at this address:
	// DNS did not give it for the name, and its owner is none of those at which training met the name.
	Foreign bool
	// Granted is set where the flow is known and the map has no evidence for it: it was accepted, or a hand
	// wrote it.
	Granted bool
	// Denied is the clause that forbids the flow, nil for none.
	Denied *Clause
	// SrcKey and DstKey are the ends as the map's file is keyed: Src and Dst, or their names where only
	// those stand there.
	SrcKey, DstKey Host
	// Finding is the id of the finding that the flow belongs to, empty for none, and Level the flow's
	// own level.
	Finding, Level string

	accepted bool // Granted because somebody accepted it
}

// know adds what the map knows of a pair that stands for the flow's.
func (j *Judgement) know(k *Knowledge) {
	source := j.Known.Source || k.Source
	if k.Pair && !j.Known.Pair {
		j.Known = *k
	}
	j.Known.Source = source
}

// judge gives the verdict.
func (j *Judgement) judge() {
	for i := range rules {
		r := &rules[i]
		if !r.Applies(&j.Case) {
			continue
		}
		if j.Verdict, j.Severity = r.Verdict, r.Severity; r.Milder != nil && r.Milder(&j.Case) {
			j.Severity = Minor
		}
		return
	}
}

// Checker judges flows by a map and counts.
type Checker struct {
	// Flows counts the flows judged, Outside those between two remote hosts.
	Flows, Outside uint64
	// Found counts by verdict, Severe by severity.
	Found  [Verdicts]uint64
	Severe [Major + 1]uint64
	// Traffic counts what the flows were like.
	Traffic Traffic
	// Hosts is what the input showed of its hosts so far.
	Hosts *identity.Tracker

	// Clauses are the user's own rules: what is allowed and what is denied.
	Clauses Clauses

	m         *Map
	grants    *grants
	perimeter *Perimeter
	services  services
	files     Files
	owners    map[identity.MAC][]netip.Addr // the map's addresses of each MAC that identifies a host
	shared    map[identity.MAC]struct{}
	start     int64 // the time of the input's first flow
	end       int64 // the time of its last packet
	met       *met  // of the map; nil where nobody asks
	began     bool
	idle      int64
	// asked holds names that were found known lately.
	asked     [4096]askedName
	continued map[ends]struct{} // pairs between which a known flow has ended
	// fragmented holds who sent fragments to whom.
	fragmented map[[2]netip.Addr]struct{}
	metAgain   map[*Use]struct{} // uses of which a peer was met again
	// Conflicts are claims of addresses that the map knows with other MACs, in the order seen.
	Conflicts []flows.Sighting
	// Tunnels and Talkers are those seen that the map does not know, in the order seen.
	Tunnels []flows.Sighting
	Talkers []flows.Sighting
	// Asks holds, by the asking host, whom it asked for by ARP that the map does not know.
	Asks map[netip.Addr]map[netip.Addr]struct{}
}

// NewChecker returns a Checker that judges by m.
func NewChecker(m *Map, p *Perimeter) *Checker {
	c := &Checker{
		m: m, grants: newGrants(m), perimeter: p, Hosts: identity.NewTracker(), continued: map[ends]struct{}{}, idle: int64(p.idle),
		owners: map[identity.MAC][]netip.Addr{}, shared: map[identity.MAC]struct{}{}, Asks: map[netip.Addr]map[netip.Addr]struct{}{}, metAgain: map[*Use]struct{}{}, fragmented: map[[2]netip.Addr]struct{}{},
	}
	e := m.Evidence
	if e == nil || p.byAddress {
		return c
	}
	for _, mac := range e.Shared {
		c.shared[mac] = struct{}{}
	}
	for a, h := range e.Hosts {
		for _, mac := range h.MACs {
			if _, ok := c.shared[mac]; !ok {
				c.owners[mac] = append(c.owners[mac], a)
			}
		}
	}
	for _, list := range c.owners {
		slices.SortFunc(list, netip.Addr.Compare)
	}
	return c
}

// See takes what a packet told of hosts. Where what is not recognised is left out, no more counts of it than
// which capture a packet is from.
func (c *Checker) See(s *flows.Sighting) {
	switch {
	case s.Kind == flows.From:
		c.files.Add(s)
		return
	case s.Kind == flows.Fragments:
		if len(c.fragmented) < mostRecords {
			c.fragmented[[2]netip.Addr{s.Addr, s.Peer}] = struct{}{}
		}
		return
	case c.perimeter.original:
		return
	}
	switch s.Kind {
	case flows.Outer:
		e := c.m.Evidence
		if e == nil || len(c.Tunnels) == mostRecords {
			return
		}
		src, dst := c.perimeter.Host(s.Addr, false), c.perimeter.Host(s.Peer, false)
		for _, o := range e.Tunnels {
			if o.Kind == s.Tunnel.String() && (o.Src == src && o.Dst == dst || o.Src == dst && o.Dst == src) {
				return
			}
		}
		if c.grants.isTunnel(s.Tunnel.String(), src, dst) {
			return
		}
		c.Tunnels = append(c.Tunnels, *s)
	case flows.Frame:
		e := c.m.Evidence
		if e == nil || c.perimeter.ignoreNonIP || len(c.Talkers) == mostRecords || c.isKnownTalker(Talker{s.MAC, s.EtherType}) {
			return
		}
		c.Talkers = append(c.Talkers, *s)
	case flows.Claim:
		c.claim(s)
		c.Hosts.See(s)
	case flows.Ask:
		c.ask(s)
	default:
		c.Hosts.See(s)
	}
}

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

// Check judges a flow. It reports whether the perimeter includes the flow at all;
// otherwise j is left alone. What it puts into j is as borrowed as the flow.
func (c *Checker) Check(f *flows.Flow, j *Judgement) bool {
	if !c.perimeter.Includes(f) {
		return false
	}
	c.Flows++
	c.Traffic.add(f)
	if !c.began || f.First() < c.start {
		c.began, c.start = true, f.First()
	}
	c.end = max(c.end, f.Last())
	src, dst := c.perimeter.Ends(f)
	if src == Remote && dst == Remote {
		c.Outside++
	}
	*j = Judgement{Case: Case{Flow: f, Src: src, Dst: dst}, N: c.Flows, File: c.files.Of(f.Number)}
	if c.perimeter.original {
		j.Service = f.Application
		j.Known = c.m.pairs.look(src, dst)
		j.number, j.named = c.m.pairs.lists.numbers[f.Application]
		if j.known = c.grants.permits(&j.Known, j, false) || c.grants.matches(j, []Host{src}, []Host{dst}); j.known {
			c.meet(src, dst, f, j)
		}
	} else {
		c.checkService(f, j)
	}
	if !j.SrcConflict {
		c.came(j.Src)
	}
	if f.Answered && !j.DstConflict {
		c.came(j.Dst)
	}
	c.apply(j)
	if j.known {
		j.Verdict, j.Severity = None, NoSeverity
	} else {
		j.judge()
	}
	j.SrcKey, j.DstKey = c.m.Key(j.Src), c.m.Key(j.Dst)
	c.Found[j.Verdict]++
	c.Severe[j.Severity]++
	return true
}

// checkService finds out who the ends are and whether the map knows the service.
func (c *Checker) checkService(f *flows.Flow, j *Judgement) {
	follow(c.Hosts, c.perimeter, f, j.Src, j.Dst)
	srcs := [4]Host{j.Src}
	dsts := [4]Host{j.Dst}
	ns, nd := 1, 1
	if f.HasMAC && !c.perimeter.byAddress && len(c.owners)+len(c.m.resolved.macs) > 0 {
		if f.Src2Dst.Packets > 0 {
			ns, j.SrcMoved, j.SrcConflict = c.identify(&srcs, f.SrcMAC)
			j.Src = srcs[0]
		}
		if f.Dst2Src.Packets > 0 {
			nd, j.DstMoved, j.DstConflict = c.identify(&dsts, f.DstMAC)
			if j.DstMoved && !f.Answered { // an address that does no more than refuse is no host of the map
				dsts[0], nd, j.DstMoved = j.Dst, 1, false
			}
			j.Dst = dsts[0]
		}
	}
	j.Service = c.services.of(f)
	j.number, j.named = c.m.pairs.lists.numbers[j.Service]
	j.Attempt = IsAttempt(f, j.Dst)
	c.lookUp(f, j, srcs[:ns], dsts[:nd])
	if !j.known && (c.grants.matches(j, srcs[:ns], dsts[:nd]) || c.grants.takesRole(f, j)) {
		j.known, j.Granted = true, true
	}
	if j.Granted {
		j.SrcMoved, j.DstMoved = false, false // what was accepted is no news from another address
	}
}

// lookUp finds out whether the map knows that one of the sources uses the service at one of the
// destinations: they are the flow's ends, and the other addresses of their hosts.
func (c *Checker) lookUp(f *flows.Flow, j *Judgement, srcs, dsts []Host) {
	for _, s := range srcs {
		for _, d := range dsts {
			k := c.m.pairs.look(s, d)
			if !k.Pair && j.Attempt {
				if a := c.m.pairs.look(s, Attempted(d)); a.Pair && c.uses(&a, true, f, j) {
					j.known = true
				}
			}
			if s == srcs[0] && d == dsts[0] || k.Pair && !j.Known.Pair {
				k.Source = k.Source || j.Known.Source
				j.Known = k
			}
			j.Known.Source = j.Known.Source || k.Source
			if k.Pair && c.uses(&k, false, f, j) || j.Attempt && c.tried(s, d, f, j) || c.answers(s, d, f, j) {
				j.Known, j.known = k, true
				c.peer(&k, d, f, j)
			}
			if j.known {
				c.carryOn(s, d, j)
				c.meet(s, d, f, j)
				return
			}
		}
	}
}

// carryOn remembers that a known flow went between two hosts.
func (c *Checker) carryOn(src, dst Host, j *Judgement) {
	if len(c.continued) < mostRecords && !j.accepted {
		c.continued[ends{src, dst}] = struct{}{}
	}
}

// tried reports whether the source is known to have tried the service somewhere like here.
func (c *Checker) tried(src, dst Host, f *flows.Flow, j *Judgement) bool {
	k := c.m.pairs.look(src, Attempted(dst))
	return k.Pair && c.uses(&k, true, f, j)
}

// uses reports whether the map knows that a pair uses the flow's service. attempts tells that the pair
// is one of a source and its attempts.
func (c *Checker) uses(k *Knowledge, attempts bool, f *flows.Flow, j *Judgement) bool {
	switch {
	case c.grants.permits(k, j, attempts):
		return true
	case !c.grants.anyEvident(k):
		return false
	case !IsUnknown(j.Service):
		return c.m.older && k.Uses(c.services.unrecognised(f.Protocol, ServerPort(f)))
	case f.Protocol == protoUDP && k.Uses(anyUnknownUDP):
		return true
	case f.Protocol != protoTCP && f.SrcPort != 0 && (c.often(k, f.Protocol, f.SrcPort) || c.often(k, f.Protocol, f.DstPort)):
		return true
	case c.m.Evidence == nil || c.m.Evidence.Older && !c.hasUse(k): // as maps without ports have it, but for attempts, which always have them
		return !attempts && (f.Application == classify.Unknown || k.Uses(f.Application))
	}
	// Without payload, and from the middle, a service shows by its port alone.
	if j.Attempt || f.Protocol == protoTCP && !f.Certain && c.early(f) {
		return k.UsesAny(func(a string) bool {
			u := c.m.Evidence.of(k, a)
			return u != nil && u.hasPort(ServerPort(f))
		})
	}
	return false
}

func (u *Use) hasPort(port uint16) bool {
	_, ok := slices.BinarySearch(u.Ports, port)
	return ok
}

// hasUse reports whether there is evidence of anything that a pair uses.
func (c *Checker) hasUse(k *Knowledge) bool {
	return k.UsesAny(func(a string) bool { return c.m.Evidence.of(k, a) != nil })
}

// often reports whether training saw a pair use a port at least twice for what was not recognised.
func (c *Checker) often(k *Knowledge, protocol uint8, port uint16) bool {
	name := c.services.unrecognised(protocol, port)
	if c.m.Evidence == nil || !k.Uses(name) {
		return k.Uses(name)
	}
	u, flows := c.m.Evidence.of(k, name), uint32(0)
	if u != nil {
		for i := range u.Counts {
			flows += u.Counts[i].Flows
		}
	}
	return flows >= 2
}

// early reports whether the flow begins within the idle timeout of the input's start.
func (c *Checker) early(f *flows.Flow) bool { return f.First()-c.start <= c.idle }

// answers reports whether the flow is the reply to, or the middle or the end of, what the map knows the
// other way round.
func (c *Checker) answers(src, dst Host, f *flows.Flow, j *Judgement) bool {
	if f.Certain || f.Protocol != protoTCP && !Recognised(f) {
		return false
	}
	_, continues := c.continued[ends{dst, src}]
	if !continues && !c.early(f) {
		return false
	}
	back := c.m.pairs.look(dst, src)
	if !back.Pair {
		return false
	}
	if c.grants.usesAny(&back, func(a string) bool { return a == j.Service }) {
		return true
	}
	if f.Protocol == protoTCP && Recognised(f) { // what is left of a connection shows no name
		m := master(j.Service)
		return c.grants.usesAny(&back, func(a string) bool { return master(a) == m })
	}
	if f.Protocol != protoTCP || c.m.Evidence == nil {
		return false
	}
	return back.UsesAny(func(a string) bool {
		u := c.m.Evidence.of(&back, a)
		return u != nil && u.hasPort(f.SrcPort)
	})
}

// peer finds out whether the source uses a service with a domain or an owner that the map does not know.
func (c *Checker) peer(k *Knowledge, dst Host, f *flows.Flow, j *Judgement) {
	if dst != Remote && master(j.Service) != "DNS" || j.Attempt || !j.named {
		return
	}
	if f.Info.ServerName() == "" && f.Confidence != classify.ByAddress && strings.IndexByte(f.Application, '.') < 0 {
		return // nothing names the other end
	}
	asked := askedName{k.pair, j.number, f.Info.ServerName(), f.Owner}
	seen := &c.asked[(uint(k.pair)*31+uint(j.number)*7+uint(len(asked.name)))%uint(len(c.asked))]
	if *seen == asked {
		return
	}
	u := c.m.Evidence.by(k, j.number)
	if u == nil || u.More || len(u.Peers) == 0 {
		return
	}
	if d := Peer(f); d != "" {
		if _, known := u.peer(d); !known {
			j.NewPeer = !c.grants.meets(j, d, "")
			return
		}
		c.metAgain[u] = struct{}{}
		if c.isForeign(f, dst, d, j) {
			j.Foreign = !c.grants.meets(j, d, f.Owner)
			return
		}
	}
	*seen = asked
}

// Fragmented reports whether one of two hosts sent IP fragments to the other.
func (c *Checker) Fragmented(a, b netip.Addr) bool {
	_, there := c.fragmented[[2]netip.Addr{a, b}]
	_, back := c.fragmented[[2]netip.Addr{b, a}]
	return there || back
}

// MetAgain reports whether one of a use's peers was met in this check.
func (c *Checker) MetAgain(u *Use) bool {
	_, ok := c.metAgain[u]
	return ok
}

// askedName is a name that a pair asked for with a service, both by their numbers. Without a name, the
// service says who owns the address.
type askedName struct {
	pair, service uint32
	name, owner   string
}

// isForeign reports whether a name is met at an address that neither DNS gave for it nor an owner has at
// whom the map knows it.
func (c *Checker) isForeign(f *flows.Flow, dst Host, domain string, j *Judgement) bool {
	if !isOwned(f, dst, j.Service) {
		return false
	}
	owners := c.m.Evidence.Names[domain]
	return len(owners) > 0 && len(owners) < mostListed && !slices.Contains(owners, f.Owner) && Domain(f.Resolved) != domain
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
	if c.grants.has(h) || len(owners) == 0 {
		if key, ok := c.m.resolved.macs[mac]; ok && !c.m.pairs.has(h) {
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

// has reports whether the map has the host at either side.
func (p *Pairs) has(h Host) bool {
	_, ok := p.hosts.find(h)
	return ok
}

// Anomalies counts the flows whose verdict is not None.
func (c *Checker) Anomalies() uint64 { return c.Flows - c.Found[None] }

// Has reports whether the map has the host at either side of a pair.
func (m *Map) Has(h Host) bool { return m.pairs.has(h) }

// Perimeter returns the Perimeter by which the Checker judges.
func (c *Checker) Perimeter() *Perimeter { return c.perimeter }

// Map returns the map by which the Checker judges.
func (c *Checker) Map() *Map { return c.m }

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
