package protocols

import (
	"encoding/binary"

	"servmap/classify"
)

// bfcp is the Binary Floor Control Protocol of conferences.
var bfcp = classify.Protocol{
	Name:      "BFCP",
	Category:  "Video",
	Transport: classify.UDP | classify.TCP,
	Reference: "RFC 8855, section 5",

	FirstBytes: classify.Bytes("\x20\x30\x40\x48\x50\x58"),
	Recognise:  recogniseBFCP,
}

// recogniseBFCP accepts a message of version 1, or 2 over UDP, whose attributes fill the length in its
// header (RFC 8855, sections 5.1 and 5.2). A message without attributes counts where its kind never has
// any; otherwise a second one of the same conference must follow.
func recogniseBFCP(p *classify.Probe) classify.Outcome {
	b, size := p.Payload, p.Len
	if p.Transport == classify.TCP {
		b = bfcpFirst(p.Stream(p.From))
		size = len(b)
	}
	attributes, ok := bfcpMessage(b, size, p.Transport)
	if !ok && p.Transport == classify.UDP && bfcpOddResponse(b, size) {
		return bfcpSecond(p, b)
	}
	if !ok {
		if p.Transport == classify.TCP && len(b) < 128 && len(b) > 0 && b[0] == 0x20 && (len(b) < 4 || b[1] > 0 && b[1] <= 18 && b[2] == 0) {
			return classify.NeedMore
		}
		return classify.Never
	}
	if attributes > 0 || bfcpBare(b) && (p.Transport != classify.TCP || len(p.Stream(p.From)) == len(b)) {
		return classify.Match
	}
	if p.Transport == classify.TCP {
		other := bfcpFirst(p.Stream(p.From.Other()))
		if _, ok := bfcpMessage(other, len(other), p.Transport); ok && string(other[4:8]) == string(b[4:8]) {
			return classify.Match
		}
		return bfcpWait(p)
	}
	return bfcpSecond(p, b)
}

// bfcpSecond looks for another message of the same conference.
func bfcpSecond(p *classify.Probe, b []byte) classify.Outcome {
	history := p.History()
	for i := range history[:len(history)-1] {
		d := &history[i]
		_, ok := bfcpMessage(d.Data, d.Len, p.Transport)
		if (ok || bfcpOddResponse(d.Data, d.Len)) && string(d.Data[4:8]) == string(b[4:8]) && binary.BigEndian.Uint32(b[4:]) != 0 {
			return classify.Match
		}
	}
	return bfcpWait(p)
}

// bfcpOddResponse accepts a response of version 1 with the responder's bit of version 2, which
// some programs send over UDP. Alone it is no proof.
func bfcpOddResponse(b []byte, size int) bool {
	const version2 = 0x50
	if len(b) < 12 || b[0] != 0x30 {
		return false
	}
	whole := append([]byte{version2}, b[1:]...)
	_, ok := bfcpMessage(whole, size, classify.UDP)
	return ok
}

func bfcpWait(p *classify.Probe) classify.Outcome {
	if len(p.History()) < 4 || p.Transport == classify.TCP && len(p.Stream(p.From)) < 128 {
		return classify.NeedMore
	}
	return classify.Never
}

// bfcpFirst returns the first message of a stream.
func bfcpFirst(b []byte) []byte {
	if len(b) < 12 {
		return b
	}
	return b[:min(len(b), 12+4*int(binary.BigEndian.Uint16(b[2:])))]
}

// bfcpBare accepts Hello, Goodbye and the acknowledgements of version 2, which are only a header (RFC
// 8855, sections 5.3.11 and 5.3.14 to 5.3.17), with all of conference, transaction and user numbered.
func bfcpBare(b []byte) bool {
	return (b[1] == 11 || b[1] >= 14 && b[1] <= 17) && binary.BigEndian.Uint32(b[4:]) != 0 &&
		binary.BigEndian.Uint16(b[8:]) != 0 && binary.BigEndian.Uint16(b[10:]) != 0
}

// bfcpMessage walks the attributes of one message. The responder's bit and
// fragments, whose header has four bytes more, are version 2's.
func bfcpMessage(b []byte, size int, t classify.Transport) (attributes int, ok bool) {
	const lastPrimitive, lastAttribute, responder, fragment = 18, 18, 0x10, 0x08
	header := 12
	if len(b) < header || b[0]&0x07 != 0 || b[1] == 0 || b[1] > lastPrimitive {
		return 0, false
	}
	if version := b[0] >> 5; version != 1 && (version != 2 || t != classify.UDP) || version == 1 && b[0]&(responder|fragment) != 0 {
		return 0, false
	}
	end := header + 4*int(binary.BigEndian.Uint16(b[2:]))
	if b[0]&fragment != 0 {
		return bfcpFragment(b, size)
	}
	if end != size || end != len(b) {
		return 0, false
	}
	for rest := b[header:]; len(rest) > 0; attributes++ {
		if len(rest) < 2 || rest[0]>>1 == 0 || rest[0]>>1 > lastAttribute || rest[1] < 2 {
			return 0, false
		}
		step := (int(rest[1]) + 3) &^ 3
		if step > len(rest) {
			return 0, false
		}
		rest = rest[step:]
	}
	return attributes, true
}

// bfcpFragment checks offset and length, in words, of a part of a message; the
// first part begins with an attribute (RFC 8855, section 6.2.3).
func bfcpFragment(b []byte, size int) (attributes int, ok bool) {
	const header = 16
	if len(b) < header+2 || len(b) != size {
		return 0, false
	}
	whole, offset, length := int(binary.BigEndian.Uint16(b[2:])), int(binary.BigEndian.Uint16(b[12:])), int(binary.BigEndian.Uint16(b[14:]))
	if header+4*length != size || offset+length > whole || length == whole {
		return 0, false
	}
	return 1, true
}
