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
	// Kinds 0, 1, 2 and 5 of a field; of a tag that goes on, any.
	FirstBytes: classify.Range(0x80, 0xff).
		Or(classify.Bytes("\x08\x10\x18\x20\x28\x30\x38\x40\x48\x50\x58\x60\x68\x70\x78")).
		Or(classify.Bytes("\x09\x11\x19\x21\x29\x31\x39\x41\x49\x51\x59\x61\x69\x71\x79")).
		Or(classify.Bytes("\x0a\x12\x1a\x22\x2a\x32\x3a\x42\x4a\x52\x5a\x62\x6a\x72\x7a")).
		Or(classify.Bytes("\x0d\x15\x1d\x25\x2d\x35\x3d\x45\x4d\x55\x5d\x65\x6d\x75\x7d")),
	Recognise: recogniseProtobuf,
	Reference: "Protocol Buffers documentation, Encoding",
}

// protobufEvidence is how many bits of structure a message must show.
const protobufEvidence = 48

// recogniseProtobuf accepts a message that fills what one side sent, perhaps with a line feed after it,
// and whose fields come in order and contain text or messages of their own. Messages of a few numbers
// prove nothing and stay Unknown.
func recogniseProtobuf(p *classify.Probe) classify.Outcome {
	b := p.Stream(p.From)
	if len(b) == 0 || b[0] == 0 || p.Len != len(p.Payload) {
		return classify.Never
	}
	for _, b := range [...][]byte{b, bytes.TrimSuffix(b, []byte("\n"))} {
		if !classify.IsText(b) && protobufMessage(b, 0) >= protobufEvidence {
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

// protobufMessage returns the bits of structure in a message, -1 where b is not a message. Text counts
// a bit a character and its length's agreement, up to 16 bits a field.
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
	case len(body) >= 3 && classify.IsText(body):
		return min(len(body), 12) + 4
	case len(body) >= 2 && depth < 4:
		return max(0, protobufMessage(body, depth+1)) + 2
	}
	return 0
}
