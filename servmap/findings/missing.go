package findings

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"servmap/classify"
	"servmap/servmap"
	"servmap/servmap/identity"
)

// mostMissing is how many findings there are of what did not come. Those of hosts that are watched come
// first, the others in the order of the map.
const mostMissing = mostGroups

// missing puts together what did not come.
type missing struct {
	*Collector
	watch watchList
	// hosts are the findings of hosts, servers those of their services.
	hosts   map[servmap.Host]*group
	servers map[at]*group
	// watched and others are all findings, as many as there is room for; count counts all there were.
	watched, others []*group
	count           int
	// used holds services of servers that are watched, and whether anybody used them.
	used map[at]bool
	last [2]hostState // of source and destination
}

// hostState is what is known of a key of the map.
type hostState struct {
	host          servmap.Host
	gone, watched bool
	// first is the first of the host's addresses, by which it goes.
	first servmap.Host
}

// addMissing adds findings of what the map has and did not come.
func (c *Collector) addMissing() {
	if !c.Missing && len(c.Watch) == 0 {
		return
	}
	m := &missing{Collector: c, watch: newWatchList(c.Watch), hosts: map[servmap.Host]*group{}, servers: map[at]*group{}, used: map[at]bool{}}
	if len(c.Watch) > 0 {
		for p := range c.checker.Parts() {
			if dst := m.state(p.Dst, 1); dst.watched && !dst.gone {
				k := at{dst.first, p.Service}
				m.used[k] = m.used[k] || p.Met
			}
		}
	}
	for p := range c.checker.Parts() {
		m.part(p)
	}
	c.Unmatched = m.watch.unmatched()
	all := append(m.watched, m.others...)
	all = all[:min(len(all), mostMissing)]
	c.order = append(c.order, all...)
	c.MissingBeyond = m.count - len(all)
}

// state finds out what is known of a key of the map, which is a source, 0, or a destination, 1.
func (m *missing) state(h servmap.Host, side int) hostState {
	if m.last[side].host == h {
		return m.last[side]
	}
	s := hostState{host: h, first: h}
	if m.checker.IsThing(h) {
		s.gone, s.first = !m.checker.Came(h), m.checker.Addresses(h)[0]
	}
	var macs []identity.MAC
	if r := m.m.Evidence.Record(h); r != nil {
		macs = r.MACs
	}
	s.watched = m.watch.has(h, macs)
	m.last[side] = s
	return s
}

// part looks at a part of the map.
func (m *missing) part(p *servmap.Part) {
	src, dst := m.state(p.Src, 0), m.state(p.Dst, 1)
	if src.gone {
		m.host(src, p, true)
	}
	if dst.gone {
		m.host(dst, p, false)
	}
	if src.gone || dst.gone || p.Met {
		return
	}
	if k := (at{dst.first, p.Service}); dst.watched && !src.watched && !m.used[k] {
		m.server(k, src, p)
		return
	}
	if !m.Missing && !src.watched {
		return
	}
	if g := m.add(groupKey{class: aboutPair, subject: src.first, dst: dst.first, service: p.Service}, src.watched); g != nil {
		g.src.hosts.add(src.first)
		g.dst.hosts.add(dst.first)
		g.lacks(p)
		g.why = m.whyUse(p.Use)
	}
}

// host adds a part to the finding of a host that did not come.
func (m *missing) host(s hostState, p *servmap.Part, isSource bool) {
	if !m.Missing && !s.watched {
		return
	}
	g, known := m.hosts[s.first]
	if !known {
		if g = m.add(groupKey{class: aboutHost, subject: s.first}, s.watched); g != nil {
			g.role = hostGone
			g.why = m.whyHost(s.first)
		}
		m.hosts[s.first] = g
	}
	if g == nil {
		return
	}
	if isSource {
		g.src.hosts.add(s.first)
		g.dst = end{}
	} else if len(g.src.hosts.values) == 0 {
		g.dst.hosts.add(s.first)
	}
	g.lacks(p)
}

// server adds a client to the finding of a service that nobody used.
func (m *missing) server(k at, src hostState, p *servmap.Part) {
	g, known := m.servers[k]
	if !known {
		if g = m.add(groupKey{class: aboutServer, subject: k.host, service: k.family}, true); g != nil {
			g.role = serviceGone
			g.dst.hosts.add(k.host)
			g.why = m.whyUse(p.Use)
		}
		m.servers[k] = g
	}
	if g != nil {
		g.src.hosts.add(src.first)
		g.lacks(p)
	}
}

// What a finding is about, as group.role: of pairs it is empty.
const (
	hostGone    = "a host that did not come"
	serviceGone = "a service that nobody used"
)

// add adds a finding; nil where there is no room.
func (m *missing) add(k groupKey, watched bool) *group {
	m.count++
	list := &m.others
	if watched {
		list = &m.watched
	}
	if len(*list) == mostMissing {
		return nil
	}
	g := &group{id: idOf(k.text()), class: k.class, subject: k.subject, kind: Missing, level: Info}
	if watched {
		g.level = Medium
	}
	g.first, g.last = m.checker.Span()
	*list = append(*list, g)
	return g
}

// lacks adds a part of the map that did not come: its application, or its transport and port. What is not
// about a host is about one service.
func (g *group) lacks(p *servmap.Part) {
	if g.role != hostGone && len(g.acts) == 0 {
		g.acts = []*act{{actKey: actKey{p.Src, p.Dst, p.Service}, known: true}}
	}
	if !servmap.IsUnknown(p.Service) {
		g.applications.add(p.Service)
		return
	}
	g.applications.add(classify.Unknown)
	transport, digits, _ := strings.Cut(strings.TrimPrefix(p.Service, classify.Unknown+":"), "/")
	g.transports.add(transport)
	if port, err := strconv.ParseUint(digits, 10, 16); err == nil && transport != "ip" {
		g.ports.add(uint16(port))
	}
}

// whyUse says how often training saw a use.
func (c *Collector) whyUse(u *servmap.Use) string {
	if u == nil || len(u.Counts) == 0 {
		return "the map has it, and does not tell when it was seen"
	}
	last := int32(0)
	for i := range u.Counts {
		last = max(last, c.m.Evidence.Events[u.Counts[i].Event].Day)
	}
	return c.whySeen(len(u.Counts), last)
}

// whyHost says how often training saw a host.
func (c *Collector) whyHost(h servmap.Host) string {
	r := c.m.Evidence.Record(h)
	if r == nil || len(r.Seen) == 0 {
		return "the map has it, and does not tell when it was seen"
	}
	last := int32(0)
	for i := range r.Seen {
		last = max(last, c.m.Evidence.Events[r.Seen[i].Event].Day)
	}
	return c.whySeen(len(r.Seen), last)
}

// whySeen says in how many events of the training something was, and on which day last.
func (c *Collector) whySeen(n int, last int32) string {
	all := "day or capture"
	if len(c.m.Evidence.Events) != 1 {
		all = "days or captures"
	}
	return fmt.Sprintf("training saw it in %d of %d %s, last on %s", n, len(c.m.Evidence.Events), all, time.Unix(int64(last)*86400, 0).UTC().Format(time.DateOnly))
}

// missingTitle says what did not come.
func (c *Collector) missingTitle(g *group, what, with string) string {
	switch g.role {
	case hostGone:
		return c.subject(g) + " did not come"
	case serviceGone:
		return fmt.Sprintf("nobody used %s of %s", what, with)
	}
	return fmt.Sprintf("%s did not use %s with %s", c.people(&g.src), what, with)
}

// watchList finds hosts that are watched. What stands for the same has one number, by which same holds its
// indices in the list.
type watchList struct {
	addrs    map[netip.Addr]int
	macs     map[identity.MAC]int
	keys     map[string]int
	networks []watchedNetwork
	same     [][]int
	matched  []bool // whether the map has a host of it, by index
}

// watchedNetwork is a network and its number.
type watchedNetwork struct {
	netip.Prefix
	number int
}

func newWatchList(list []servmap.Name) watchList {
	w := watchList{addrs: map[netip.Addr]int{}, macs: map[identity.MAC]int{}, keys: map[string]int{}, matched: make([]bool, len(list))}
	for i := range list {
		note(&w, w.keys, list[i].Name, i)
		for _, a := range list[i].Addrs {
			note(&w, w.addrs, a, i)
		}
		for _, m := range list[i].MACs {
			note(&w, w.macs, m, i)
		}
		for _, p := range list[i].Networks {
			w.same = append(w.same, []int{i})
			w.networks = append(w.networks, watchedNetwork{p, len(w.same) - 1})
		}
	}
	return w
}

// note adds an index of the list to what k stands for.
func note[K comparable](w *watchList, of map[K]int, k K, i int) {
	n, ok := of[k]
	if !ok {
		n = len(w.same)
		w.same = append(w.same, nil)
		of[k] = n
	}
	w.same[n] = append(w.same[n], i)
}

// has reports whether a host of the map is watched, and remembers by what.
func (w *watchList) has(h servmap.Host, macs []identity.MAC) (found bool) {
	match := func(n int, ok bool) {
		if !ok {
			return
		}
		found = true
		for _, i := range w.same[n] {
			w.matched[i] = true
		}
	}
	if !h.IsAddress() {
		n, ok := w.keys[h.String()]
		match(n, ok)
		return found
	}
	n, ok := w.addrs[h.Addr()]
	match(n, ok)
	for _, mac := range macs {
		n, ok := w.macs[mac]
		match(n, ok)
	}
	for _, p := range w.networks {
		match(p.number, p.Contains(h.Addr()))
	}
	return found
}

// unmatched lists the indices of what is no host of the map.
func (w *watchList) unmatched() (out []int) {
	for i, matched := range w.matched {
		if !matched {
			out = append(out, i)
		}
	}
	return out
}
