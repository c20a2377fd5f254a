package wire

import "slices"

// Bounds on a handshake that is put together from pieces: more than any
// hello needs, certificates and key shares of post-quantum size included.
const (
	maxHandshake = 16 << 10
	maxPieces    = 128
)

// pieces puts together bytes that come with their offsets, in any order and
// more than once. It keeps the slices it is given.
type pieces struct {
	list []piece // in the order of their offsets
	size int     // bytes in all of them
}

// pieceSize is what a piece takes besides its bytes.
const pieceSize = 32

type piece struct {
	offset int
	data   []byte
}

// add takes a piece. What lies beyond the bounds is left out.
func (p *pieces) add(offset uint64, data []byte) {
	if offset > maxHandshake || len(data) > maxHandshake-int(offset) || len(p.list) >= maxPieces || p.size+len(data) > 4*maxHandshake {
		return
	}
	at := len(p.list)
	for at > 0 && p.list[at-1].offset > int(offset) {
		at--
	}
	p.list = slices.Insert(p.list, at, piece{int(offset), data})
	p.size += len(data)
}

// data returns the bytes from the first one to the first gap.
func (p *pieces) data() []byte {
	if len(p.list) == 1 && p.list[0].offset == 0 {
		return p.list[0].data
	}
	var out []byte
	for _, q := range p.list {
		if q.offset > len(out) {
			break
		}
		if end := q.offset + len(q.data); end > len(out) {
			out = append(out, q.data[len(out)-q.offset:]...)
		}
	}
	return out
}
