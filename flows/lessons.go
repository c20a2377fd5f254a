package flows

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"servmap/classify"
)

// What is kept of lessons: in all, and of each address or endpoint.
const (
	maxLessons  = 1 << 19
	maxVersions = 8
)

// lesson is a lesson with the number of the packet that taught it.
type lesson struct {
	number uint64
	classify.Lesson
}

// version is what was taught, and since which packet it holds.
type version struct {
	number uint64
	name   string
}

type subject struct {
	client, addr netip.Addr
	port         uint16
	transport    classify.Transport
}

// lessons holds what flows taught about later flows. They are added in the
// order of packets; a flow only sees what was taught before its first packet.
type lessons struct {
	of map[subject][]version
	// order is a ring of the subjects, the oldest at next once it is full.
	order []subject
	next  int
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

func (s *lessons) add(l lesson) {
	if s.of == nil {
		s.of = map[subject][]version{}
	}
	if l.Kind == classify.LessonName {
		word, mask := addrBit(l.Addr)
		s.addrs[word] |= mask
	} else {
		s.ports[l.Port>>6] |= 1 << (l.Port & 63)
	}
	k := subject{client: l.Client, addr: l.Addr, port: l.Port, transport: l.Transport}
	vs, known := s.of[k]
	if n := len(vs); n > 0 && vs[n-1].name == l.Name {
		return
	}
	switch {
	case known:
	case len(s.order) < maxLessons:
		s.order = append(s.order, k)
	default:
		delete(s.of, s.order[s.next])
		s.order[s.next] = k
		s.next = (s.next + 1) % maxLessons
	}
	if len(vs) == maxVersions {
		vs = slices.Delete(vs, 0, 1)
	}
	s.of[k] = append(vs, version{l.number, l.Name})
}

// lookup returns what was taught last before the given packet.
func (s *lessons) lookup(k subject, before uint64) string {
	vs := s.of[k]
	for i := len(vs) - 1; i >= 0; i-- {
		if vs[i].number < before {
			return vs[i].name
		}
	}
	return ""
}

// name returns the name that client learned for addr before the packet.
func (s *lessons) name(client, addr netip.Addr, before uint64) string {
	if word, mask := addrBit(addr); s.addrs[word]&mask == 0 {
		return ""
	}
	return s.lookup(subject{client: client, addr: addr}, before)
}

// expected returns the protocol announced for the endpoint before the packet.
func (s *lessons) expected(t classify.Transport, addr netip.Addr, port uint16, before uint64) string {
	if s.ports[port>>6]&(1<<(port&63)) == 0 {
		return ""
	}
	return s.lookup(subject{addr: addr, port: port, transport: t}, before)
}
