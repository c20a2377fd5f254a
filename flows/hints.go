package flows

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"servmap/classify"
	"servmap/flows/table"
)

// Limits on hints: on the names of one subject, and on the bytes of all, as hints counts them.
const (
	maxVersions  = 8
	maxHintBytes = 40 << 20
)

// What a subject, with its share of index and list, and one more of its versions cost in bytes
// besides the names.
const (
	subjectCost = 208
	versionCost = 40
)

// How long hints hold, in packet time: an announced port for minutes, and a name longer than it was
// given out for, since programs keep what they resolved.
const (
	holdPort = 600 * second
	holdName = 4 * 3600 * second
)

// moment is a place in the input: the number of a packet and its time.
type moment struct {
	number uint64
	time   int64
}

// hint is a hint with the packet that gave it.
type hint struct {
	moment
	classify.Hint
}

// hold returns how long the hint holds.
func (h *hint) hold() int64 {
	if h.Kind == classify.HostName {
		return max(holdName, int64(h.TTL)*second)
	}
	return holdPort
}

// subject is what hints are about: an address, as one client knows it, or an endpoint.
type subject struct {
	key    table.Key
	next   uint32 // the subject that came after it, or the next that is not in use
	newest version
	older  []version // the oldest first
}

// version is the name of a subject, the packet since which it holds, and the time until it does.
type version struct {
	number uint64
	until  int64
	name   string
}

// subjectKey packs what a hint is about as a table packs the key of a flow.
func subjectKey(client, addr netip.Addr, port uint16, t classify.Transport) table.Key {
	rest := uint64(port)<<16 | uint64(t)<<8
	var c [16]byte
	if client.IsValid() {
		c = client.As16()
	}
	if client.Is6() {
		rest |= 1
	}
	if addr.Is6() {
		rest |= 2
	}
	a := addr.As16()
	return table.Key{
		binary.LittleEndian.Uint64(c[:8]), binary.LittleEndian.Uint64(c[8:]),
		binary.LittleEndian.Uint64(a[:8]), binary.LittleEndian.Uint64(a[8:]), rest,
	}
}

// hints holds what flows told about later flows: names of addresses, and protocols to expect. They
// are added in the order of packets, and a flow sees only those from before its first packet. Where
// they take too many bytes, the subject that has been known longest is forgotten.
type hints struct {
	index       table.Index
	subjects    table.Slab[subject] // number 0 is never used
	arena       table.Arena[subject]
	count       int
	first, last uint32 // subjects, in the order in which they came
	unused      uint32 // head of the list of those that are not in use
	bytes       int
	forgotten   uint64 // subjects
	work        int    // subjects that were added to a new index, for tests
	// ports has a bit for every port that was ever expected: it spares most flows the search.
	ports [1 << 16 / 64]uint64
	// addrs has a bit for each hash of an address that ever had a name.
	addrs [1 << 16 / 64]uint64
}

func newHints() *hints {
	s := &hints{index: table.NewIndex()}
	s.subjects.Add(&s.arena) // 0 is none
	return s
}

// addrBit returns the place of an address's bit in hints.addrs.
func addrBit(addr netip.Addr) (word uint64, mask uint64) {
	k := subjectKey(netip.Addr{}, addr, 0, 0)
	h := k.KeyedHash() >> 48
	return h / 64, 1 << (h % 64)
}

// add adds a hint. Hints come in the order of packets.
func (s *hints) add(h *hint) {
	if h.Kind == classify.HostName {
		word, mask := addrBit(h.Addr)
		s.addrs[word] |= mask
	} else {
		s.ports[h.Port>>6] |= 1 << (h.Port & 63)
	}
	k := subjectKey(h.Client, h.Addr, h.Port, h.Transport)
	hold := h.hold()
	v := version{h.number, h.time + hold, h.Name}
	if at := s.find(&k); at != 0 {
		s.update(s.subjects.At(at), v, hold)
	} else {
		s.begin(k, v)
	}
	for s.bytes > maxHintBytes {
		s.forget()
	}
}

// find returns the number of a subject, or 0.
func (s *hints) find(k *table.Key) uint32 {
	return s.index.Find(k.KeyedHash(), func(at uint32) bool { return s.subjects.At(at).key.Equal(k) })
}

// begin adds a subject.
func (s *hints) begin(k table.Key, v version) {
	if s.index.Full() {
		s.reindex()
	}
	at := s.unused
	if at != 0 {
		s.unused = s.subjects.At(at).next
	} else {
		at = s.subjects.Add(&s.arena)
	}
	*s.subjects.At(at) = subject{key: k, newest: v}
	if s.last != 0 {
		s.subjects.At(s.last).next = at
	} else {
		s.first = at
	}
	s.last = at
	s.index.Add(k.KeyedHash(), at)
	s.count++
	s.bytes += subjectCost + len(v.name)
}

// reindex rebuilds the index with room for more subjects.
func (s *hints) reindex() {
	s.index.Reset(s.count)
	for at := s.first; at != 0; at = s.subjects.At(at).next {
		s.index.Add(s.subjects.At(at).key.KeyedHash(), at)
	}
	s.work += s.count
}

// update adds a version to a subject. It replaces the oldest of maxVersions. The same name again is a
// version of its own once a quarter of the time has passed for which it holds: to prolong the version
// that is there would change what a flow from before sees.
func (s *hints) update(sub *subject, v version, hold int64) {
	if sub.newest.name == v.name && v.until-sub.newest.until < hold/4 {
		return
	}
	if len(sub.older) == maxVersions-1 {
		s.bytes -= versionCost + len(sub.older[0].name)
		sub.older = slices.Delete(sub.older, 0, 1)
	}
	sub.older = append(sub.older, sub.newest)
	sub.newest = v
	s.bytes += versionCost + len(v.name)
}

// forget forgets the subject that has been known longest.
func (s *hints) forget() {
	at := s.first
	sub := s.subjects.At(at)
	s.bytes -= subjectCost + len(sub.newest.name)
	for _, v := range sub.older {
		s.bytes -= versionCost + len(v.name)
	}
	s.index.Remove(sub.key.KeyedHash(), at)
	s.count--
	if s.first = sub.next; s.first == 0 {
		s.last = 0
	}
	*sub = subject{next: s.unused}
	s.unused = at
	s.forgotten++
}

// lookup returns the newest name of a subject from before the given packet, if it still held then.
func (s *hints) lookup(k table.Key, before moment) string {
	at := s.find(&k)
	if at == 0 {
		return ""
	}
	sub := s.subjects.At(at)
	v := &sub.newest
	for n := len(sub.older); v.number >= before.number; {
		if n--; n < 0 {
			return ""
		}
		v = &sub.older[n]
	}
	if before.time > v.until {
		return ""
	}
	return v.name
}

// hostName returns the name by which client knew addr before the packet, or "".
func (s *hints) hostName(client, addr netip.Addr, before moment) string {
	if s.count == 0 {
		return ""
	}
	if word, mask := addrBit(addr); s.addrs[word]&mask == 0 {
		return ""
	}
	return s.lookup(subjectKey(client, addr, 0, 0), before)
}

// expected returns the protocol that was announced before the packet for flows of peer with the
// endpoint, or for anyone's, or "".
func (s *hints) expected(t classify.Transport, peer, addr netip.Addr, port uint16, before moment) string {
	if s.ports[port>>6]&(1<<(port&63)) == 0 {
		return ""
	}
	if name := s.lookup(subjectKey(peer, addr, port, t), before); name != "" {
		return name
	}
	return s.lookup(subjectKey(netip.Addr{}, addr, port, t), before)
}
