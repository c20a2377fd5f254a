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
	// older is set where the map was made with another vocabulary of labels: what has a label now may
	// have had none then.
	older bool
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

// Without takes out of the map what leaves tells, with its evidence. A pair's bytes become those of the
// services that stay.
func (m *Map) Without(leaves func(src, dst Host, service string) bool) {
	old, evidence := m.pairs, m.Evidence
	m.pairs = Pairs{Limits: old.Limits}
	if evidence != nil {
		evidence.pairs, evidence.uses, evidence.records = &m.pairs, map[uint64]*Use{}, nil
	}
	var kept []*Use
	for s := range old.Sources() {
		for p := range old.Pairs(s) {
			var stay []string
			var bytes uint64
			for _, service := range p.Applications {
				if leaves(s.Host, p.Dst, service) {
					continue
				}
				stay = append(stay, service)
			}
			if len(stay) == 0 {
				continue
			}
			if bytes = p.Bytes; len(stay) < len(p.Applications) && evidence != nil {
				bytes = evidence.bytes(s.Host, p.Dst, stay)
			}
			m.pairs.AddPair(s.Host, p.Dst, bytes, stay)
		}
	}
	m.keepAccepted()
	if evidence == nil {
		return
	}
	for _, u := range evidence.Uses {
		if n, ok := m.pairs.find(u.Src, u.Dst, u.Service); ok {
			evidence.uses[n.key()] = u
			kept = append(kept, u)
		}
	}
	evidence.Uses = kept
	m.keepHosts()
}
