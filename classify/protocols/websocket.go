package protocols

import (
	"encoding/binary"
	"unicode/utf8"

	"servmap/classify"
)

// websocket is a WebSocket met midstream; where its handshake was seen, it is HTTP's application.
var websocket = classify.Protocol{
	Name:      "WebSocket",
	Category:  "Web",
	Transport: classify.TCP,
	Weak:      true,
	Reference: "RFC 6455, section 5.2",

	FirstBytes: classify.Bytes("\x00\x01\x02\x08\x09\x0a\x41\x42\x80\x81\x82\x88\x89\x8a\xc1\xc2"),
	Recognise:  recogniseWebSocket,
}

// recogniseWebSocket accepts four segments at whose ends frames end, those of one side masked and those
// of the other not (RFC 6455, section 5.1). Text counts for two, and so does each segment on HTTP's
// ports; more than a few words of text behind a mask that gives them sense are enough alone.
func recogniseWebSocket(p *classify.Probe) classify.Outcome {
	const enough = 4
	weight := 0
	masks := [2]int{-1, -1}
	onPort := p.HasPort(80) || p.HasPort(8080) || p.HasPort(8000) || p.HasPort(8081) || p.HasPort(8888)
	var at, seen [2]int // in the streams: where the frames end that were read, and the segments that were seen
	for _, d := range p.History() {
		stream, s := p.Stream(d.From), d.From
		if seen[s] += len(d.Data); d.Len != len(d.Data) || seen[s] > len(stream) {
			return classify.Never
		}
		mask, size, text, out := websocketFrames(stream[at[s]:seen[s]])
		if out == classify.Never || mask >= 0 && masks[s] >= 0 && masks[s] != mask {
			return classify.Never
		}
		if at[s] += size; mask >= 0 {
			masks[s] = mask
		}
		if out == classify.NeedMore {
			continue
		}
		weight++
		if text || onPort {
			weight++
		}
		if text && mask == 1 && size >= websocketWords {
			weight = enough
		}
	}
	switch {
	case masks[0] >= 0 && masks[0] == masks[1]:
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

// websocketFrames walks frames to the end of b: no reserved bit but that of a compressed message (RFC
// 7692, section 6), which only its first frame has, a known opcode, the length in its shortest form,
// all with or all without a mask. It returns the size of those that are whole, and NeedMore where one
// is cut.
func websocketFrames(b []byte) (mask, whole int, text bool, out classify.Outcome) {
	mask = -1
	for len(b) > 0 {
		opcode, final := b[0]&15, b[0]&0x80 != 0
		compressed := b[0]&0x70 == 0x40 && (opcode == 1 || opcode == 2)
		if b[0]&0x70 != 0 && !compressed || opcode > 10 || opcode > 2 && opcode < 8 {
			return mask, whole, text, classify.Never
		}
		if len(b) < 2 {
			return mask, whole, text, classify.NeedMore
		}
		m, size, at := int(b[1]>>7), int(b[1]&0x7f), 2
		if opcode >= 8 && (!final || size > 125) || size == 127 || mask >= 0 && m != mask {
			return mask, whole, text, classify.Never
		}
		mask = m
		if size == 126 {
			if len(b) < 4 {
				return mask, whole, text, classify.NeedMore
			}
			if size, at = int(binary.BigEndian.Uint16(b[2:])), 4; size < 126 {
				return mask, whole, text, classify.Never
			}
		}
		// An empty fragment would only be there to look like zeros.
		if opcode == 0 && size == 0 {
			return mask, whole, text, classify.Never
		}
		end := at + 4*m + size
		if len(b) < end {
			return mask, whole, text, classify.NeedMore
		}
		if opcode == 1 && final && !compressed {
			if !websocketText(b[at:end], m) {
				return mask, whole, text, classify.Never
			}
			text = text || size >= 8
		}
		b, whole = b[end:], whole+end
	}
	return mask, whole, text, classify.Match
}

// websocketWords is the least length of a segment with masked text that is
// enough alone: header, key and 26 characters.
const websocketWords = 32

// websocketText reports whether b, behind its masking key where m is 1, is
// text: UTF-8, at the beginning without control characters (RFC 6455,
// sections 5.3 and 5.6).
func websocketText(b []byte, m int) bool {
	if m == 0 {
		return utf8.Valid(b)
	}
	var plain [64]byte
	key, b := b[:4], b[4:]
	n := min(len(b), len(plain))
	for i := range n {
		plain[i] = b[i] ^ key[i&3]
	}
	text := plain[:n]
	for range utf8.UTFMax - 1 { // a character that the end of plain cuts
		if n == len(plain) && !utf8.Valid(text) {
			text = text[:len(text)-1]
		}
	}
	return classify.IsText(text) && utf8.Valid(text)
}
