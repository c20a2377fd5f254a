package findings

import (
	"cmp"
	"slices"

	"servmap/flows"
	"servmap/servmap"
)

// Recording keeps what a training saw, so that parts of it can be left out.
type Recording struct {
	// Limit is how many flows are kept; Full tells that there were more.
	Limit int
	Full  bool

	flows     []flows.Flow
	sightings []flows.Sighting
	before    []int // index of the flow that each sighting came before
}

// Flow keeps a flow.
func (r *Recording) Flow(f *flows.Flow) {
	if len(r.flows) == r.Limit {
		r.Full = true
		r.flows, r.sightings, r.before = nil, nil, nil
		r.Limit = 0
		return
	}
	if !r.Full {
		r.flows = append(r.flows, *f)
	}
}

// See keeps a sighting.
func (r *Recording) See(s *flows.Sighting) {
	if len(r.sightings) == r.Limit {
		r.Full = r.Full || r.Limit > 0
		r.flows, r.sightings, r.before, r.Limit = nil, nil, nil, 0
		return
	}
	if !r.Full {
		r.sightings = append(r.sightings, *s)
		r.before = append(r.before, len(r.flows))
	}
}

// Prediction is what a check of traffic like that of the training would bring.
type Prediction struct {
	// Captures is how many captures and days there were.
	Captures int `json:"captures"`
	// PerCapture counts findings by level, for one of them.
	PerCapture map[string]float64 `json:"findings_per_capture"`
	// Hosts are those that the training saw too seldom to say what they do not do.
	Hosts []Uncovered `json:"hosts"`
}

// Uncovered is a host that training saw seldom.
type Uncovered struct {
	Host   string `json:"host"`
	Flows  uint64 `json:"flows"`
	Events int    `json:"events"`
}

// mostParts is how many parts are left out, one after the other.
const mostParts = 10

// slices of time that a single capture has.
const timeSlices = 4

// Predict leaves out a part of the training at a time, a capture or a day or, where there is one of them
// alone, a slice of time, and checks it against a map of the rest. m is the map of all.
func (r *Recording) Predict(m *servmap.Map, s servmap.Settings, captures []servmap.Capture) Prediction {
	parts, events := r.parts()
	p := Prediction{Captures: events, PerCapture: map[string]float64{}, Hosts: uncovered(m)}
	for _, name := range levelNames {
		p.PerCapture[name] = 0
	}
	many := 0
	for _, part := range parts {
		many = max(many, part+1)
	}
	for part := range many {
		for _, f := range r.without(part, parts, s, captures) {
			p.PerCapture[f.Level]++
		}
	}
	for name := range p.PerCapture {
		p.PerCapture[name] /= float64(max(events, 1))
	}
	return p
}

// parts returns the part of each flow, and how many captures and days there are.
func (r *Recording) parts() (parts []int, events int) {
	var files servmap.Files
	for i := range r.sightings {
		if r.sightings[i].Kind == flows.From {
			files.Add(&r.sightings[i])
		}
	}
	type event struct {
		file uint32
		day  int32
	}
	number := map[event]int{}
	parts = make([]int, len(r.flows))
	for i := range r.flows {
		e := event{files.Of(r.flows[i].Number), servmap.DayOf(r.flows[i].First())}
		n, ok := number[e]
		if !ok {
			n = len(number)
			number[e] = n
		}
		parts[i] = n
	}
	if len(number) > 1 {
		for i := range parts {
			parts[i] %= mostParts
		}
		return parts, len(number)
	}
	order := make([]int, len(r.flows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(r.flows[a].First(), r.flows[b].First()) })
	for n, i := range order {
		parts[i] = n * timeSlices / len(order)
	}
	return parts, 1
}

// without checks a part against a map of the rest.
func (r *Recording) without(part int, parts []int, s servmap.Settings, captures []servmap.Capture) []*Finding {
	m := servmap.NewMap(s)
	perimeter := servmap.NewPerimeter(s)
	l := servmap.NewLearner(m, perimeter)
	r.feed(func(p int) bool { return p != part }, parts, l.See, func(f *flows.Flow) { l.Learn(f) })
	l.Finish(captures)
	checker := servmap.NewChecker(m, perimeter)
	c := NewCollector(checker, s.IgnoreUnknown)
	var j servmap.Judgement
	r.feed(func(p int) bool { return p == part }, parts, checker.See, func(f *flows.Flow) {
		if checker.Check(f, &j) {
			c.Add(&j)
		}
	})
	return c.Finish(nil)
}

// feed hands out the flows of the wanted parts, and the sightings before each. Those behind the last flow
// belong to it.
func (r *Recording) feed(wanted func(part int) bool, parts []int, see func(*flows.Sighting), flow func(*flows.Flow)) {
	next := 0
	for i := range r.flows {
		in := wanted(parts[i])
		for ; next < len(r.sightings) && (r.before[next] <= i || i == len(r.flows)-1); next++ {
			if s := &r.sightings[next]; in || s.Kind == flows.From {
				see(s)
			}
		}
		if in {
			flow(&r.flows[i])
		}
	}
}

// uncovered lists the hosts of a map that training saw too seldom.
func uncovered(m *servmap.Map) []Uncovered {
	out := []Uncovered{}
	if m.Evidence == nil {
		return out
	}
	x := expectation{evidence: m.Evidence}
	for a, h := range m.Evidence.Hosts {
		if !x.wellKnown(servmap.AddrHost(a)) {
			out = append(out, Uncovered{a.String(), h.Flows(), len(h.Seen)})
		}
	}
	slices.SortFunc(out, func(a, b Uncovered) int {
		return servmap.HostNamed(a.Host).Compare(servmap.HostNamed(b.Host))
	})
	return out[:min(len(out), mostListed)]
}
