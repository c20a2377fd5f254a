package servmap

import (
	"slices"
	"strings"
)

// Pair is what the map knows of a source and a destination.
type Pair struct {
	// Bytes is what both sent to each other, link headers included.
	Bytes uint64
	// Applications are what they spoke, in the order first seen.
	Applications []string
	// index holds the Applications where they are many.
	index map[string]struct{}
}

// fewApplications is up to how many a search one by one is quicker than an
// index.
const fewApplications = 8

// Knows reports whether the pair spoke the application.
func (p *Pair) Knows(application string) bool {
	if len(p.Applications) <= fewApplications {
		return slices.Contains(p.Applications, application)
	}
	if len(p.index) != len(p.Applications) {
		p.index = make(map[string]struct{}, 2*len(p.Applications))
		for _, a := range p.Applications {
			p.index[a] = struct{}{}
		}
	}
	_, ok := p.index[application]
	return ok
}

// Learn adds an application, if it is not known.
func (p *Pair) Learn(application string) {
	if p.Knows(application) {
		return
	}
	p.Applications = append(p.Applications, application)
	if p.index != nil {
		p.index[application] = struct{}{}
	}
}

// Map is the services map: source, then destination, then what they spoke.
type Map struct {
	// Meta is what the map remembers of its making; nil in a map that was
	// written by hand or by another program.
	Meta  *Meta
	hosts map[Host]map[Host]*Pair
}

// NewMap returns an empty map that was made with the settings.
func NewMap(s Settings) *Map {
	return &Map{Meta: &Meta{Format: FormatVersion, Settings: s.Normal()}, hosts: map[Host]map[Host]*Pair{}}
}

// Destinations returns what the map knows of a source: nil where src is none.
func (m *Map) Destinations(src Host) map[Host]*Pair { return m.hosts[src] }

// Pair returns what the map knows of src and dst, made where there is none.
func (m *Map) pair(src, dst Host) *Pair {
	dsts := m.hosts[src]
	if dsts == nil {
		dsts = map[Host]*Pair{}
		m.hosts[src] = dsts
	}
	p := dsts[dst]
	if p == nil {
		p = &Pair{}
		dsts[dst] = p
	}
	return p
}

// Size counts the hosts on either side, the pairs, and the different
// applications.
func (m *Map) Size() (hosts, pairs, applications int) {
	allHosts, allApps := map[Host]struct{}{}, map[string]struct{}{}
	for src, dsts := range m.hosts {
		allHosts[src] = struct{}{}
		for dst, p := range dsts {
			allHosts[dst] = struct{}{}
			pairs++
			for _, a := range p.Applications {
				allApps[a] = struct{}{}
			}
		}
	}
	return len(allHosts), pairs, len(allApps)
}

// master returns the part of a label before the first dot.
func master(application string) string {
	m, _, _ := strings.Cut(application, ".")
	return m
}
