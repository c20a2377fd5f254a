package decode

// Bounds of what is remembered of fragments.
const (
	maxFirsts   = 4096
	maxHeld     = 256
	maxNestings = maxTunnels + 2
	// firstLives is how long a first fragment is remembered, in nanoseconds of packet time: as long
	// as most hosts wait for the rest of a packet.
	firstLives = 30e9
	// heldWaits is how long a fragment waits for its first one: less than the grace time for late
	// packets.
	heldWaits = 5e9
)

// fragmentKey is what the fragments of one IP packet have in common (RFC 791, 3.2; RFC 8200, 4.5:
// in IPv6 the protocol is not part of it).
type fragmentKey struct {
	src, dst [16]byte
	id       uint32
	tenant   uint32
	vlan     uint16
	protocol uint8
	version  uint8
	tunnel   uint8
}

// identity is the flow that a first fragment belongs to.
type identity struct {
	src, dst           [16]byte
	outerSrc, outerDst [16]byte
	srcPort, dstPort   uint16
	tenant             uint32
	vlan               uint16
	version, protocol  uint8
	tunnel             uint8
	outermost          Tunnel
	outerVersion       uint8
}

// first is a remembered first fragment.
type first struct {
	key  fragmentKey
	time int64
	flow identity
	rest rest
}

// held is a fragment that waits for its first one. Its links are numbers of others, 0 for none.
type held struct {
	key        fragmentKey
	packet     Packet
	offset     int    // of data in the IP packet's payload
	data       []byte // a copy
	prev, next uint16 // by arrival
	same       uint16 // the next one of the same IP packet
}

// queue is a list of held fragments: the numbers of the first and the last.
type queue struct{ first, last uint16 }

// fragments remembers first fragments, and holds others that came before their first one.
type fragments struct {
	used   bool // there is something to do before each frame
	index  map[fragmentKey]int
	firsts []first // a ring once it is full
	oldest int
	held   []held                // number 0 is never used
	free   uint16                // the first of those that are not in use, linked by next
	nheld  int                   // how many are held
	order  queue                 // all that are held, by arrival
	waits  map[fragmentKey]queue // the same by IP packet
	ready  []Packet              // released, for Next
	taken  int                   // how many of ready Next has returned
	work   int                   // how many held fragments were visited, for tests

	// Of the frame being decoded: the first fragments in it, the outer before the inner, and the
	// key under which it is held.
	seen   [maxNestings]fragmentKey
	nfirst int
	wanted fragmentKey
	// body is what the outermost of the first fragments carries; of one that is held, offset is where
	// that lies in the IP packet's payload.
	body   body
	offset int

	datagrams uint32 // how many datagrams have got a number
	bare      int    // how many of them since the last later fragment
}

// start prepares for a frame and releases the fragments that waited too long.
func (f *fragments) start(time int64, s *Stats) {
	s.FragmentsLost += uint64(len(f.ready) - f.taken)
	f.ready, f.taken, f.nfirst = f.ready[:0], 0, 0
	for f.nheld > 0 && time-f.held[f.order.first].packet.Time > heldWaits {
		f.orphan(s)
	}
}

// fragment handles an IP fragment whose addresses are in p. offset is where what it carries, b, lies
// in the payload of the whole packet. It reports whether to decode that: only for a first fragment.
func (d *Decoder) fragment(p *Packet, id uint32, protocol uint8, offset int, b []byte, wire int) bool {
	f := &d.frags
	if f.index == nil {
		f.used, f.index, f.waits, f.held = true, make(map[fragmentKey]int), make(map[fragmentKey]queue), make([]held, 1)
	}
	p.Fragment = true
	key := fragmentKey{
		src: p.Src, dst: p.Dst, id: id, tenant: p.Tenant, vlan: p.VLAN, protocol: protocol, version: p.Version, tunnel: p.Tunnel,
	}
	if d.IgnoreVLAN {
		key.vlan = 0
	}
	if p.Version == 6 {
		key.protocol = 0
	}
	if offset == 0 {
		if f.nfirst == 0 {
			f.body = body{length: len(b), room: cap(b), whole: len(b) == wire}
		}
		if f.nfirst < len(f.seen) {
			f.seen[f.nfirst] = key
			f.nfirst++
		}
		return true
	}
	p.Protocol, p.PayloadLen, f.bare = protocol, wire, 0
	if i, ok := f.index[key]; ok && p.Time-f.firsts[i].time <= firstLives {
		f.firsts[i].flow.give(p)
		p.Kind = IP
		if f.nfirst == 0 {
			f.firsts[i].rest.give(p, offset, b)
		}
		return false
	}
	f.wanted, p.Kind, f.offset = key, Held, offset
	if f.nfirst == 0 && offset < maxCopied {
		p.Payload = b[:min(len(b), maxCopied-offset)] // until it is copied
	}
	return false
}

// finish remembers or holds the fragment that was decoded.
func (f *fragments) finish(p *Packet, s *Stats) {
	s.Fragments++
	if p.Kind == Held {
		if f.nheld == maxHeld {
			for range maxHeld / 2 {
				f.orphan(s)
			}
		}
		f.hold(f.wanted, p)
		p.Payload = nil
	}
	if p.Kind != IP {
		return
	}
	var r rest
	if f.nfirst == 1 {
		r = f.begin(f.seen[0], p)
	}
	for _, key := range f.seen[:f.nfirst] {
		f.remember(key, p, r)
	}
}

// remember keeps the flow of a first fragment and releases those that waited for it.
func (f *fragments) remember(key fragmentKey, p *Packet, r rest) {
	i, ok := f.index[key]
	switch {
	case ok:
	case len(f.firsts) < maxFirsts:
		i = len(f.firsts)
		f.firsts = append(f.firsts, first{})
	default:
		i = f.oldest
		f.oldest = (f.oldest + 1) % maxFirsts
		delete(f.index, f.firsts[i].key)
	}
	f.index[key] = i
	f.firsts[i] = first{key, p.Time, identityOf(p), r}
	if f.nheld == 0 {
		return
	}
	for q := f.waits[key]; q.first != 0; q = f.waits[key] {
		h := &f.held[q.first]
		h.packet.Kind = IP
		f.firsts[i].flow.give(&h.packet)
		f.firsts[i].rest.give(&h.packet, h.offset, h.data)
		f.ready = append(f.ready, h.packet)
		f.drop(q.first)
	}
}

// hold adds a fragment to those that wait.
func (f *fragments) hold(key fragmentKey, p *Packet) {
	n := f.free
	if n != 0 {
		f.free = f.held[n].next
	} else {
		n = uint16(len(f.held))
		f.held = append(f.held, held{})
	}
	data := append(f.held[n].data[:0], p.Payload...)
	f.held[n] = held{key: key, packet: *p, offset: f.offset, data: data, prev: f.order.last}
	f.held[n].packet.Payload = nil
	if f.order.last != 0 {
		f.held[f.order.last].next = n
	} else {
		f.order.first = n
	}
	f.order.last = n
	q := f.waits[key]
	if q.last != 0 {
		f.held[q.last].same = n
	} else {
		q.first = n
	}
	q.last = n
	f.waits[key] = q
	f.nheld++
	f.work++
}

// drop removes a held fragment, the oldest of its IP packet.
func (f *fragments) drop(n uint16) {
	h := &f.held[n]
	if h.prev != 0 {
		f.held[h.prev].next = h.next
	} else {
		f.order.first = h.next
	}
	if h.next != 0 {
		f.held[h.next].prev = h.prev
	} else {
		f.order.last = h.prev
	}
	if h.same != 0 {
		f.waits[h.key] = queue{h.same, f.waits[h.key].last}
	} else {
		delete(f.waits, h.key)
	}
	*h = held{data: h.data, next: f.free} // its data is there until another fragment is held
	f.free = n
	f.nheld--
	f.work++
}

// orphan releases the oldest held fragment, without ports.
func (f *fragments) orphan(s *Stats) {
	n := f.order.first
	p := &f.held[n].packet
	p.Kind, p.Orphan = IP, true
	f.ready = append(f.ready, *p)
	f.drop(n)
	s.Orphans++
}

// flush releases all.
func (f *fragments) flush(s *Stats) {
	for f.nheld > 0 {
		f.orphan(s)
	}
}

// identityOf returns the flow of a first fragment.
func identityOf(p *Packet) identity {
	return identity{
		src: p.Src, dst: p.Dst, srcPort: p.SrcPort, dstPort: p.DstPort,
		tenant: p.Tenant, vlan: p.VLAN, version: p.Version, protocol: p.Protocol, tunnel: p.Tunnel,
		outermost: p.Outermost, outerVersion: p.OuterVersion, outerSrc: p.OuterSrc, outerDst: p.OuterDst,
	}
}

// give makes p part of the flow. Its addresses may change: where the fragments are those of a
// tunnel's outer packet, the flow is the inner one.
func (id *identity) give(p *Packet) {
	p.Src, p.Dst, p.SrcPort, p.DstPort = id.src, id.dst, id.srcPort, id.dstPort
	p.Tenant, p.VLAN, p.Version, p.Protocol, p.Tunnel = id.tenant, id.vlan, id.version, id.protocol, id.tunnel
	p.Outermost, p.OuterVersion, p.OuterSrc, p.OuterDst = id.outermost, id.outerVersion, id.outerSrc, id.outerDst
}
