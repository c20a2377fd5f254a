package protocols

import (
	"bytes"
	"encoding/binary"

	"servmap/classify"
)

var protobuf = classify.Protocol{
	Name:      "Protobuf",
	Category:  "Network",
	Transport: classify.TCP,
	Weak:      true,
	Recognise: recogniseProtobuf,
	Reference: "Protocol Buffers documentation, Encoding",
}

// protobufEvidence is how many bits of structure a message must show.
const protobufEvidence = 48

// recogniseProtobuf accepts a message that fills what one side sent, perhaps
// with a line feed after it, and whose fields come in order and contain text or
// messages of their own. Messages of a few numbers prove nothing and stay
// unknown.
func recogniseProtobuf(p *classify.Probe) classify.Outcome {
	b := p.Stream(p.From)
	if len(b) == 0 || b[0] == 0 || p.Len != len(p.Payload) {
		return classify.Never
	}
	for _, b := range [...][]byte{b, bytes.TrimSuffix(b, []byte("\n"))} {
		if !isText(b) && protobufMessage(b, 0) >= protobufEvidence {
			return classify.Match
		}
	}
	if (p.Count(p.From) < 3 || len(b) < 256) && len(b) < 4096 && protobufOpen(b) {
		return classify.NeedMore
	}
	return classify.Never
}

// protobufOpen reports whether b may be the beginning of a message: whole
// fields and one that is cut.
func protobufOpen(b []byte) bool {
	last := uint64(0)
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 {
			return n == 0
		}
		field := tag >> 3
		if field == 0 || field > 1<<12 || field < last {
			return false
		}
		last, b = field, b[n:]
		size := uint64(0)
		switch tag & 7 {
		case 0, 2:
			v, n := binary.Uvarint(b)
			if n <= 0 {
				return n == 0
			}
			size = uint64(n)
			if tag&7 == 2 {
				if v > 4096 {
					return false
				}
				size += v
			}
		case 1:
			size = 8
		case 5:
			size = 4
		default:
			return false
		}
		if size > uint64(len(b)) {
			return true
		}
		b = b[size:]
	}
	return true
}

// protobufMessage returns the bits of structure in a message, -1 where b is
// none. Text counts a bit a character and its length's agreement, up to 16 bits
// a field.
func protobufMessage(b []byte, depth int) int {
	evidence, last := 0, uint64(0)
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		field, kind := tag>>3, tag&7
		if n <= 0 || field == 0 || field > 1<<12 || field < last {
			return -1
		}
		last, b = field, b[n:]
		size := 0
		switch kind {
		case 0:
			_, size = binary.Uvarint(b)
			if size <= 0 {
				return -1
			}
		case 1:
			size = 8
		case 5:
			size = 4
		case 2:
			length, n := binary.Uvarint(b)
			if n <= 0 || length > uint64(len(b)-n) {
				return -1
			}
			body := b[n : n+int(length)]
			size = n + int(length)
			evidence += protobufBytes(body, depth)
		default: // groups are out of use
			return -1
		}
		if size > len(b) {
			return -1
		}
		b = b[size:]
		evidence++
	}
	return evidence
}

// protobufBytes rates what is in a field of bytes.
func protobufBytes(body []byte, depth int) int {
	switch {
	case len(body) >= 3 && isText(body):
		return min(len(body), 12) + 4
	case len(body) >= 2 && depth < 4:
		return max(0, protobufMessage(body, depth+1)) + 2
	}
	return 0
}
