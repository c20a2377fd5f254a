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

	readings []reading
	kept     int // flows and sightings
}

// reading is what was read as one: each capture by itself, or all of them.
type reading struct {
	flows     []flows.Flow
	sightings []flows.Sighting
	before    []int // index of the flow that each sighting came before
	captures  []servmap.Capture
	// parts and seenIn hold the part of each flow and of each sighting, once those are known.
	parts, seenIn []int
}

// Start begins what is learned by itself.
func (r *Recording) Start() {
	r.readings = append(r.readings, reading{})
}

// last returns where to keep one more, or nil where that would be too many.
func (r *Recording) last() *reading {
	if r.Limit == 0 || r.Full {
		return nil
	}
	if r.kept == r.Limit {
		r.Full, r.readings = true, nil
		return nil
	}
	r.kept++
	return &r.readings[len(r.readings)-1]
}

// Flow keeps a flow.
func (r *Recording) Flow(f *flows.Flow) {
	if l := r.last(); l != nil {
		l.flows = append(l.flows, *f)
	}
}

// See keeps a sighting.
func (r *Recording) See(s *flows.Sighting) {
	if l := r.last(); l != nil {
		l.sightings = append(l.sightings, *s)
		l.before = append(l.before, len(l.flows))
	}
}

// Finish tells which captures were read since the start.
func (r *Recording) Finish(captures []servmap.Capture) {
	if !r.Full && len(r.readings) > 0 {
		r.readings[len(r.readings)-1].captures = captures
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
func (r *Recording) Predict(m *servmap.Map, s servmap.Settings) (Prediction, error) {
	events := r.divide()
	p := Prediction{Captures: events, PerCapture: map[string]float64{}, Hosts: uncovered(m)}
	for _, name := range levelNames {
		p.PerCapture[name] = 0
	}
	many := 0
	for i := range r.readings {
		for _, part := range r.readings[i].parts {
			many = max(many, part+1)
		}
	}
	for part := range many {
		found, err := r.without(part, s)
		if err != nil {
			return p, err
		}
		for _, f := range found {
			p.PerCapture[f.Level]++
		}
	}
	for name := range p.PerCapture {
		p.PerCapture[name] /= float64(max(events, 1))
	}
	return p, nil
}

// divide gives each flow and each sighting a part, and returns how many captures and days there are.
func (r *Recording) divide() (events int) {
	type event struct {
		reading int
		file    uint32
		day     int32
	}
	number := map[event]int{}
	for n := range r.readings {
		l := &r.readings[n]
		var files servmap.Files
		for i := range l.sightings {
			if l.sightings[i].Kind == flows.From {
				files.Add(&l.sightings[i])
			}
		}
		l.parts, l.seenIn = make([]int, len(l.flows)), make([]int, len(l.sightings))
		of := func(file uint32, time int64) int {
			e := event{n, file, servmap.DayOf(time)}
			if _, ok := number[e]; !ok {
				number[e] = len(number)
			}
			return number[e] % mostParts
		}
		for i := range l.flows {
			l.parts[i] = of(files.Of(l.flows[i].Number), l.flows[i].First())
		}
		events = len(number)
		file := uint32(0)
		for i := range l.sightings {
			if l.sightings[i].Kind == flows.From {
				file = l.sightings[i].File
			}
			l.seenIn[i] = of(file, l.sightings[i].Time)
		}
	}
	if events == 1 {
		for n := range r.readings {
			r.readings[n].divideByTime()
		}
	}
	return events
}

// divideByTime makes slices of the same number of flows.
func (l *reading) divideByTime() {
	order := make([]int, len(l.flows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(l.flows[a].First(), l.flows[b].First()) })
	var starts []int64 // of each slice
	for n, i := range order {
		l.parts[i] = n * timeSlices / len(order)
		for len(starts) <= l.parts[i] {
			starts = append(starts, l.flows[i].First())
		}
	}
	for i := range l.sightings {
		l.seenIn[i] = 0
		for part, start := range starts {
			if l.sightings[i].Time >= start {
				l.seenIn[i] = part
			}
		}
	}
}

// without checks a part against a map of the rest.
func (r *Recording) without(part int, s servmap.Settings) ([]*Finding, error) {
	m := servmap.NewMap(s)
	perimeter := servmap.NewPerimeter(s)
	for i := range r.readings {
		one := servmap.NewMap(s)
		l := servmap.NewLearner(one, perimeter)
		r.readings[i].feed(func(p int) bool { return p != part }, l.See, func(f *flows.Flow) { l.Learn(f) })
		l.Finish(r.readings[i].captures)
		if len(r.readings) == 1 {
			m = one
		} else if err := m.Unite(one); err != nil {
			return nil, err
		}
	}
	var found []*Finding
	for i := range r.readings {
		if !slices.Contains(r.readings[i].parts, part) {
			continue
		}
		checker := servmap.NewChecker(m, perimeter)
		c := NewCollector(checker, s.IgnoreUnknown)
		var j servmap.Judgement
		r.readings[i].feed(func(p int) bool { return p == part }, checker.See, func(f *flows.Flow) {
			if checker.Check(f, &j) {
				c.Add(&j)
			}
		})
		found = append(found, c.Finish(nil)...)
	}
	return found, nil
}

// feed hands out what is of the wanted parts, in the order in which it came. It always tells where captures begin.
func (l *reading) feed(wanted func(part int) bool, see func(*flows.Sighting), flow func(*flows.Flow)) {
	next := 0
	sightings := func(flow int) {
		for ; next < len(l.sightings) && l.before[next] <= flow; next++ {
			if s := &l.sightings[next]; s.Kind == flows.From || wanted(l.seenIn[next]) {
				see(s)
			}
		}
	}
	for i := range l.flows {
		sightings(i)
		if wanted(l.parts[i]) {
			flow(&l.flows[i])
		}
	}
	sightings(len(l.flows))
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
