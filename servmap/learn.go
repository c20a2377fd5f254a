package servmap

import (
	"servmap/classify"
	"servmap/flows"
)

// Learner adds flows to a map.
type Learner struct {
	// Flows counts the flows looked at, Unlabelled those among them that are Unknown and
	// so not learned, Outside those between two remote hosts, and Packets their packets.
	Flows, Unlabelled, Outside, Packets uint64
	// Beyond counts the flows that were not learned because the map's Limits left
	// no room for their hosts, their pair or their application.
	Beyond uint64

	m      *Map
	folder *Folder
}

// NewLearner returns a Learner that adds to m.
func NewLearner(m *Map, f *Folder) *Learner { return &Learner{m: m, folder: f} }

// Learn adds a flow. It reports whether the flow concerns the devices at all.
func (l *Learner) Learn(fl *flows.Flow) bool {
	if !l.folder.Concerns(fl) {
		return false
	}
	l.Flows++
	l.Packets += fl.Packets()
	src, dst := l.folder.Ends(fl)
	if src == Remote && dst == Remote {
		l.Outside++
	}
	if fl.Application == classify.Unknown {
		l.Unlabelled++
		return true
	}
	if !l.m.pairs.Add(src, dst, fl.Bytes(), fl.Application) {
		l.Beyond++
	}
	return true
}
