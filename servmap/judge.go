package servmap

import (
	"net/netip"
	"slices"

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
	first := &Checker{m: m, grants: newGrants(m), perimeter: p, owners: map[identity.MAC][]netip.Addr{}, shared: map[identity.MAC]struct{}{}}
	c := first.Again()
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

// Again returns a Checker of another input by the same map. Checkers share what the map says, which must not
// change; they may run at the same time.
func (c *Checker) Again() *Checker {
	return &Checker{
		m: c.m, grants: c.grants, perimeter: c.perimeter, owners: c.owners, shared: c.shared, idle: int64(c.perimeter.idle), Hosts: identity.NewTracker(),
		continued: map[ends]struct{}{}, Asks: map[netip.Addr]map[netip.Addr]struct{}{}, metAgain: map[*Use]struct{}{}, fragmented: map[[2]netip.Addr]struct{}{},
	}
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
	if f.HasMAC && !c.perimeter.byAddress && len(c.owners)+len(c.m.resolved.macs)+len(c.grants.owners) > 0 {
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
