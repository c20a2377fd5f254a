package protocols

import (
	"encoding/binary"
	"unicode/utf8"

	"servmap/classify"
)

// websocket is a WebSocket seen from its middle; where its handshake was seen,
// it is HTTP's application.
var websocket = classify.Protocol{
	Name:      "WebSocket",
	Category:  "Web",
	Transport: classify.TCP,
	Weak:      true,
	Reference: "RFC 6455, section 5.2",

	Recognise: recogniseWebSocket,
}

// recogniseWebSocket accepts four segments made of frames to their end, those
// of one side masked and those of the other not (RFC 6455, section 5.1). Text that is not
// masked counts for two, and so does each segment on HTTP's ports.
func recogniseWebSocket(p *classify.Probe) classify.Outcome {
	const enough = 4
	weight := 0
	masks := [2]int{-1, -1}
	onPort := p.HasPort(80) || p.HasPort(8080) || p.HasPort(8000) || p.HasPort(8081) || p.HasPort(8888)
	for _, d := range p.History() {
		if d.Len != len(d.Data) {
			return classify.Never
		}
		mask, text, ok := websocketFrames(d.Data)
		if !ok || masks[d.From] >= 0 && masks[d.From] != mask {
			return classify.Never
		}
		masks[d.From] = mask
		weight++
		if text || onPort {
			weight++
		}
	}
	switch {
	case masks[0] == masks[1]:
		return classify.Never
	case weight < enough:
		return classify.NeedMore
	case masks[classify.Client] == 1 || masks[classify.Server] == 0:
		p.ClientIs(classify.Client)
	default:
		p.ClientIs(classify.Server)
	}
	return classify.Match
}

// websocketFrames walks the frames of a segment: no reserved bits, a known
// opcode, the length in its shortest form, all with or all without a mask.
func websocketFrames(b []byte) (mask int, text, ok bool) {
	mask = -1
	for len(b) > 0 {
		if len(b) < 2 || b[0]&0x70 != 0 {
			return 0, false, false
		}
		opcode, final := b[0]&15, b[0]&0x80 != 0
		if opcode > 10 || opcode > 2 && opcode < 8 || opcode >= 8 && (!final || b[1]&0x7f > 125) {
			return 0, false, false
		}
		m, size, at := int(b[1]>>7), int(b[1]&0x7f), 2
		if size == 126 {
			if len(b) < 4 {
				return 0, false, false
			}
			if size, at = int(binary.BigEndian.Uint16(b[2:])), 4; size < 126 {
				return 0, false, false
			}
		}
		if size == 127 && at == 2 || mask >= 0 && m != mask || len(b) < at+4*m+size {
			return 0, false, false
		}
		mask = m
		body := b[at+4*m : at+4*m+size]
		if opcode == 1 && m == 0 {
			if !utf8.Valid(body) {
				return 0, false, false
			}
			text = text || size >= 8
		}
		b = b[at+4*m+size:]
	}
	return mask, text, true
}
