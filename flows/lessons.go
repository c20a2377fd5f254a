package flows

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"servmap/classify"
)

// What is kept of lessons: of each address or endpoint, and bytes in all, as lessons counts them.
const (
	maxVersions    = 8
	maxLessonBytes = 40 << 20
)

// What a subject, with its places in map and list, and a further version cost in bytes beside the names.
const (
	subjectCost = 200
	versionCost = 32
)

// lesson is a lesson with the number of the packet that taught it.
type lesson struct {
	number uint64
	classify.Hint
}

// version is what was taught, and since which packet it holds.
type version struct {
	number uint64
	name   string
}

// subjectOf returns, packed as a key of flows is, what is taught about: an address, as client knows it, or an endpoint.
func subjectOf(client, addr netip.Addr, port uint16, t classify.Transport) Key {
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
	return Key{
		binary.LittleEndian.Uint64(c[:8]), binary.LittleEndian.Uint64(c[8:]),
		binary.LittleEndian.Uint64(a[:8]), binary.LittleEndian.Uint64(a[8:]), rest,
	}
}

// taught is what is kept of a subject.
type taught struct {
	subject Key
	next    uint32 // the subject that came after it
	newest  version
	older   []version // the oldest first
}

// lessons holds what flows taught about later flows. They are added in the
// order of packets; a flow only sees what was taught before its first packet. Where they take too many bytes,
// the subject that has been known longest is forgotten.
type lessons struct {
	of          index
	all         slab[taught] // taught 0 is never used
	count       int
	arena       arena[taught]
	first, last uint32 // of the subjects, in the order in which they came
	free        uint32 // the head of those that are not in use
	bytes       int
	forgotten   uint64 // subjects
	work        int    // words of the index and subjects that were looked at: for tests
	// ports has a bit for every port that was ever announced: nearly all flows
	// are spared the look-up.
	ports [1 << 16 / 64]uint64
	// addrs has a bit for each hash of an address that was ever named.
	addrs [1 << 16 / 64]uint64
}

// addrBit returns the place of an address's bit in lessons.addrs.
func addrBit(a netip.Addr) (word uint64, mask uint64) {
	b := a.As16()
	h := mix(binary.LittleEndian.Uint64(b[:8])^0x9e3779b97f4a7c15, binary.LittleEndian.Uint64(b[8:])^0xd6e8feb86659fd93)
	return h >> 48 / 64, 1 << (h >> 48 % 64)
}

func (s *lessons) add(l *lesson) {
	if s.of.words == nil {
		s.of = newIndex()
		s.all.add(&s.arena)
	}
	if l.Kind == classify.HostName {
		word, mask := addrBit(l.Addr)
		s.addrs[word] |= mask
	} else {
		s.ports[l.Port>>6] |= 1 << (l.Port & 63)
	}
	k := subjectOf(l.Client, l.Addr, l.Port, l.Transport)
	if at := s.find(&k); at != 0 {
		s.teach(s.all.at(at), version{l.number, l.Name})
	} else {
		s.begin(k, version{l.number, l.Name})
	}
	for s.bytes > maxLessonBytes {
		s.forget()
	}
}

// find returns the subject's place, 0 for none.
func (s *lessons) find(k *Key) uint32 {
	if s.count == 0 {
		return 0
	}
	hash := k.keyed()
	x, tag := &s.of, tagOf(hash)
	for at := x.start(hash); x.words[at] != 0; at = x.after(at) {
		w := x.words[at]
		if n := w & maxRecords; w&^maxRecords == tag && n != 0 && s.all.at(n).subject.equal(k) {
			return n
		}
		s.work++
	}
	return 0
}

// begin adds a subject.
func (s *lessons) begin(k Key, v version) {
	if s.of.full() {
		s.reindex()
	}
	at := s.free
	if at != 0 {
		s.free = s.all.at(at).next
	} else {
		at = s.all.add(&s.arena)
	}
	*s.all.at(at) = taught{subject: k, newest: v}
	if s.last != 0 {
		s.all.at(s.last).next = at
	} else {
		s.first = at
	}
	s.last = at
	s.of.add(k.keyed(), at)
	s.count++
	s.bytes += subjectCost + len(v.name)
}

// reindex builds the index anew, with room for more subjects.
func (s *lessons) reindex() {
	s.of.reset(s.count)
	for at := s.first; at != 0; at = s.all.at(at).next {
		s.of.add(s.all.at(at).subject.keyed(), at)
	}
	s.work += s.count
}

// teach adds a version to a subject, in place of its oldest where it has as many as may be.
func (s *lessons) teach(t *taught, v version) {
	if t.newest.name == v.name {
		return
	}
	if len(t.older) == maxVersions-1 {
		s.bytes -= versionCost + len(t.older[0].name)
		t.older = slices.Delete(t.older, 0, 1)
	}
	t.older = append(t.older, t.newest)
	t.newest = v
	s.bytes += versionCost + len(v.name)
}

// forget drops the subject that has been known longest.
func (s *lessons) forget() {
	at := s.first
	t := s.all.at(at)
	s.bytes -= subjectCost + len(t.newest.name)
	for _, v := range t.older {
		s.bytes -= versionCost + len(v.name)
	}
	s.of.remove(t.subject.keyed(), at)
	s.count--
	if s.first = t.next; s.first == 0 {
		s.last = 0
	}
	*t = taught{next: s.free}
	s.free = at
	s.forgotten++
}

// lookup returns what was taught last before the given packet.
func (s *lessons) lookup(k Key, before uint64) string {
	at := s.find(&k)
	if at == 0 {
		return ""
	}
	t := s.all.at(at)
	if t.newest.number < before {
		return t.newest.name
	}
	for _, v := range slices.Backward(t.older) {
		if v.number < before {
			return v.name
		}
	}
	return ""
}

// name returns the name that client learned for addr before the packet.
func (s *lessons) name(client, addr netip.Addr, before uint64) string {
	if word, mask := addrBit(addr); s.addrs[word]&mask == 0 {
		return ""
	}
	return s.lookup(subjectOf(client, addr, 0, 0), before)
}

// expected returns the protocol announced for the endpoint before the packet.
func (s *lessons) expected(t classify.Transport, addr netip.Addr, port uint16, before uint64) string {
	if s.ports[port>>6]&(1<<(port&63)) == 0 {
		return ""
	}
	return s.lookup(subjectOf(netip.Addr{}, addr, port, t), before)
}
