package servmap

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Unite adds what another map permits and knows. A capture that both learned counts once. Maps that were
// made with other settings are refused; the error names the first difference.
func (m *Map) Unite(o *Map) error {
	if o.Meta != nil && m.Meta != nil {
		if d := m.Differences(o.Meta.Settings); len(d) > 0 {
			return fmt.Errorf("the maps were made with different settings: %s", strings.Join(d, "; "))
		}
	}
	if m.Evidence == nil && o.Evidence != nil && m.pairs.sources.n == 0 {
		m.Evidence = newEvidence(&m.pairs)
	}
	fresh := m.uniteEvidence(o)
	m.unitePairs(o, fresh)
	if m.Evidence != nil {
		m.keepKnown()
	}
	m.uniteMeta(o)
	m.resolved.add(&o.resolved)
	return nil
}

// SortServices sorts the services of each pair by name, as Unite does.
func (m *Map) SortServices() {
	m.unitePairs(&Map{}, nil)
	if m.Evidence != nil {
		clear(m.Evidence.uses)
		m.keepKnown()
	}
}

// unitePairs adds the pairs of another map, with the bytes that are new or, where that is not known, all.
// Applications are sorted then: the order in which they were first seen is not known.
func (m *Map) unitePairs(o *Map, fresh map[ends]uint64) {
	old := m.pairs
	m.pairs = Pairs{Limits: old.Limits}
	type together struct {
		bytes        uint64
		applications []string
	}
	all := map[ends]*together{}
	var order []ends
	add := func(p *Pairs, bytes func(k ends, p *Pair) uint64) {
		for s := range p.Sources() {
			m.pairs.AddSource(s.Host)
			for pair := range p.Pairs(s) {
				k := ends{s.Host, pair.Dst}
				t := all[k]
				if t == nil {
					t = &together{}
					all[k] = t
					order = append(order, k)
				}
				t.bytes += bytes(k, pair)
				t.applications = append(t.applications, pair.Applications...)
			}
		}
	}
	add(&old, func(_ ends, p *Pair) uint64 { return p.Bytes })
	add(&o.pairs, func(k ends, p *Pair) uint64 {
		if fresh != nil {
			return fresh[k]
		}
		return p.Bytes
	})
	for _, k := range order {
		t := all[k]
		slices.Sort(t.applications)
		m.pairs.AddPair(k.src, k.dst, t.bytes, slices.Compact(t.applications))
	}
}

// uniteMeta adds the captures of another map that this one does not list.
func (m *Map) uniteMeta(o *Map) {
	if o.Meta == nil {
		return
	}
	if m.Meta == nil {
		m.Meta = &Meta{Format: FormatVersion, Settings: o.Meta.Settings, Vocabulary: o.Meta.Vocabulary}
	}
	if len(m.Meta.Captures) == 0 && m.Meta.Vocabulary == "" {
		m.Meta.Vocabulary = o.Meta.Vocabulary
	}
	m.Meta.others, m.Meta.settings = uniteOthers(m.Meta.others, o.Meta.others), uniteOthers(m.Meta.settings, o.Meta.settings)
	for _, c := range o.Meta.Captures {
		m.Meta.note(c, o.Meta.captures[c])
		if !slices.ContainsFunc(m.Meta.Captures, func(k Capture) bool { return k.ID() == c.ID() }) {
			m.Meta.Add(c)
		}
	}
	if m.Meta.Vocabulary != o.Meta.Vocabulary {
		m.Meta.Vocabulary = min(m.Meta.Vocabulary, o.Meta.Vocabulary)
	}
}

// uniteEvidence adds the evidence of another map. It returns the bytes of each pair in events that this map
// did not have, nil where one of the maps has no evidence.
func (m *Map) uniteEvidence(o *Map) map[ends]uint64 {
	if o.Evidence == nil || m.Evidence == nil {
		return nil
	}
	e, from := m.Evidence, o.Evidence
	fresh := map[ends]uint64{}
	known := len(e.Events)
	to := make([]uint32, len(from.Events))
	for i, v := range from.Events {
		to[i] = e.event(v)
	}
	index := map[useName]*Use{}
	for _, u := range e.Uses {
		index[useName{u.Src, u.Dst, u.Service}] = u
	}
	for _, u := range from.Uses {
		k := useName{u.Src, u.Dst, u.Service}
		mine := index[k]
		if mine == nil {
			mine = e.memory.add(u.Src, u.Dst, u.Service)
			index[k] = mine
			e.Uses = append(e.Uses, mine)
		}
		if others := from.useOthers[u]; len(others) > 0 {
			e.useOthers[mine] = uniteOthers(e.useOthers[mine], others)
		}
		fresh[ends{u.Src, u.Dst}] += mine.unite(u, to, known)
	}
	for a, h := range from.Hosts {
		e.host(a).unite(h, to)
		if others := from.hostOthers[a]; len(others) > 0 {
			e.hostOthers[a] = uniteOthers(e.hostOthers[a], others)
		}
	}
	e.others = uniteOthers(e.others, from.others)
	e.Shared = union(e.Shared, from.Shared, compareMACs)
	e.Older = e.Older || from.Older
	e.DHCP = union(e.DHCP, from.DHCP, netip.Addr.Compare)
	e.Routers = union(e.Routers, from.Routers, netip.Addr.Compare)
	for _, t := range from.Tunnels {
		if !slices.Contains(e.Tunnels, t) {
			e.Tunnels = append(e.Tunnels, t)
		}
	}
	for _, t := range from.Talkers {
		if !slices.Contains(e.Talkers, t) {
			e.Talkers = append(e.Talkers, t)
		}
	}
	for domain, owners := range from.Names {
		for _, o := range owners {
			e.addOwner(domain, o)
		}
	}
	clear(e.uses)
	e.records = nil
	return fresh
}

// useName finds a use by what it is of.
type useName struct {
	src, dst Host
	service  string
}

// unite adds another record of the same use, whose events have these numbers here; those from known on
// are new. It returns the bytes of the new ones.
func (u *Use) unite(o *Use, to []uint32, known int) (bytes uint64) {
	for _, c := range o.Counts {
		n := to[c.Event]
		at, twice := slices.BinarySearchFunc(u.Counts, n, func(x Count, v uint32) int { return int(x.Event) - int(v) })
		if int(n) >= known {
			bytes += c.Out + c.In
		}
		if c.Event = n; !twice && len(u.Counts) < mostListed {
			u.Counts = slices.Insert(u.Counts, at, c)
		}
	}
	for _, p := range o.Peers {
		for _, n := range p.Events {
			u.addPeer(p.Name, to[n])
		}
	}
	for _, p := range o.Ports {
		u.Ports, _ = insert(u.Ports, p, false)
	}
	u.More, u.Answered = u.More || o.More, u.Answered || o.Answered
	return bytes
}

// unite adds another record of the same host, whose events have these numbers here.
func (h *HostRecord) unite(o *HostRecord, to []uint32) {
	for _, p := range o.Seen {
		h.add(to[p.Event], p.Flows)
	}
	h.MACs = union(h.MACs, o.MACs, compareMACs)
	h.Asked = union(h.Asked, o.Asked, netip.Addr.Compare)
	h.Claimed = h.Claimed || o.Claimed
	if h.Name == "" || o.Name != "" && o.Name < h.Name {
		h.Name = o.Name
	}
}

// union returns what stands in either of two sorted lists, sorted.
func union[T comparable](a, b []T, compare func(x, y T) int) []T {
	all := append(slices.Clone(a), b...)
	slices.SortFunc(all, compare)
	return slices.Compact(all)
}
