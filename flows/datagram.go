package flows

import "slices"

const (
	// maxGathered is how many bytes of a datagram are gathered: as many as are kept of a flow's side
	// to recognise it.
	maxGathered = 16 << 10
	// maxPieces is how many pieces a datagram may be in. Fragments of 512 bytes are no more.
	maxPieces = 64
)

// datagram is the payload of a UDP datagram as far as its fragments have come.
type datagram struct {
	// id is the number that its fragments have in common, side that of the key which sent it.
	id   uint32
	side uint8
	// length is that of the whole payload.
	length uint32
	// number and file are those of the first fragment: the packet's number, and the index of its
	// capture among the inputs.
	number uint64
	file   uint32

	pieces []piece // in the order of their places
	have   int     // bytes
}

// piece is a part of the payload. No two overlap.
type piece struct {
	at   int
	data []byte
}

// add adds a copy of what a fragment carries, from the given place on. What has come before stays
// where the two overlap. It returns by how much the memory of the datagram has grown.
func (d *datagram) add(at int, data []byte) int {
	before := d.held()
	data = data[:max(0, min(len(data), d.wanted()-at))]
	i, _ := slices.BinarySearchFunc(d.pieces, at, func(p piece, at int) int { return p.at + len(p.data) - at - 1 })
	for len(data) > 0 {
		if i < len(d.pieces) && d.pieces[i].at <= at { // what overlaps was there first
			n := min(len(data), d.pieces[i].at+len(d.pieces[i].data)-at)
			at, data = at+n, data[n:]
			i++
			continue
		}
		n := len(data)
		if i < len(d.pieces) {
			n = min(n, d.pieces[i].at-at)
		}
		if len(d.pieces) == maxPieces {
			break
		}
		d.pieces = slices.Insert(d.pieces, i, piece{at, slices.Clone(data[:n])})
		d.have += n
		at, data = at+n, data[n:]
		i++
	}
	return d.held() - before
}

// wanted is how many bytes are to come.
func (d *datagram) wanted() int { return min(int(d.length), maxGathered) }

// whole reports whether all that is wanted has come.
func (d *datagram) whole() bool { return d.have == d.wanted() }

// begins reports whether the datagram begins with b. Its first fragment has come.
func (d *datagram) begins(b []byte) bool {
	first := d.pieces[0].data
	n := min(len(b), len(first))
	return slices.Equal(first[:n], b[:n])
}

// payload returns the payload up to the first gap.
func (d *datagram) payload() []byte {
	n := 1
	for n < len(d.pieces) && d.pieces[n].at == d.pieces[n-1].at+len(d.pieces[n-1].data) {
		n++
	}
	if n == 1 {
		return d.pieces[0].data
	}
	out := make([]byte, 0, d.have)
	for _, p := range d.pieces[:n] {
		out = append(out, p.data...)
	}
	return out
}

// held returns about how many bytes of memory the datagram takes.
func (d *datagram) held() int {
	const own, each = 96, 40
	return own + d.have + len(d.pieces)*each
}
