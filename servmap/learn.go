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
	p := l.m.pair(src, dst)
	p.Bytes += fl.Bytes()
	p.Learn(fl.Application)
	return true
}
