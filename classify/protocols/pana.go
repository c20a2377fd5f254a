package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var pana = classify.Protocol{
	Name: "PANA", Category: "Network", Transport: classify.UDP, UDPPorts: []uint16{716},
	FirstBytes: classify.Bytes("\x00"), Recognise: recognisePANA, Reference: "RFC 5191, section 6.2",
}

// recognisePANA accepts a message of the four types with the flags that there are, and attributes that lead
// to its end (RFC 5191, sections 6.2 and 6.3). One without attributes counts on its port only.
func recognisePANA(p *classify.Probe) classify.Outcome {
	const header, flags, lastType, lastAttribute = 16, 0xfc00, 4, 12
	b := p.Payload
	if len(b) < header || wire.U16(b) != 0 || wire.U16(b[2:]) != p.Len || wire.U16(b[4:])&^flags != 0 {
		return classify.Never
	}
	if kind := wire.U16(b[6:]); kind == 0 || kind > lastType {
		return classify.Never
	}
	n := 0
	for at := header; at < p.Len; n++ {
		if at+8 > len(b) {
			return classify.Never
		}
		code, size := wire.U16(b[at:]), wire.U16(b[at+4:])
		if code == 0 || code > lastAttribute || wire.U16(b[at+2:])&0x7fff != 0 || wire.U16(b[at+6:]) != 0 || at+8+size > p.Len {
			return classify.Never
		}
		at += 8 + (size+3)&^3
	}
	if n == 0 && !p.HasPort(716) {
		return classify.Never
	}
	return classify.Match
}
