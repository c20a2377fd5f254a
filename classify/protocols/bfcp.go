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

	Recognise: recogniseBFCP,
}

// recogniseBFCP accepts a message of version 1, or 2 over UDP, whose attributes
// fill the length that its header tells (RFC 8855, sections 5.1 and 5.2); a message without
// attributes needs another one of the same conference.
func recogniseBFCP(p *classify.Probe) classify.Outcome {
	b, size := p.Payload, p.Len
	if p.Transport == classify.TCP {
		b = p.Stream(p.From)
		size = len(b)
	}
	attributes, ok := bfcpMessage(b, size, p.Transport)
	if !ok {
		if p.Transport == classify.TCP && len(b) < 128 && len(b) > 0 && b[0] == 0x20 && (len(b) < 4 || b[1] > 0 && b[1] <= 18 && b[2] == 0) {
			return classify.NeedMore
		}
		return classify.Never
	}
	if attributes > 0 {
		return classify.Match
	}
	if p.Transport == classify.TCP {
		other := p.Stream(p.From.Other())
		if _, ok := bfcpMessage(other, len(other), p.Transport); ok && string(other[4:8]) == string(b[4:8]) {
			return classify.Match
		}
		return bfcpWait(p)
	}
	history := p.History()
	for i := range history[:len(history)-1] {
		d := &history[i]
		if _, ok := bfcpMessage(d.Data, d.Len, p.Transport); ok && string(d.Data[4:8]) == string(b[4:8]) && binary.BigEndian.Uint32(b[4:]) != 0 {
			return classify.Match
		}
	}
	return bfcpWait(p)
}

func bfcpWait(p *classify.Probe) classify.Outcome {
	if len(p.History()) < 4 || p.Transport == classify.TCP && len(p.Stream(p.From)) < 128 {
		return classify.NeedMore
	}
	return classify.Never
}

func bfcpMessage(b []byte, size int, t classify.Transport) (attributes int, ok bool) {
	const header, lastPrimitive, lastAttribute = 12, 18, 18
	if len(b) < header || b[0]&0x17 != 0 || b[1] == 0 || b[1] > lastPrimitive {
		return 0, false
	}
	if version := b[0] >> 5; version != 1 && (version != 2 || t != classify.UDP) {
		return 0, false
	}
	end := header + 4*int(binary.BigEndian.Uint16(b[2:]))
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
