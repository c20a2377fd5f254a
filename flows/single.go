package flows

// single is the record of a flow that has one packet, between IPv4 addresses. It is less than half
// of a record, and one line of the processor's caches: where somebody
// scans a network, most flows are never more. The second packet makes it a record.
type single struct {
	rest       uint64 // last word of the key
	time       int64
	addr       [2]uint32 // of the key's endpoints
	wire       uint32
	word       uint32 // record.word of the sender if it is a SYN, else of the other side, or the label
	numberLow  uint32
	links      links
	extra      uint32
	numberHigh uint16
	flags      flag
	mac        [2][6]byte
}

// Record numbers with this bit are of singles.
const singleBit = 1 << (numberBits - 1)

func isSingle(i uint32) bool { return i&singleBit != 0 }

// single returns the single with that record number.
func (p *partition) single(i uint32) *single { return p.singles.at(i &^ singleBit) }

// fitsSingle reports whether a flow of that key may be a single: the words of its addresses
// hold nothing but four bytes each.
func (k *Key) fitsSingle() bool {
	return !k.IPv6() && uint32(k[0])|uint32(k[2]) == 0 && k[1]|k[3] == 0
}

// is reports whether the single is of that key.
func (s *single) is(k *Key) bool {
	return s.rest == k[4] && k.fitsSingle() && s.addr == [2]uint32{uint32(k[0] >> 32), uint32(k[2] >> 32)}
}

// key returns the key of the flow.
func (s *single) key() Key {
	return Key{uint64(s.addr[0]) << 32, 0, uint64(s.addr[1]) << 32, 0, s.rest}
}

// number is that of record.
func (s *single) number() uint64 { return uint64(s.numberHigh)<<32 | uint64(s.numberLow) }

// side returns the key's side that sent the packet.
func (s *single) side() int {
	if s.flags&bySecond != 0 {
		return 1
	}
	return 0
}

// pack takes over a record of one packet; the links stay.
func (s *single) pack(r *record) {
	side, by := 0, flag(0)
	if r.packets[1] != 0 {
		side, by = 1, bySecond
	}
	word := r.word[side]
	switch {
	case r.flags&decided != 0:
		word = r.word[0]
	case r.flags&(synFirst<<side) == 0:
		word = r.word[1-side]
	}
	*s = single{
		rest: r.key[4], time: r.first[side], addr: [2]uint32{uint32(r.key[0] >> 32), uint32(r.key[2] >> 32)},
		wire: uint32(r.bytes[side]), word: word, numberLow: r.numberLow, links: s.links, extra: r.extra,
		numberHigh: r.numberHigh, flags: r.flags&^bySecond | by, mac: r.mac,
	}
}

// unpack fills a record but for its links.
func (s *single) unpack(r *record) {
	side := s.side()
	*r = record{
		key: s.key(), numberLow: s.numberLow, numberHigh: s.numberHigh,
		extra: s.extra, flags: s.flags &^ bySecond, mac: s.mac,
	}
	r.first[side], r.last[side], r.bytes[side], r.packets[side] = s.time, s.time, uint64(s.wire), 1
	switch {
	case s.flags&decided != 0:
		r.word[0] = s.word
	case s.flags&(synFirst<<side) != 0:
		r.word[side] = s.word
	default:
		r.word[1-side] = s.word
	}
}

// look returns the flow's record; that of a single is a copy, which holds until the next call
// and is given back with keep.
func (p *partition) look(i uint32) *record {
	if !isSingle(i) {
		return p.records.at(i)
	}
	p.single(i).unpack(&p.t.looked)
	return &p.t.looked
}

// keep gives back a record of look that was changed.
func (p *partition) keep(i uint32, r *record) {
	if isSingle(i) {
		p.single(i).pack(r)
	}
}

// promote makes a single, whose record is r, a record of its own, and returns both.
func (p *partition) promote(i uint32, r *record) (uint32, *record) {
	j := p.newRecord()
	own := p.records.at(j)
	*own = *r
	own.links = p.single(i).links
	p.relinked(j, own.links)
	p.index.replace(own.key.hash(), i, j)
	p.release(i)
	return j, own
}

// seal puts a new flow, whose record is r, into the single that was taken for it. While its
// payload is kept it is to be a record.
func (p *partition) seal(i uint32, r *record) {
	if r.extra == 0 || p.t.extras.at(r.extra).state == nil {
		p.single(i).pack(r)
		return
	}
	j, _ := p.promote(i, r)
	p.undecided[len(p.undecided)-1].i = j
}

// The following read what they name without a copy of a single's record.

func (p *partition) has(i uint32, k *Key) bool {
	if isSingle(i) {
		return p.single(i).is(k)
	}
	return p.records.at(i).key.equal(k)
}

// touch reads all lines of memory that the flow's record lies in.
func (p *partition) touch(i uint32) uint64 {
	if isSingle(i) {
		return p.single(i).rest
	}
	r := p.records.at(i)
	return r.key[0] + r.bytes[0] + uint64(r.flags)
}

func (p *partition) numberOf(i uint32) uint64 {
	if isSingle(i) {
		return p.single(i).number()
	}
	return p.records.at(i).number()
}

func (p *partition) endOf(i uint32) int64 {
	if isSingle(i) {
		s := p.single(i)
		return p.ends(s.flags, s.extra, s.time, s.time)
	}
	return p.end(p.records.at(i))
}

func (p *partition) lastOf(i uint32) int64 {
	if isSingle(i) {
		return p.single(i).time
	}
	return p.records.at(i).lastTime()
}

func (p *partition) flagsOf(i uint32) flag {
	if isSingle(i) {
		return p.single(i).flags
	}
	return p.records.at(i).flags
}

func (p *partition) hashOf(i uint32) uint64 {
	if isSingle(i) {
		k := p.single(i).key()
		return k.hash()
	}
	return p.records.at(i).key.hash()
}

func (p *partition) links(i uint32) *links {
	if isSingle(i) {
		return &p.single(i).links
	}
	return &p.records.at(i).links
}
