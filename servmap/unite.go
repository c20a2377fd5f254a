package servmap

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Union unites maps. The order and the grouping of maps mean nothing, and a capture that several have
// learned counts once.
type Union struct {
	m *Map
	// listed finds the captures of the map, by ID.
	listed map[string]struct{}
}

// NewUnion returns a Union that begins with m and adds to it.
func NewUnion(m *Map) *Union {
	u := &Union{m: m, listed: map[string]struct{}{}}
	if m.Meta != nil {
		for i := range m.Meta.Captures {
			u.listed[m.Meta.Captures[i].ID()] = struct{}{}
		}
	}
	return u
}

// Add adds what another map permits and knows. A map that was made with other settings is refused; the
// error names the differences.
func (u *Union) Add(o *Map) error {
	m := u.m
	if o.Meta != nil && m.Meta != nil {
		if d := m.Differences(o.Meta.Settings); len(d) > 0 {
			return fmt.Errorf("the maps were made with different settings: %s", strings.Join(d, "; "))
		}
	}
	switch {
	case m.Evidence == nil && o.Evidence != nil:
		m.Evidence = newEvidence(&m.pairs)
		m.Evidence.Older = m.pairs.pairs.n > 0
	case m.Evidence != nil && o.Evidence == nil:
		m.Evidence.Older = m.Evidence.Older || o.pairs.pairs.n > 0
	}
	var to []uint32
	known := 0
	if o.Evidence != nil {
		known = len(m.Evidence.Events)
		for _, v := range o.Evidence.Events {
			to = append(to, m.Evidence.event(v))
		}
		m.Evidence.addEvidence(o.Evidence, to)
	}
	u.addPairs(o, to, known)
	u.addMeta(o)
	m.resolved.add(&o.resolved)
	return nil
}

// Finish returns the map, in the order of its file: services of a pair sorted by name, since nobody knows
// which was seen first.
func (u *Union) Finish() *Map {
	m := u.m
	m.SortServices()
	if m.Evidence != nil {
		m.keepHosts()
	}
	if m.Meta != nil {
		m.Meta.sort()
	}
	m.keepAccepted()
	return m
}

// Unite adds what another map permits and knows, as Union does.
func (m *Map) Unite(o *Map) error {
	u := NewUnion(m)
	if err := u.Add(o); err != nil {
		return err
	}
	u.Finish()
	return nil
}

// SortServices sorts the services of each pair by name, as Unite does.
func (m *Map) SortServices() {
	lists := &m.pairs.lists
	sorted := map[listID]listID{}
	for i := range m.pairs.pairs.n {
		d := m.pairs.pairs.at(i)
		s, ok := sorted[d.list]
		if !ok {
			s = lists.sorted(d.list)
			sorted[d.list] = s
		}
		d.list = s
	}
}

// addPairs adds the pairs of another map, with what is known of their uses. events are the numbers of its events
// here; those from known on are new.
func (u *Union) addPairs(o *Map, events []uint32, known int) {
	p := &u.m.pairs
	for s := range o.pairs.Sources() {
		src := p.source(s.Host)
		for pair := range o.pairs.Pairs(s) {
			i, _ := p.pair(src, pair.Dst)
			mine := u.m.isLearned(i)
			b := pairBytes{all: pair.Bytes}
			for _, a := range pair.Applications {
				app := p.lists.number(a)
				if d := p.pairs.at(i); !p.lists.has(d.list, app) {
					d.list = p.lists.with(d.list, app)
				}
				if from := o.Evidence.by(&Knowledge{Pair: true, pair: pair.number}, o.pairs.lists.numbers[a]); from != nil {
					d := p.pairs.at(i)
					to := u.m.Evidence.needUse(used{d.src, d.dst, i, app}, s.Host, pair.Dst, a)
					to.unite(u.m.Evidence, from, events, known, &b)
					u.m.Evidence.noteUse(to, o.Evidence.useOthers[from])
				}
			}
			d := p.pairs.at(i)
			now := b.united(d.bytes, mine)
			p.sources.at(src).bytes += now - d.bytes
			d.bytes = now
		}
	}
}

// isLearned reports whether training showed any use of a pair.
func (m *Map) isLearned(pair uint32) bool {
	e := m.Evidence
	return e != nil && m.pairs.lists.anyNumber(m.pairs.pairs.at(pair).list, func(app uint32) bool {
		return e.uses[used{pair: pair, application: app}.key()] != nil
	})
}

// pairBytes finds out how many bytes a pair has in one map that another has not.
type pairBytes struct {
	// all are those that the map has of the pair; fresh and twice those of events that are new, and of others.
	all, fresh, twice uint64
	// learned is set where there are events at all, full where there may have been more than a list holds.
	learned, full bool
}

// united returns the bytes of the pair in both maps. Where nothing was learned of it, bytes are what a hand
// wrote, or another program: then the larger number stays.
func (b *pairBytes) united(before uint64, learned bool) uint64 {
	fresh := b.fresh
	if b.full && b.all > b.twice {
		fresh = max(fresh, b.all-b.twice)
	}
	switch {
	case b.learned && learned:
		return before + fresh
	case b.learned:
		return fresh
	case learned:
		return before
	}
	return max(before, b.all)
}

// addMeta adds the captures of another map that this one does not list, and what people and other programs
// wrote.
func (u *Union) addMeta(o *Map) {
	m := u.m
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
		if _, ok := u.listed[c.ID()]; !ok {
			u.listed[c.ID()] = struct{}{}
			m.Meta.Captures = append(m.Meta.Captures, c)
		}
	}
	if len(o.Meta.Accepted) > 0 {
		m.Meta.Accepted = joinAcceptances(m.Meta.Accepted, o.Meta.Accepted)
	}
	if m.Meta.Vocabulary != o.Meta.Vocabulary {
		m.Meta.Vocabulary = min(m.Meta.Vocabulary, o.Meta.Vocabulary)
	}
}

// addEvidence adds the evidence of another map but for its uses.
func (e *Evidence) addEvidence(from *Evidence, to []uint32) {
	for a, h := range from.Hosts {
		e.host(a).unite(e, h, to)
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
	e.records = nil
}

// noteUse adds keys of a use that this program does not know.
func (e *Evidence) noteUse(u *Use, others []other) {
	if len(others) > 0 {
		e.useOthers[u] = uniteOthers(e.useOthers[u], others)
	}
}

// beyond compares two events as lists do that hold only some: by their captures' hashes, which no order of
// learning changes.
func (e *Evidence) beyond(a, b uint32) int {
	x, y := &e.Events[a], &e.Events[b]
	return cmp.Or(cmp.Compare(x.Capture, y.Capture), cmp.Compare(x.Day, y.Day))
}

// placed adds an element of an event to a list that is sorted by the events' numbers, unless it is there. Of
// a full list the element goes whose event is last by hash.
func placed[T any](e *Evidence, list []T, v T, event func(T) uint32) []T {
	at, twice := slices.BinarySearchFunc(list, event(v), func(x T, n uint32) int { return cmp.Compare(event(x), n) })
	if twice {
		return list
	}
	list = slices.Insert(list, at, v)
	if len(list) <= mostListed {
		return list
	}
	last := 0
	for i := range list {
		if e.beyond(event(list[i]), event(list[last])) > 0 {
			last = i
		}
	}
	return slices.Delete(list, last, last+1)
}

// unite adds another record of the same use, whose events have these numbers here; those from known on
// are new.
func (u *Use) unite(e *Evidence, o *Use, to []uint32, known int, b *pairBytes) {
	b.learned = true
	b.full = b.full || len(o.Counts) == mostListed
	for _, c := range o.Counts {
		c.Event = to[c.Event]
		if int(c.Event) >= known {
			b.fresh += c.Out + c.In
		} else {
			b.twice += c.Out + c.In
		}
		u.Counts = placed(e, u.Counts, c, func(c Count) uint32 { return c.Event })
	}
	for i := range o.Peers {
		u.unitePeer(e, &o.Peers[i], to)
	}
	for _, p := range o.Ports {
		u.Ports, _ = insert(u.Ports, p, false)
	}
	u.More, u.Answered = u.More || o.More, u.Answered || o.Answered
}

// unitePeer adds the events of a name.
func (u *Use) unitePeer(e *Evidence, o *PeerRecord, to []uint32) {
	at, ok := u.peer(o.Name)
	if !ok {
		if len(u.Peers) == mostListed {
			if u.More = true; at == len(u.Peers) {
				return
			}
			u.Peers = u.Peers[:len(u.Peers)-1]
		}
		u.Peers = slices.Insert(u.Peers, at, PeerRecord{Name: o.Name})
	}
	for _, n := range o.Events {
		u.Peers[at].Events = placed(e, u.Peers[at].Events, to[n], func(n uint32) uint32 { return n })
	}
}

// unite adds another record of the same host, whose events have these numbers here.
func (h *HostRecord) unite(e *Evidence, o *HostRecord, to []uint32) {
	for _, p := range o.Seen {
		h.Seen = placed(e, h.Seen, Presence{to[p.Event], p.Flows}, func(p Presence) uint32 { return p.Event })
	}
	h.MACs = union(h.MACs, o.MACs, compareMACs)
	h.Asked = union(h.Asked, o.Asked, netip.Addr.Compare)
	h.Claimed = h.Claimed || o.Claimed
	if h.Name == "" || o.Name != "" && o.Name < h.Name {
		h.Name = o.Name
	}
}

// union returns what stands in either of two sorted lists, sorted: the first where nothing is new.
func union[T comparable](a, b []T, compare func(x, y T) int) []T {
	all := a
	for _, v := range b {
		if at, ok := slices.BinarySearchFunc(all, v, compare); !ok {
			all = slices.Insert(slices.Clip(all), at, v)
		}
	}
	return all
}
