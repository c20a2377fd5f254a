package protocols

import (
	"bytes"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var aerospike = classify.Protocol{
	Name: "Aerospike", Category: "Database", Transport: classify.TCP, TCPPorts: []uint16{3000}, NoGuess: true,
	FirstBytes: classify.Bytes("\x02"), Recognise: recogniseAerospike, Reference: "Aerospike, wire protocol: proto header, message header",
}

// recogniseAerospike accepts a header of version 2, a type, and 48 bits of length, with what the type has
// behind: names in lines, with values in the answer; or a message, whose own header has 22 bytes.
func recogniseAerospike(p *classify.Probe) classify.Outcome {
	own := p.HasPort(3000)
	return match.Either(p, func(b []byte) classify.Outcome {
		const header, text, security, message = 8, 1, 2, 3
		if b[0] != 2 || len(b) > 1 && (b[1] == 0 || b[1] > 4) || len(b) > 3 && b[2]|b[3] != 0 {
			return classify.Never
		}
		if len(b) < header {
			return classify.NeedMore
		}
		size := wire.U32(b[4:])
		body := b[header:min(len(b), header+size)]
		switch {
		case b[1] == text && size == 0 && own && len(b) == header:
			return classify.Match
		case b[1] == text && size > 2 && size < 1<<22:
			line := bytes.IndexByte(body[:min(len(body), 64)], '\n')
			if line < 0 && len(body) < min(size, 64) {
				return classify.NeedMore
			}
			switch {
			case line <= 2 || !classify.IsText(body[:line]):
				return classify.Never
			case own, len(body) == size && body[size-1] == '\n':
				return classify.Match
			case size < 1<<12 && len(body) < size:
				return classify.NeedMore
			}
		case b[1] == message && size >= 22:
			if len(body) < 22 {
				return classify.NeedMore
			}
			// The header's own length, three bytes of flags, one not used, the result, and counts of fields and
			// operations.
			if body[0] == 22 && body[4] == 0 && wire.U16(body[18:]) < 64 && wire.U16(body[20:]) < 1024 {
				return classify.Match
			}
		case b[1] == security && own && size >= 16 && len(body) >= 16 && match.AllZero(body[4:16]):
			return classify.Match
		}
		return classify.Never
	})
}
