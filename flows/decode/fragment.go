package decode

import "slices"

// Bounds of what is remembered of fragments. First fragments are remembered for 30 s of
// packet time, as most hosts reassemble for; a fragment waits for its first one for
// less than the tolerance for packets out of order.
const (
	maxFirsts   = 4096
	maxHeld     = 256
	firstLives  = 30e9
	heldWaits   = 5e9
	maxNestings = maxTunnels + 2
)

// fragmentKey is what the fragments of one IP packet have in common (RFC 791,
// 3.2; RFC 8200, 4.5, where the protocol is not part of it).
type fragmentKey struct {
	src, dst [16]byte
	id       uint32
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
	vlan               uint16
	version, protocol  uint8
	tunnel             uint8
	outermost          Tunnel
	outerVersion       uint8
}

type first struct {
	key  fragmentKey
	time int64
	flow identity
}

type held struct {
	key    fragmentKey
	packet Packet
}

// fragments remembers first fragments, and holds fragments that came before
// theirs.
type fragments struct {
	used   bool
	index  map[fragmentKey]int
	firsts []first // a ring once it is full
	oldest int
	held   []held // by arrival
	ready  []Packet
	taken  int // how many of them Next has given

	// of the frame being decoded: the first fragments it contains, the outer
	// before the inner, and the key under which it is held
	seen   [maxNestings]fragmentKey
	nfirst int
	wanted fragmentKey
}

// start prepares for a frame and releases what waited too long.
func (f *fragments) start(time int64, s *Stats) {
	s.FragmentsLost += uint64(len(f.ready) - f.taken)
	f.ready, f.taken, f.nfirst = f.ready[:0], 0, 0
	n := 0
	for n < len(f.held) && time-f.held[n].packet.Time > heldWaits {
		n++
	}
	if n > 0 {
		f.orphan(n, s)
	}
}

// fragment handles an IP fragment whose addresses are in p. It reports whether
// the packet goes on to be decoded, which only a first fragment does.
func (d *Decoder) fragment(p *Packet, id uint32, protocol uint8, offset int) bool {
	f := &d.frags
	if !f.used {
		f.used, f.index = true, make(map[fragmentKey]int)
	}
	p.Fragment = true
	key := fragmentKey{src: p.Src, dst: p.Dst, id: id, vlan: p.VLAN, protocol: protocol, version: p.Version, tunnel: p.Tunnel}
	if p.Version == 6 {
		key.protocol = 0
	}
	if offset == 0 {
		if f.nfirst < len(f.seen) {
			f.seen[f.nfirst] = key
			f.nfirst++
		}
		return true
	}
	p.Protocol = protocol
	if i, ok := f.index[key]; ok && p.Time-f.firsts[i].time <= firstLives {
		f.firsts[i].flow.give(p)
		p.Kind = IP
		return false
	}
	f.wanted, p.Kind = key, Held
	return false
}

// finish remembers or holds the fragment that was decoded.
func (f *fragments) finish(p *Packet, s *Stats) {
	s.Fragments++
	if p.Kind == Held {
		if len(f.held) == maxHeld {
			f.orphan(maxHeld/2, s)
		}
		f.held = append(f.held, held{f.wanted, *p})
	}
	if p.Kind != IP {
		return
	}
	for _, key := range f.seen[:f.nfirst] {
		f.remember(key, p)
	}
}

// remember keeps the flow of a first fragment and releases those that waited
// for it.
func (f *fragments) remember(key fragmentKey, p *Packet) {
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
	f.firsts[i] = first{key, p.Time, identityOf(p)}
	waits := func(h held) bool { return h.key == key }
	if !slices.ContainsFunc(f.held, waits) {
		return
	}
	for j := range f.held {
		if h := &f.held[j]; h.key == key {
			h.packet.Kind = IP
			f.firsts[i].flow.give(&h.packet)
			f.ready = append(f.ready, h.packet)
		}
	}
	f.held = slices.DeleteFunc(f.held, waits)
}

// orphan releases the n oldest fragments that are held, without ports.
func (f *fragments) orphan(n int, s *Stats) {
	for i := range f.held[:n] {
		p := &f.held[i].packet
		p.Kind, p.Orphan = IP, true
		f.ready = append(f.ready, *p)
	}
	s.Orphans += uint64(n)
	f.held = f.held[:copy(f.held, f.held[n:])]
}

func (f *fragments) flush(s *Stats) { f.orphan(len(f.held), s) }

func identityOf(p *Packet) identity {
	return identity{
		src: p.Src, dst: p.Dst, srcPort: p.SrcPort, dstPort: p.DstPort,
		vlan: p.VLAN, version: p.Version, protocol: p.Protocol, tunnel: p.Tunnel,
		outermost: p.Outermost, outerVersion: p.OuterVersion, outerSrc: p.OuterSrc, outerDst: p.OuterDst,
	}
}

// give makes p part of the flow. It differs from p's own addresses where the
// fragments are those of a tunnel's outer packet.
func (id *identity) give(p *Packet) {
	p.Src, p.Dst, p.SrcPort, p.DstPort = id.src, id.dst, id.srcPort, id.dstPort
	p.VLAN, p.Version, p.Protocol, p.Tunnel = id.vlan, id.version, id.protocol, id.tunnel
	p.Outermost, p.OuterVersion, p.OuterSrc, p.OuterDst = id.outermost, id.outerVersion, id.outerSrc, id.outerDst
}
