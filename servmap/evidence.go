package servmap

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"servmap/classify"
	"servmap/flows"
	"servmap/servmap/identity"
)

// Event is a UTC day of a capture: what repeats itself does so in another one.
type Event struct {
	// Capture is the identifier of the capture, see Capture.ID.
	Capture string
	// Day counts days since 1970.
	Day int32
}

// Count is what a use was in one event.
type Count struct {
	// Event is an index of Evidence.Events.
	Event uint32
	Flows uint32
	// Out and In are the bytes of source and destination.
	Out, In uint64
}

// mostListed is how many entries a list of the evidence holds.
const mostListed = 100

// Use is what is known of a service that a source used at a destination.
type Use struct {
	Src, Dst Host
	Service  string
	// Counts has an entry for each event, in their order.
	Counts []Count
	// Peers are what is known of the other ends beyond their address, sorted by name. More is set where
	// there were more.
	Peers []PeerRecord
	More  bool
	// Ports are the server's, sorted.
	Ports []uint16
	// Answered is set where the destination ever answered.
	Answered bool
	// Met is set, while a check runs, where one of the Peers was met again. It is not kept.
	Met bool

	// Most uses have one count, one port and one peer: they lie here.
	room struct {
		counts [1]Count
		ports  [1]uint16
		peers  [1]PeerRecord
		events [1]uint32
	}
}

// uses is memory for many uses: one allocation each would cost more than to fill them.
type uses struct{ free []Use }

// add returns a new use.
func (s *uses) add(src, dst Host, service string) *Use {
	if len(s.free) == 0 {
		s.free = make([]Use, 128)
	}
	u := &s.free[0]
	s.free = s.free[1:]
	u.Src, u.Dst, u.Service = src, dst, service
	u.Counts, u.Ports, u.Peers = u.room.counts[:0], u.room.ports[:0], u.room.peers[:0]
	return u
}

// PeerRecord is a name of other ends: a registrable domain or, where there was no name, the owner of the
// address.
type PeerRecord struct {
	Name string
	// Events are those in which it was there, sorted.
	Events []uint32
}

// Presence is how many flows a host had in one event, at either side.
type Presence struct {
	// Event is an index of Evidence.Events.
	Event uint32
	Flows uint64
}

// Flows counts the flows of a host.
func (h *HostRecord) Flows() (n uint64) {
	for _, p := range h.Seen {
		n += p.Flows
	}
	return n
}

// presence finds an event.
func (h *HostRecord) presence(event uint32) (at int, ok bool) {
	return slices.BinarySearchFunc(h.Seen, event, func(p Presence, v uint32) int { return cmp.Compare(p.Event, v) })
}

// add adds an event of so many flows, unless it is there or the list is full.
func (h *HostRecord) add(event uint32, flows uint64) {
	if at, ok := h.presence(event); !ok && len(h.Seen) < mostListed {
		h.Seen = slices.Insert(h.Seen, at, Presence{event, flows})
	}
}

// count adds a flow in an event.
func (h *HostRecord) count(event uint32) {
	at, ok := len(h.Seen)-1, len(h.Seen) > 0 && h.Seen[len(h.Seen)-1].Event == event
	if !ok {
		h.add(event, 0)
		at, ok = h.presence(event)
	}
	if ok {
		h.Seen[at].Flows++
	}
}

// HostRecord is what is known of a local address.
type HostRecord struct {
	// MACs are those that sent from it, sorted.
	MACs []identity.MAC
	// Claimed is set where one of them said so itself, by ARP or neighbour discovery.
	Claimed bool
	Name    string
	// Asked are whom it asked for by ARP, sorted.
	Asked []netip.Addr
	// Seen has an entry for each event in which it was there, in their order.
	Seen []Presence
}

// Outer is a tunnel between two endpoints.
type Outer struct {
	Kind     string
	Src, Dst Host
}

// Talker is a host that sent frames without IP.
type Talker struct {
	MAC       identity.MAC
	EtherType uint16
}

// Evidence is what a map knows besides what it permits.
type Evidence struct {
	Events []Event
	Hosts  map[netip.Addr]*HostRecord
	Uses   []*Use
	// Shared are the MACs that identify nobody, sorted: of routers, and of several hosts.
	Shared []identity.MAC
	// DHCP and Routers are the addresses of DHCP servers and of routers, sorted.
	DHCP, Routers []netip.Addr
	Tunnels       []Outer
	Talkers       []Talker
	// Names holds the owners of the addresses at which a registrable domain was met, sorted;
	// flows.NoOwner stands for those that nobody is known to own.
	Names map[string][]string
	// Older is set where the map had pairs before it had evidence: of those without any use, what was not
	// recognised is known.
	Older bool

	// others, hostOthers and useOthers are keys that this program does not know, of the evidence, of hosts
	// and of uses. They are kept as they were read.
	others     []other
	hostOthers map[netip.Addr][]other
	useOthers  map[*Use][]other

	pairs *Pairs // of the map
	// uses finds those of Uses whose pair and service the map has, by used.key.
	uses   map[uint64]*Use
	memory uses
	events map[Event]uint32
	// records finds those of Hosts by the number of their host.
	records []*HostRecord
}

func newEvidence(p *Pairs) *Evidence {
	return &Evidence{Hosts: map[netip.Addr]*HostRecord{}, Names: map[string][]string{}, pairs: p, uses: map[uint64]*Use{}, events: map[Event]uint32{}, hostOthers: map[netip.Addr][]other{}, useOthers: map[*Use][]other{}}
}

// event returns the number of an event, a new one where it has none.
func (e *Evidence) event(v Event) uint32 {
	n, ok := e.events[v]
	if !ok {
		n = uint32(len(e.Events))
		e.Events = append(e.Events, v)
		e.events[v] = n
	}
	return n
}

// Use returns what is known of a source's use of a service, nil for nothing.
func (e *Evidence) Use(src, dst Host, service string) *Use {
	if e == nil {
		return nil
	}
	u, ok := e.pairs.find(src, dst, service)
	if !ok {
		return nil
	}
	return e.uses[u.key()]
}

// of returns what is known of a pair's use of an application, by its name.
func (e *Evidence) of(k *Knowledge, application string) *Use {
	if e == nil || !k.Pair {
		return nil
	}
	app, ok := k.lists.numbers[application]
	if !ok {
		return nil
	}
	return e.by(k, app)
}

// by returns what is known of a pair's use of an application, by its number.
func (e *Evidence) by(k *Knowledge, application uint32) *Use {
	if e == nil || !k.Pair {
		return nil
	}
	return e.uses[used{pair: k.pair, application: application}.key()]
}

// needUse returns the record of a use, a new one where there is none.
func (e *Evidence) needUse(n used, src, dst Host, service string) *Use {
	u := e.uses[n.key()]
	if u == nil {
		u = e.memory.add(src, dst, service)
		e.uses[n.key()] = u
		e.Uses = append(e.Uses, u)
	}
	return u
}

// host returns the record of an address, a new one where there is none.
func (e *Evidence) host(a netip.Addr) *HostRecord {
	h := e.Hosts[a]
	if h == nil {
		h = &HostRecord{}
		e.Hosts[a] = h
	}
	return h
}

// learn adds a flow.
func (e *Evidence) learn(f *flows.Flow, n used, src, dst Host, service string, event uint32) {
	u := e.needUse(n, src, dst, service)
	u.count(event, f)
	u.Answered = u.Answered || f.Answered
	if d := Peer(f); d != "" {
		u.addPeer(d, event)
		if isOwned(f, dst, service) {
			e.addOwner(d, f.Owner)
		}
	}
	if port := ServerPort(f); port != 0 {
		u.Ports, _ = insert(u.Ports, port, false)
	}
	for i, h := range [...]Host{src, dst} {
		if !h.IsAddress() {
			continue
		}
		r := e.record([...]uint32{n.src, n.dst}[i], h.addr)
		r.count(event)
	}
}

// isOwned reports whether it is known who owns the address outside at which a flow met a name.
func isOwned(f *flows.Flow, dst Host, service string) bool {
	return dst == Remote && f.Owner != "" && master(service) != "DNS"
}

// addOwner adds an owner of addresses at which a domain was met.
func (e *Evidence) addOwner(domain, owner string) {
	if owners, _ := insert(e.Names[domain], owner, false); len(owners) > len(e.Names[domain]) {
		e.Names[domain] = owners
	}
}

// record returns the record of an address, whose host has a number.
func (e *Evidence) record(number uint32, a netip.Addr) *HostRecord {
	for int(number) >= len(e.records) {
		e.records = append(e.records, nil)
	}
	r := e.records[number]
	if r == nil {
		r = e.host(a)
		e.records[number] = r
	}
	return r
}

// count adds a flow to the counts.
func (u *Use) count(event uint32, f *flows.Flow) {
	at, ok := slices.BinarySearchFunc(u.Counts, event, func(c Count, v uint32) int { return cmp.Compare(c.Event, v) })
	if !ok {
		if len(u.Counts) == mostListed {
			return
		}
		u.Counts = slices.Insert(u.Counts, at, Count{Event: event})
	}
	c := &u.Counts[at]
	c.Flows++
	c.Out += f.Src2Dst.Bytes
	c.In += f.Dst2Src.Bytes
}

// peer finds a name among the peers.
func (u *Use) peer(name string) (at int, ok bool) {
	return slices.BinarySearchFunc(u.Peers, name, func(p PeerRecord, name string) int { return cmp.Compare(p.Name, name) })
}

// addPeer adds a name and an event in which it was there.
func (u *Use) addPeer(name string, event uint32) {
	at, ok := u.peer(name)
	if !ok {
		if len(u.Peers) == mostListed {
			if u.More = true; at == len(u.Peers) {
				return
			}
			u.Peers = u.Peers[:len(u.Peers)-1]
		}
		var events []uint32
		if len(u.Peers) == 0 && cap(u.Peers) == 1 {
			events = u.room.events[:0]
		}
		u.Peers = slices.Insert(u.Peers, at, PeerRecord{name, events})
	}
	u.Peers[at].Events, _ = insert(u.Peers[at].Events, event, false)
}

// insert adds a value to a sorted list, which holds the mostListed smallest. more tells that there
// were more.
func insert[T cmp.Ordered](list []T, v T, more bool) ([]T, bool) {
	at, ok := slices.BinarySearch(list, v)
	switch {
	case ok:
		return list, more
	case len(list) < mostListed:
		return slices.Insert(list, at, v), more
	case at == len(list):
		return list, true
	}
	list = slices.Insert(list, at, v)
	return list[:mostListed], true
}

// Peer returns what names the remote end of a flow beyond its address: the registrable domain of the
// name asked for or, without a name, the owner of the address; or nothing.
func Peer(f *flows.Flow) string {
	if d := Domain(f.Info.ServerName()); d != "" {
		return d
	}
	_, app, ok := strings.Cut(f.Application, ".")
	switch {
	case ok:
		return app
	case f.Confidence == classify.ByAddress:
		return f.Application
	}
	return ""
}

// hosts adds what a tracker saw.
func (e *Evidence) hosts(t *identity.Tracker) {
	for _, a := range t.Addrs() {
		r := e.Hosts[a]
		if r == nil {
			continue // it never was the end of a flow
		}
		for _, mac := range t.MACs(a) {
			if !slices.Contains(r.MACs, mac) && len(r.MACs) < mostListed {
				r.MACs = append(r.MACs, mac)
			}
		}
		slices.SortFunc(r.MACs, compareMACs)
		r.Claimed = r.Claimed || t.Claimed(a)
		if n := t.Name(a); n != "" {
			r.Name = n
		}
	}
	for _, mac := range t.Senders() {
		if t.Shared(mac) && !slices.Contains(e.Shared, mac) && len(e.Shared) < identity.MaxHosts {
			e.Shared = append(e.Shared, mac)
		}
	}
	slices.SortFunc(e.Shared, compareMACs)
	for _, a := range t.Servers {
		e.DHCP = insertAddr(e.DHCP, a)
	}
	for _, a := range t.Routers {
		e.Routers = insertAddr(e.Routers, a)
	}
}

func compareMACs(a, b identity.MAC) int { return slices.Compare(a[:], b[:]) }

func insertAddr(list []netip.Addr, a netip.Addr) []netip.Addr {
	at, ok := slices.BinarySearchFunc(list, a, netip.Addr.Compare)
	if ok {
		return list
	}
	return slices.Insert(list, at, a)
}

// unite puts events that have become the same together.
func (e *Evidence) unite() {
	renumber := make([]uint32, len(e.Events))
	kept := e.Events[:0]
	clear(e.events)
	for i, v := range e.Events {
		n, ok := e.events[v]
		if !ok {
			n = uint32(len(kept))
			kept = append(kept, v)
			e.events[v] = n
		}
		renumber[i] = n
	}
	if e.Events = kept; len(kept) == len(renumber) {
		return
	}
	e.renumber(renumber)
}

// renumber gives events other numbers. Two may get the same.
func (e *Evidence) renumber(to []uint32) {
	for _, u := range e.Uses {
		for i := range u.Counts {
			u.Counts[i].Event = to[u.Counts[i].Event]
		}
		slices.SortFunc(u.Counts, func(a, b Count) int { return cmp.Compare(a.Event, b.Event) })
		kept := u.Counts[:0]
		for _, c := range u.Counts {
			if n := len(kept); n > 0 && kept[n-1].Event == c.Event {
				kept[n-1].Flows += c.Flows
				kept[n-1].Out += c.Out
				kept[n-1].In += c.In
				continue
			}
			kept = append(kept, c)
		}
		u.Counts = kept
		for i := range u.Peers {
			u.Peers[i].Events = renumbered(u.Peers[i].Events, to)
		}
	}
	for _, h := range e.Hosts {
		for i := range h.Seen {
			h.Seen[i].Event = to[h.Seen[i].Event]
		}
		slices.SortFunc(h.Seen, func(a, b Presence) int { return cmp.Compare(a.Event, b.Event) })
		kept := h.Seen[:0]
		for _, p := range h.Seen {
			if n := len(kept); n > 0 && kept[n-1].Event == p.Event {
				kept[n-1].Flows += p.Flows
				continue
			}
			kept = append(kept, p)
		}
		h.Seen = kept
	}
}

// renumbered gives the events of a list other numbers, in place.
func renumbered(events, to []uint32) []uint32 {
	for i := range events {
		events[i] = to[events[i]]
	}
	slices.Sort(events)
	return slices.Compact(events)
}

// Record returns what is known of a host, nil for nothing.
func (e *Evidence) Record(h Host) *HostRecord {
	if e == nil || !h.IsAddress() {
		return nil
	}
	return e.Hosts[h.addr]
}

// bytes adds up what a use exchanged; 0 for nil.
func (u *Use) bytes() (sum uint64) {
	if u == nil {
		return 0
	}
	for i := range u.Counts {
		sum += u.Counts[i].Out + u.Counts[i].In
	}
	return sum
}
