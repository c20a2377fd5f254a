package findings

import (
	"net/netip"
	"slices"

	"servmap/servmap"
)

// Where a service was used.
type direction uint8

const (
	inside  direction = iota // between local hosts, or to a group
	out                      // from a local host to one outside
	in                       // from outside
	outside                  // between two outside
)

func directionOf(src, dst servmap.Host) direction {
	switch {
	case src == servmap.Remote && dst == servmap.Remote:
		return outside
	case src == servmap.Remote:
		return in
	case dst == servmap.Remote:
		return out
	}
	return inside
}

// way is a family of services in a direction.
type way struct {
	family string
	direction
}

// at is a family of services at a host.
type at struct {
	host   servmap.Host
	family string
}

// inNetwork is a family of services in a direction, as the hosts of a network use it.
type inNetwork struct {
	network netip.Prefix
	way
}

// population counts in which events each member took part.
type population struct {
	members map[servmap.Host]map[uint32]struct{}
}

func (p *population) add(member servmap.Host, counts []servmap.Count) {
	events := p.members[member]
	if events == nil {
		events = map[uint32]struct{}{}
		p.members[member] = events
	}
	for _, c := range counts {
		events[c.Event] = struct{}{}
	}
}

func (p *population) addEvents(member servmap.Host, list []uint32) {
	events := p.members[member]
	if events == nil {
		events = map[uint32]struct{}{}
		p.members[member] = events
	}
	for _, e := range list {
		events[e] = struct{}{}
	}
}

// Bounds of routine and of a closed population.
const (
	routineMembers = 8
	routineEvents  = 8
	fewDays        = 3
	routineShare   = 0.05
	closedEvents   = 8
	closedShare    = 0.01
	strewnShare    = 0.5
	estrangedShare = 0.25
)

// figures returns how many members there are, how many events of members, on how many days or captures,
// and the share of the events that were their member's only one (Good and Turing's estimate of how
// likely the next event brings a new member).
func (p *population) figures() (members, events, days int, share float64) {
	all, once := map[uint32]struct{}{}, 0
	for _, m := range p.members {
		if len(m) == 0 {
			continue // written by hand
		}
		members++
		events += len(m)
		if len(m) == 1 {
			once++
		}
		for e := range m {
			all[e] = struct{}{}
		}
	}
	if events > 0 {
		share = float64(once) / float64(events)
	}
	return members, events, len(all), share
}

// routine reports whether a new member is nothing special.
func (p *population) routine() bool {
	if p == nil {
		return false
	}
	members, events, days, share := p.figures()
	return members >= routineMembers && events >= routineEvents && days >= fewDays && share >= routineShare
}

// expectation is what a map makes one expect.
type expectation struct {
	evidence *servmap.Evidence
	hosts    map[servmap.Host]struct{}
	ways     map[way]struct{}         // that anybody used
	clients  map[at]*population       // of a family at a host
	anywhere map[string]*population   // clients of a family at any local host
	abroad   map[string]*population   // users of a family outside
	grave    map[string]*population   // users of a service outside
	servers  map[at]struct{}          // hosts that had clients of a service, by family
	services map[at]struct{}          // the same, by the service itself
	used     map[at]map[direction]int // how a host used a family
	ports    map[at]struct{}          // unrecognised services of a host
	left     map[servmap.Host]struct{}
	network  map[netip.Prefix]int // hosts of a network
	habits   map[inNetwork]map[servmap.Host]struct{}
	answered map[inNetwork]map[servmap.Host]struct{}
	domains  map[servmap.Host]*population
	askers   map[servmap.Host][]*servmap.Use // those with domains
	resolver map[servmap.Host]struct{}
	// strewn counts the ports of unrecognised UDP between two hosts.
	strewn map[[2]servmap.Host]*population
}

// newExpectation puts together what a map says: what was accepted or written by hand makes nothing routine.
func newExpectation(m *servmap.Map, c *servmap.Checker) *expectation {
	x := &expectation{
		evidence: m.Evidence,
		ways:     map[way]struct{}{}, clients: map[at]*population{}, anywhere: map[string]*population{}, abroad: map[string]*population{}, grave: map[string]*population{},
		servers: map[at]struct{}{}, services: map[at]struct{}{}, used: map[at]map[direction]int{}, ports: map[at]struct{}{}, left: map[servmap.Host]struct{}{},
		network: map[netip.Prefix]int{},
		habits:  map[inNetwork]map[servmap.Host]struct{}{}, answered: map[inNetwork]map[servmap.Host]struct{}{},
		domains: map[servmap.Host]*population{}, askers: map[servmap.Host][]*servmap.Use{}, resolver: map[servmap.Host]struct{}{}, strewn: map[[2]servmap.Host]*population{},
	}
	x.hosts = map[servmap.Host]struct{}{}
	for s := range m.Pairs().Sources() {
		for p := range m.Pairs().Pairs(s) {
			some := false
			for _, service := range p.Applications {
				if !c.Evident(p, service) {
					continue
				}
				some = true
				if servmap.IsAttempts(p.Dst) {
					x.ports[at{s.Host, service}] = struct{}{}
					continue
				}
				x.add(s.Host, p.Dst, service)
			}
			if !some {
				continue
			}
			for _, h := range [...]servmap.Host{s.Host, p.Dst} {
				if h.IsAddress() {
					x.hosts[h] = struct{}{}
				}
			}
		}
	}
	for h := range x.hosts {
		x.network[h.Network()]++
	}
	if m.Evidence != nil {
		for _, u := range m.Evidence.Uses {
			x.addUse(u)
		}
	}
	return x
}

func put[K comparable](sets map[K]map[servmap.Host]struct{}, k K, h servmap.Host) {
	if sets[k] == nil {
		sets[k] = map[servmap.Host]struct{}{}
	}
	sets[k][h] = struct{}{}
}

// add adds what the map permits.
func (x *expectation) add(src, dst servmap.Host, service string) {
	family, d := servmap.Family(service), directionOf(src, dst)
	x.ways[way{family, d}] = struct{}{}
	x.servers[at{dst, family}] = struct{}{}
	x.services[at{dst, service}] = struct{}{}
	if x.used[at{src, family}] == nil {
		x.used[at{src, family}] = map[direction]int{}
	}
	x.used[at{src, family}][d]++
	if servmap.IsUnknown(service) {
		x.ports[at{src, service}] = struct{}{}
		x.ports[at{dst, service}] = struct{}{}
	}
	if d == out {
		x.left[src] = struct{}{}
	}
	if src.IsAddress() {
		put(x.habits, inNetwork{src.Network(), way{family, d}}, src)
	}
	if family == "DNS" && dst != servmap.Multicast && dst != servmap.Broadcast {
		x.resolver[dst] = struct{}{}
	}
}

// addUse adds what was learned of a use.
func (x *expectation) addUse(u *servmap.Use) {
	pair := [2]servmap.Host{u.Src, u.Dst}
	if servmap.IsAttempts(u.Dst) {
		return
	}
	family, d := servmap.Family(u.Service), directionOf(u.Src, u.Dst)
	if servmap.IsUnknownUDP(u.Service) {
		populationOf(x.strewn, pair).add(servmap.HostNamed(u.Service), u.Counts)
	}
	if (d == out || family == "DNS") && len(u.Peers) > 0 {
		x.askers[u.Src] = append(x.askers[u.Src], u)
		for i := range u.Peers {
			populationOf(x.domains, u.Src).addEvents(servmap.HostNamed(u.Peers[i].Name), u.Peers[i].Events)
		}
	}
	populationOf(x.clients, at{u.Dst, family}).add(u.Src, u.Counts)
	switch d {
	case inside:
		populationOf(x.anywhere, family).add(u.Src, u.Counts)
		if u.Answered && u.Dst.IsAddress() {
			put(x.answered, inNetwork{u.Dst.Network(), way{family, inside}}, u.Dst)
		}
	case out:
		populationOf(x.abroad, family).add(u.Src, u.Counts)
		populationOf(x.grave, u.Service).add(u.Src, u.Counts)
	}
}

func populationOf[K comparable](sets map[K]*population, k K) *population {
	p := sets[k]
	if p == nil {
		p = &population{members: map[servmap.Host]map[uint32]struct{}{}}
		sets[k] = p
	}
	return p
}

// Bounds of what is well known, and of most neighbours.
const (
	wellKnownFlows  = 5
	wellKnownEvents = 2
	mostNeighbours  = 5
)

// wellKnown reports whether the training saw a host often enough to say what it does not do.
func (x *expectation) wellKnown(h servmap.Host) bool {
	r := x.evidence.Record(h)
	return r != nil && r.Flows() >= wellKnownFlows && len(r.Seen) >= wellKnownEvents
}

// knows reports whether training saw a host.
func (x *expectation) knows(h servmap.Host) bool { _, ok := x.hosts[h]; return ok }

// habit reports whether most hosts of a network do something.
func (x *expectation) habit(h servmap.Host, w way) bool {
	n := len(x.habits[inNetwork{h.Network(), w}])
	return n >= mostNeighbours && 4*n >= x.network[h.Network()]
}

// asked reports whether training saw a host with a domain or an owner of addresses outside.
func (x *expectation) asked(h servmap.Host, domain string) bool {
	p := x.domains[h]
	if p == nil {
		return false
	}
	_, ok := p.members[servmap.HostNamed(domain)]
	return ok
}

// estranged reports whether a host that went to the same few names day by day went to none of them in this
// check.
func (x *expectation) estranged(h servmap.Host, met func(*servmap.Use) bool) bool {
	p := x.domains[h]
	if p == nil || len(p.members) >= routineMembers {
		return false
	}
	if _, _, _, share := p.figures(); share > estrangedShare {
		return false
	}
	often := false
	for _, events := range p.members {
		often = often || len(events) >= fewDays
	}
	return often && !slices.ContainsFunc(x.askers[h], met)
}

// strews reports whether two hosts use other ports of UDP again and again.
func (x *expectation) strews(src, dst servmap.Host) bool {
	p := x.strewn[[2]servmap.Host{src, dst}]
	if p == nil {
		return false
	}
	members, events, days, share := p.figures()
	return members >= fewDays && events >= fewDays && days >= fewDays && share >= strewnShare
}

// closed reports whether the domains that a host asks for are a closed population.
func (x *expectation) closed(h servmap.Host) bool {
	p := x.domains[h]
	if p == nil {
		return false
	}
	_, events, days, share := p.figures()
	return events >= closedEvents && days >= fewDays && share < closedShare
}

// largest returns the most bytes that a source sent with a service in one event of the training.
func largest(e *servmap.Evidence, src, dst servmap.Host, service string) uint64 {
	u := e.Use(src, dst, service)
	if u == nil {
		return 0
	}
	most := uint64(0)
	for _, c := range u.Counts {
		most = max(most, c.Out)
	}
	return most
}
