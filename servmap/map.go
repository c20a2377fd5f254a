package servmap

import "strings"

// Map is the services map: source, then destination, then what they spoke.
type Map struct {
	// Meta is what the map remembers of its making; nil in a map that was
	// written by hand or by another program.
	Meta *Meta
	// Evidence is what the map knows of the services and hosts that it permits; nil in a map that
	// was not trained by this program, or the original's way.
	Evidence *Evidence
	pairs    Pairs
}

// NewMap returns an empty map that was made with the settings.
func NewMap(s Settings) *Map {
	return &Map{Meta: &Meta{Format: FormatVersion, Settings: s.Normal()}}
}

// Limit bounds what the map learns from now on; what it holds already counts.
// Without it a map has no limits.
func (m *Map) Limit(l *Limits) {
	hosts, pairs, _ := m.Size()
	l.Hosts -= hosts
	l.Pairs -= pairs
	m.pairs.Limits = l
}

// Size counts the hosts on either side, the pairs, and the different
// applications.
func (m *Map) Size() (hosts, pairs, applications int) { return m.pairs.Size() }

// Pairs returns what the map permits.
func (m *Map) Pairs() *Pairs { return &m.pairs }

// master returns the part of a label before the first dot.
func master(application string) string {
	m, _, _ := strings.Cut(application, ".")
	return m
}
