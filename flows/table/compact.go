package table

// compact is the record of a flow of one packet between IPv4 addresses. It is less than half of a
// Record, and one cache line: where somebody scans a network, most flows never have a second
// packet.
type compact struct {
	rest       uint64 // last word of the key
	time       int64
	addr       [2]uint32 // of the key's endpoints
	wire       uint32
	seqOrLabel uint32 // the label, or the initial sequence number: of the sender if it is a SYN, else of the other side
	numberLow  uint32
	links      links
	extra      uint32
	numberHigh uint16
	flags      Flag
	mac        [2][6]byte
}

// compactBit marks a Ref of a compact record.
const compactBit = 1 << (numberBits - 1)

func (ref Ref) compact() bool { return ref&compactBit != 0 }

// compactAt returns the compact record of ref.
func (t *Table) compactAt(ref Ref) *compact { return t.compacts.At(uint32(ref &^ compactBit)) }

// fitsCompact reports whether a flow of that key may be compact: the words of its addresses hold
// four bytes each.
func (k *Key) fitsCompact() bool {
	return !k.IPv6() && uint32(k[0])|uint32(k[2]) == 0 && k[1]|k[3] == 0
}

// is reports whether the record is of that key.
func (c *compact) is(k *Key) bool {
	return c.rest == k[4] && k.fitsCompact() && c.addr == [2]uint32{uint32(k[0] >> 32), uint32(k[2] >> 32)}
}

func (c *compact) key() Key {
	return Key{uint64(c.addr[0]) << 32, 0, uint64(c.addr[1]) << 32, 0, c.rest}
}

func (c *compact) number() uint64 { return uint64(c.numberHigh)<<32 | uint64(c.numberLow) }

// side returns the key's side that sent the packet.
func (c *compact) side() int {
	if c.flags&bySecond != 0 {
		return 1
	}
	return 0
}

// store takes over a record of one packet. The links stay.
func (c *compact) store(r *Record) {
	side, by := 0, Flag(0)
	if r.Packets[1] != 0 {
		side, by = 1, bySecond
	}
	word := r.seqOrLabel[side]
	switch {
	case r.Flags&Decided != 0:
		word = r.seqOrLabel[0]
	case r.Flags&(SYNSeen<<side) == 0:
		word = r.seqOrLabel[1-side]
	}
	*c = compact{
		rest: r.Key[4], time: r.First[side], addr: [2]uint32{uint32(r.Key[0] >> 32), uint32(r.Key[2] >> 32)},
		wire: uint32(r.Bytes[side]), seqOrLabel: word, numberLow: r.numberLow, links: c.links, extra: r.extra,
		numberHigh: r.numberHigh, flags: r.Flags&^bySecond | by, mac: r.MAC,
	}
}

// load fills a record but for its links.
func (c *compact) load(r *Record) {
	side := c.side()
	*r = Record{
		Key: c.key(), numberLow: c.numberLow, numberHigh: c.numberHigh,
		extra: c.extra, Flags: c.flags &^ bySecond, MAC: c.mac,
	}
	r.First[side], r.Last[side], r.Bytes[side], r.Packets[side] = c.time, c.time, uint64(c.wire), 1
	switch {
	case c.flags&Decided != 0:
		r.seqOrLabel[0] = c.seqOrLabel
	case c.flags&(SYNSeen<<side) != 0:
		r.seqOrLabel[side] = c.seqOrLabel
	default:
		r.seqOrLabel[1-side] = c.seqOrLabel
	}
}

// expand gives a compact flow, whose fields are those of r, a Record.
func (t *Table) expand(ref Ref, r *Record) (Ref, *Record) {
	own := t.newRecord()
	to := t.records.At(uint32(own))
	*to = *r
	to.links = t.compactAt(ref).links
	t.relink(own, to.links)
	t.index.replace(to.Key.Hash(), uint32(ref), uint32(own))
	t.free(ref)
	return own, to
}

// The following read what they name without loading a compact record.

// has reports whether the flow is of that key.
func (t *Table) has(ref Ref, k *Key) bool {
	if ref.compact() {
		return t.compactAt(ref).is(k)
	}
	return t.records.At(uint32(ref)).Key.Equal(k)
}

// Number returns the number of the flow's first packet, or 0 where the flow is gone.
func (t *Table) Number(ref Ref) uint64 {
	if ref.compact() {
		return t.compactAt(ref).number()
	}
	return t.records.At(uint32(ref)).Number()
}

// EndOf returns the end of a flow, as End does.
func (t *Table) EndOf(ref Ref) int64 {
	if ref.compact() {
		c := t.compactAt(ref)
		return t.end(c.flags, c.extra, c.time, c.time)
	}
	return t.End(t.records.At(uint32(ref)))
}

// LastTime returns the time of the flow's last packet.
func (t *Table) LastTime(ref Ref) int64 {
	if ref.compact() {
		return t.compactAt(ref).time
	}
	return t.records.At(uint32(ref)).LastTime()
}

func (t *Table) flags(ref Ref) Flag {
	if ref.compact() {
		return t.compactAt(ref).flags
	}
	return t.records.At(uint32(ref)).Flags
}

func (t *Table) hash(ref Ref) uint64 {
	if ref.compact() {
		k := t.compactAt(ref).key()
		return k.Hash()
	}
	return t.records.At(uint32(ref)).Key.Hash()
}

func (t *Table) links(ref Ref) *links {
	if ref.compact() {
		return &t.compactAt(ref).links
	}
	return &t.records.At(uint32(ref)).links
}

// Prefetch reads all cache lines of a flow's record, so that they are near when a packet comes to
// it. The caller has to use the result: else the reading could be left out.
func (t *Table) Prefetch(ref Ref) uint64 {
	if ref.compact() {
		return t.compactAt(ref).rest
	}
	r := t.records.At(uint32(ref))
	return r.Key[0] + r.Bytes[0] + uint64(r.Flags)
}
