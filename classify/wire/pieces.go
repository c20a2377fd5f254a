package wire

// Bounds on a handshake that is put together from pieces: more than any
// hello needs, certificates and key shares of post-quantum size included.
const (
	maxHandshake = 16 << 10
	maxPieces    = 128
)

// pieces puts together bytes that come with their offsets, in any order and
// more than once. It keeps the slices it is given.
type pieces struct {
	list []piece
}

type piece struct {
	offset int
	data   []byte
}

// add takes a piece. What lies beyond the bounds is left out.
func (p *pieces) add(offset uint64, data []byte) {
	if offset+uint64(len(data)) <= maxHandshake && len(p.list) < maxPieces {
		p.list = append(p.list, piece{int(offset), data})
	}
}

// data returns the bytes from the first one to the first gap.
func (p *pieces) data() []byte {
	if len(p.list) == 1 && p.list[0].offset == 0 {
		return p.list[0].data
	}
	var out []byte
	for grown := true; grown; {
		grown = false
		for _, q := range p.list {
			if end := q.offset + len(q.data); q.offset <= len(out) && end > len(out) {
				out = append(out, q.data[len(out)-q.offset:]...)
				grown = true
			}
		}
	}
	return out
}
