package xz

import "errors"

// The names and numbers are those of the LZMA specification (Igor Pavlov, 2015).
const (
	states        = 12
	posStates     = 1 << 4
	lenSlots      = 4 // by length, for the slot of a distance
	modelled      = 14
	fullDistances = 1 << (modelled / 2)
	alignBits     = 4
	minMatch      = 2

	topValue  = 1 << 24
	modelBits = 11
	moveBits  = 5
	evens     = 1 << (modelBits - 1)
)

// literals is the most models that literals take: LZMA2 has lc + lp at most 4.
const literals = 0x300 << 4

// lengthModel is the model of a length.
type lengthModel struct {
	choice, choice2 uint16
	low, mid        [posStates][8]uint16
	high            [256]uint16
}

// models are the probabilities that a decoder learns.
type models struct {
	isMatch, isRep0Long              [states][posStates]uint16
	isRep, isRepG0, isRepG1, isRepG2 [states]uint16
	slot                             [lenSlots][64]uint16
	special                          [fullDistances]uint16
	align                            [1 << alignBits]uint16
	length, repLength                lengthModel
	literal                          [literals]uint16
}

// fresh is what models are reset to.
var fresh = func() *models {
	m := &models{}
	for _, row := range [][]uint16{
		m.isRep[:], m.isRepG0[:], m.isRepG1[:], m.isRepG2[:], m.special[:], m.align[:], m.literal[:],
	} {
		even(row)
	}
	for i := range m.isMatch {
		even(m.isMatch[i][:])
		even(m.isRep0Long[i][:])
	}
	for i := range m.slot {
		even(m.slot[i][:])
	}
	for _, l := range []*lengthModel{&m.length, &m.repLength} {
		l.choice, l.choice2 = evens, evens
		for i := range posStates {
			even(l.low[i][:])
			even(l.mid[i][:])
		}
		even(l.high[:])
	}
	return m
}()

func even(row []uint16) {
	for i := range row {
		row[i] = evens
	}
}

// rangeDecoder decodes bits of a chunk that lies in memory.
type rangeDecoder struct {
	in        []byte
	at        int
	rng, code uint32
	// over is set where more was wanted than there is.
	over bool
}

var errDamaged = errors.New("the LZMA data make no sense")

// start reads the five bytes that a chunk begins with, the first of which is 0.
func (rc *rangeDecoder) start(in []byte) error {
	rc.in, rc.at, rc.rng, rc.code, rc.over = in, 0, 0xffffffff, 0, false
	if len(in) > 0 && in[0] != 0 {
		return errDamaged
	}
	for range 5 {
		rc.code = rc.code<<8 | rc.next()
	}
	return nil
}

func (rc *rangeDecoder) next() uint32 {
	if rc.at >= len(rc.in) {
		rc.over = true
		return 0
	}
	b := rc.in[rc.at]
	rc.at++
	return uint32(b)
}

func (rc *rangeDecoder) normalise() {
	if rc.rng < topValue {
		rc.rng <<= 8
		rc.code = rc.code<<8 | rc.next()
	}
}

// bit decodes a bit of that probability.
func (rc *rangeDecoder) bit(p *uint16) uint32 {
	if rc.rng < topValue {
		rc.rng <<= 8
		rc.code = rc.code<<8 | rc.next()
	}
	v := uint32(*p)
	bound := (rc.rng >> modelBits) * v
	if rc.code < bound {
		rc.rng = bound
		*p = uint16(v + (1<<modelBits-v)>>moveBits)
		return 0
	}
	rc.rng -= bound
	rc.code -= bound
	*p = uint16(v - v>>moveBits)
	return 1
}

// direct decodes n bits that are as often 0 as 1.
func (rc *rangeDecoder) direct(n uint32) uint32 {
	v := uint32(0)
	for range n {
		rc.normalise()
		rc.rng >>= 1
		rc.code -= rc.rng
		below := 0 - rc.code>>31
		rc.code += rc.rng & below
		v = v<<1 + below + 1
	}
	return v
}

// tree decodes n bits, the highest first.
func (rc *rangeDecoder) tree(p []uint16, n uint) uint32 {
	m := uint32(1)
	for range n {
		m = m<<1 | rc.bit(&p[m])
	}
	return m - 1<<n
}

// reverse decodes n bits, the lowest first.
func (rc *rangeDecoder) reverse(p []uint16, n uint32) uint32 {
	m, v := uint32(1), uint32(0)
	for i := range n {
		b := rc.bit(&p[m])
		m = m<<1 | b
		v |= b << i
	}
	return v
}

func (l *lengthModel) decode(rc *rangeDecoder, posState uint32) uint32 {
	switch {
	case rc.bit(&l.choice) == 0:
		return rc.tree(l.low[posState][:], 3)
	case rc.bit(&l.choice2) == 0:
		return 8 + rc.tree(l.mid[posState][:], 3)
	}
	return 16 + rc.tree(l.high[:], 8)
}

// lzma decodes the LZMA data of one chunk after the other.
type lzma struct {
	rc rangeDecoder
	m  models
	// lc, lp and pb are the properties: how many bits of the byte before and of
	// the position choose a model.
	lc, lp, pb uint
	state      uint32
	reps       [4]uint32
	// owed is what is still to be copied of a match, from reps[0].
	owed uint32
}

// properties takes over the byte that says lc, lp and pb.
func (z *lzma) properties(b byte) error {
	if b >= 9*5*5 {
		return errDamaged
	}
	z.lc, z.lp, z.pb = uint(b%9), uint(b/9%5), uint(b/45)
	if z.lc+z.lp > 4 {
		return errDamaged
	}
	return nil
}

// reset forgets what was learned.
func (z *lzma) reset() {
	z.m = *fresh
	z.state, z.reps, z.owed = 0, [4]uint32{}, 0
}

// decode puts n bytes into the window. It returns how many it put, fewer where
// the chunk's data end before, and an error where they make no sense.
func (z *lzma) decode(w *window, n int) (int, error) {
	for done := 0; ; {
		if z.owed > 0 {
			k := min(n-done, int(z.owed))
			if !w.copy(z.reps[0], k) {
				return done, errDamaged
			}
			z.owed -= uint32(k)
			done += k
		}
		if done == n {
			return done, nil
		}
		posState := uint32(w.total) & (1<<z.pb - 1)
		if z.rc.bit(&z.m.isMatch[z.state][posState]) == 0 {
			b := z.decodeLiteral(w)
			if z.rc.over {
				return done, nil
			}
			w.put(b)
			done++
			continue
		}
		z.match(posState)
		if z.rc.over {
			z.owed = 0
			return done, nil
		}
	}
}

// decodeLiteral decodes a byte, with the help of that before and, after a match,
// of that which the match would have gone on with.
func (z *lzma) decodeLiteral(w *window) byte {
	before := uint32(w.at(0))
	chosen := (uint32(w.total)&(1<<z.lp-1))<<z.lc | before>>(8-z.lc)
	p := z.m.literal[0x300*chosen:][:0x300]
	m := uint32(1)
	if z.state >= 7 {
		like := uint32(w.at(z.reps[0]))
		for m < 0x100 {
			want := like >> 7 & 1
			like <<= 1
			got := z.rc.bit(&p[(1+want)<<8+m])
			m = m<<1 | got
			if got != want {
				break
			}
		}
	}
	for m < 0x100 {
		m = m<<1 | z.rc.bit(&p[m])
	}
	switch {
	case z.state < 4:
		z.state = 0
	case z.state < 10:
		z.state -= 3
	default:
		z.state -= 6
	}
	return byte(m)
}

// match decodes how long a match is and how far back it lies.
func (z *lzma) match(posState uint32) {
	rc, m := &z.rc, &z.m
	if rc.bit(&m.isRep[z.state]) == 0 {
		z.reps[3], z.reps[2], z.reps[1] = z.reps[2], z.reps[1], z.reps[0]
		n := m.length.decode(rc, posState)
		z.reps[0] = z.distance(n)
		z.after(7)
		z.owed = n + minMatch
		return
	}
	if rc.bit(&m.isRepG0[z.state]) == 0 {
		if rc.bit(&m.isRep0Long[z.state][posState]) == 0 {
			z.after(9)
			z.owed = 1
			return
		}
	} else {
		z.reps[0] = z.repeated()
	}
	n := m.repLength.decode(rc, posState)
	z.after(8)
	z.owed = n + minMatch
}

// after is the state after a match of that kind: kind behind a literal, and 3
// more, or 10 or 11 as the specification has them, behind another match.
func (z *lzma) after(kind uint32) {
	switch {
	case z.state < 7:
		z.state = kind
	case kind == 7:
		z.state = 10
	default:
		z.state = 11
	}
}

// repeated takes one of the three distances before the last to the front.
func (z *lzma) repeated() uint32 {
	if z.rc.bit(&z.m.isRepG1[z.state]) == 0 {
		d := z.reps[1]
		z.reps[1] = z.reps[0]
		return d
	}
	d := z.reps[2]
	if z.rc.bit(&z.m.isRepG2[z.state]) != 0 {
		d = z.reps[3]
		z.reps[3] = z.reps[2]
	}
	z.reps[2], z.reps[1] = z.reps[1], z.reps[0]
	return d
}

// distance decodes the distance of a match of that length, less one.
func (z *lzma) distance(length uint32) uint32 {
	slot := z.rc.tree(z.m.slot[min(length, lenSlots-1)][:], 6)
	if slot < 4 {
		return slot
	}
	n := slot>>1 - 1
	d := (2 | slot&1) << n
	if slot < modelled {
		return d + z.rc.reverse(z.m.special[d-slot:], n)
	}
	d += z.rc.direct(n-alignBits) << alignBits
	return d + z.rc.reverse(z.m.align[:], alignBits)
}
