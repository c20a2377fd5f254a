package servmap

import (
	"maps"
	"strings"
)

// Map is the services map: source, then destination, then what they spoke.
type Map struct {
	// Meta is what the map remembers of its making; nil in a map that was
	// written by hand or by another program.
	Meta *Meta
	// Evidence is what the map knows of the services and hosts that it permits; nil in a map that
	// was not trained by this program, or the original's way.
	Evidence *Evidence
	pairs    Pairs
	// older is set where the map was made with another vocabulary of labels: what has a label now may
	// have had none then.
	older bool
	// resolved tells of the keys that were names.
	resolved resolved
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

// Speak tells the map the vocabulary of labels of this run. A map that is new records it.
func (m *Map) Speak(vocabulary string) {
	if m.Meta == nil {
		return
	}
	m.older = m.Meta.Vocabulary != "" && m.Meta.Vocabulary != vocabulary
	if m.Meta.Vocabulary == "" && len(m.Meta.Captures) == 0 {
		m.Meta.Vocabulary = vocabulary
	}
}

// Pairs returns what the map permits.
func (m *Map) Pairs() *Pairs { return &m.pairs }

// master returns the part of a label before the first dot.
func master(application string) string {
	m, _, _ := strings.Cut(application, ".")
	return m
}

// Without takes out of the map what leaves tells, with its evidence, and pairs and sources of which
// nothing stays. A pair's bytes become less by those of the services that leave.
func (m *Map) Without(leaves func(src, dst Host, service string) bool) {
	old := m.pairs
	kept := Pairs{Limits: old.Limits}
	var stay []string
	for s := range old.Sources() {
		gone := false
		for p := range old.Pairs(s) {
			stay = stay[:0]
			bytes := p.Bytes
			for _, service := range p.Applications {
				if !leaves(s.Host, p.Dst, service) {
					stay = append(stay, service)
					continue
				}
				gone = true
				bytes -= min(bytes, m.Evidence.Use(s.Host, p.Dst, service).bytes())
			}
			if len(stay) > 0 || len(p.Applications) == 0 {
				kept.AddPair(s.Host, p.Dst, bytes, stay)
			}
		}
		if !gone {
			kept.AddSource(s.Host)
		}
	}
	m.pairs = kept
	m.keepAccepted()
	e := m.Evidence
	if e == nil {
		return
	}
	e.uses, e.records = map[uint64]*Use{}, nil
	e.Hosts = maps.Clone(e.Hosts)
	m.keepKnown()
}
