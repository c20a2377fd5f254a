package servmap

import (
	"net/netip"
	"slices"
	"strconv"

	"servmap/classify"
	"servmap/flows"
	"servmap/servmap/identity"
)

// Learner adds flows to a map.
type Learner struct {
	// Flows counts the flows looked at, Unlabelled those among them that are Unknown,
	// and Outside those between two remote hosts.
	Flows, Unlabelled, Outside uint64
	// Beyond counts the flows that were not learned because the map's Limits left
	// no room for their hosts, their pair or their application.
	Beyond uint64
	// Traffic counts what the flows were like.
	Traffic Traffic

	// Clauses are the user's own rules: what they deny is not learned.
	Clauses Clauses

	// Last is the flow learned last, who took part and what its service is.
	Last Case

	m         *Map
	perimeter *Perimeter
	services  services
	hosts     *identity.Tracker
	files     Files
	// events maps a capture and a day of this training to an event.
	events map[fileDay]uint32
	last   lastEvent
	// scattered finds pairs whose unrecognised UDP uses other ports with each flow.
	scattered map[ends]*scatter
	// asked holds who asked for whom by ARP.
	asked map[[2]netip.Addr]struct{}
}

type ends struct{ src, dst Host }

// lastEvent is the event of the flow before, which most flows share.
type lastEvent struct {
	fileDay
	event uint32
	known bool
}

// fileDay is a day of a capture, which is known by its index.
type fileDay struct {
	file uint32
	day  int32
}

// NewLearner returns a Learner that adds to m.
func NewLearner(m *Map, p *Perimeter) *Learner {
	if m.Evidence == nil && !p.original {
		m.Evidence = newEvidence(&m.pairs)
		m.Evidence.Older = m.pairs.pairs.n > 0
	}
	return &Learner{m: m, perimeter: p, hosts: identity.NewTracker(), events: map[fileDay]uint32{}, scattered: map[ends]*scatter{}, asked: map[[2]netip.Addr]struct{}{}}
}

// day is the length of a UTC day in nanoseconds.
const day = 86400 * 1_000_000_000

// DayOf returns the UTC day of a time.
func DayOf(time int64) int32 {
	d := time / day
	if time%day < 0 {
		d--
	}
	return int32(d)
}

// event returns the flow's event. Until Finish names the captures, they have their index.
func (l *Learner) event(f *flows.Flow) uint32 {
	k := fileDay{l.files.Of(f.Number), DayOf(f.First())}
	if k == l.last.fileDay && l.last.known {
		return l.last.event
	}
	n, ok := l.events[k]
	if !ok {
		n = l.m.Evidence.event(Event{fileName(k.file), k.day})
		l.events[k] = n
	}
	l.last = lastEvent{k, n, true}
	return n
}

func fileName(file uint32) string { return "#" + strconv.Itoa(int(file)) }

// Learn adds a flow. It reports whether the flow is one to learn: the perimeter includes it, and no rule of
// the user's own denies it.
func (l *Learner) Learn(f *flows.Flow) bool {
	if !l.perimeter.Includes(f) {
		return false
	}
	src, dst := l.perimeter.Ends(f)
	if l.isDenied(f, src, dst) {
		return false
	}
	l.Flows++
	l.Traffic.add(f)
	if src == Remote && dst == Remote {
		l.Outside++
	}
	unknown := f.Application == classify.Unknown
	if unknown {
		l.Unlabelled++
	}
	service, to := f.Application, dst
	if !l.perimeter.original {
		service = l.services.of(f)
		if IsAttempt(f, dst) {
			to = Attempted(dst)
		}
	} else if unknown {
		return true
	}
	l.Last = Case{Flow: f, Src: src, Dst: dst, Service: service, Attempt: to != dst}
	follow(l.hosts, l.perimeter, f, src, dst)
	n, ok := l.m.pairs.add(src, to, f.Bytes(), service)
	if !ok {
		l.Beyond++
		return true
	}
	if l.m.Evidence != nil {
		l.m.Evidence.learn(f, n, src, to, service, l.event(f))
		if to == dst && f.Protocol == protoUDP && IsUnknown(service) {
			l.scatter(f, src, dst)
		}
	}
	return true
}

// isDenied reports whether a rule of the user's own denies a flow.
func (l *Learner) isDenied(f *flows.Flow, src, dst Host) bool {
	if len(l.Clauses.Deny) == 0 {
		return false
	}
	service := f.Application
	if !l.perimeter.original {
		service = l.services.of(f)
	}
	return l.Clauses.denies(&Case{Flow: f, Src: src, Dst: dst, Service: service}) != nil
}

// See takes what a packet told of hosts.
func (l *Learner) See(s *flows.Sighting) {
	switch s.Kind {
	case flows.From:
		l.files.Add(s)
	case flows.Outer:
		if e := l.m.Evidence; e != nil {
			o := Outer{s.Tunnel.String(), l.perimeter.Host(s.Addr, false), l.perimeter.Host(s.Peer, false)}
			if !slices.Contains(e.Tunnels, o) && len(e.Tunnels) < mostRecords {
				e.Tunnels = append(e.Tunnels, o)
			}
		}
	case flows.Frame:
		if e := l.m.Evidence; e != nil && !l.perimeter.ignoreNonIP {
			t := Talker{s.MAC, s.EtherType}
			if !slices.Contains(e.Talkers, t) && len(e.Talkers) < mostRecords {
				e.Talkers = append(e.Talkers, t)
			}
		}
	case flows.Ask:
		if e := l.m.Evidence; e != nil && len(l.asked) < mostRecords {
			k := [2]netip.Addr{s.Addr, s.Peer}
			l.asked[k] = struct{}{}
		}
	default:
		l.hosts.See(s)
	}
}

// mostRecords bounds the lists of tunnels and of hosts that speak no IP.
const mostRecords = 1 << 14

// Finish ends the training: the captures are known now, in the order of the input.
func (l *Learner) Finish(captures []Capture) {
	e := l.m.Evidence
	if e == nil {
		return
	}
	for k, n := range l.events {
		if int(k.file) < len(captures) {
			e.Events[n].Capture = captures[k.file].ID()
		}
	}
	e.unite()
	e.hosts(l.hosts)
	for k := range l.asked {
		if r := e.Hosts[k[0]]; r != nil {
			r.Asked = insertAddr(r.Asked, k[1])
		}
	}
	for k, s := range l.scattered {
		if s.ports[0] != nil {
			continue
		}
		if n, ok := l.m.pairs.add(k.src, k.dst, 0, anyUnknownUDP); ok {
			e.needUse(n, k.src, k.dst, anyUnknownUDP)
		}
	}
}

// scatter is what is known of a pair's unrecognised UDP: the ports of each side, until there are
// enough of both; then nil.
type scatter struct {
	flows int
	ports [2]map[uint16]struct{}
}

// leastScattered is how many flows, and ports on both sides, show that ports mean nothing.
const leastScattered = 8

// scatter notes the ports of an unrecognised UDP flow.
func (l *Learner) scatter(f *flows.Flow, src, dst Host) {
	if dst == Remote || src == Remote {
		return
	}
	k := ends{src, dst}
	s := l.scattered[k]
	if s == nil {
		if len(l.scattered) == mostRecords {
			return
		}
		s = &scatter{ports: [2]map[uint16]struct{}{{}, {}}}
		l.scattered[k] = s
	}
	if s.ports[0] == nil {
		return
	}
	s.flows++
	for i, port := range [...]uint16{f.SrcPort, f.DstPort} {
		if len(s.ports[i]) < leastScattered {
			s.ports[i][port] = struct{}{}
		}
	}
	if s.flows >= leastScattered && len(s.ports[0]) == leastScattered && len(s.ports[1]) == leastScattered {
		s.ports[0] = nil
	}
}

// Files tells which capture a packet came from.
type Files struct{ runs []run }

// run is a run of packets of one capture.
type run struct {
	number uint64
	file   uint32
}

// mostRuns is how many runs are kept. Captures that take turns more often than that count for the one
// whose turn was last.
const mostRuns = 1 << 16

// Add takes a sighting of kind From.
func (f *Files) Add(s *flows.Sighting) {
	if len(f.runs) < mostRuns {
		f.runs = append(f.runs, run{s.Number, s.File})
	}
}

// Of returns the index of the capture of a packet.
func (f *Files) Of(number uint64) uint32 {
	at, ok := slices.BinarySearchFunc(f.runs, number, func(r run, n uint64) int {
		switch {
		case r.number < n:
			return -1
		case r.number > n:
			return 1
		}
		return 0
	})
	if !ok {
		at--
	}
	if at < 0 {
		return 0
	}
	return f.runs[at].file
}

// follow tells a tracker which MACs sent from the ends of a flow.
func follow(t *identity.Tracker, p *Perimeter, f *flows.Flow, src, dst Host) {
	if !f.HasMAC || p.byAddress {
		return
	}
	for _, side := range [...]struct {
		h   Host
		mac [6]byte
		d   *flows.Direction
	}{{src, f.SrcMAC, &f.Src2Dst}, {dst, f.DstMAC, &f.Dst2Src}} {
		switch {
		case side.d.Packets == 0:
		case side.h == Remote:
			t.Outside(side.mac)
		case side.h.IsAddress():
			t.Sent(side.mac, side.h.addr, side.d.First, side.d.Last)
		}
	}
}
