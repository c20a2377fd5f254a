package servmap

import (
	"servmap/classify"
	"servmap/flows"
)

// Learner adds flows to a map.
type Learner struct {
	// Flows counts the flows looked at, Unlabelled those among them that are Unknown and
	// so not learned, and Outside those between two remote hosts.
	Flows, Unlabelled, Outside uint64
	// Beyond counts the flows that were not learned because the map's Limits left
	// no room for their hosts, their pair or their application.
	Beyond uint64

	m         *Map
	perimeter *Perimeter
}

// NewLearner returns a Learner that adds to m.
func NewLearner(m *Map, p *Perimeter) *Learner { return &Learner{m: m, perimeter: p} }

// Learn adds a flow. It reports whether the perimeter includes the flow at all.
func (l *Learner) Learn(f *flows.Flow) bool {
	if !l.perimeter.Includes(f) {
		return false
	}
	l.Flows++
	src, dst := l.perimeter.Ends(f)
	if src == Remote && dst == Remote {
		l.Outside++
	}
	if f.Application == classify.Unknown {
		l.Unlabelled++
		return true
	}
	if !l.m.pairs.Add(src, dst, f.Bytes(), f.Application) {
		l.Beyond++
	}
	return true
}
