package servmap

import "strings"

// Map is the services map: source, then destination, then what they spoke.
type Map struct {
	// Meta is what the map remembers of its making; nil in a map that was
	// written by hand or by another program.
	Meta  *Meta
	pairs Pairs
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

// master returns the part of a label before the first dot.
func master(application string) string {
	m, _, _ := strings.Cut(application, ".")
	return m
}
