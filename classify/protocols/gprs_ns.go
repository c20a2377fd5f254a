package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var gprsNS = classify.Protocol{
	Name: "GPRS-NS", Category: "Network", Transport: classify.UDP, UDPPorts: []uint16{23000}, NoGuess: true,
	FirstBytes: classify.Range(0, 0x0f), Recognise: recogniseGPRSNS, Reference: "3GPP TS 48.016, sections 9.2 and 10.3; TS 48.018, section 11.3.26",
}

// Types of units and of elements (TS 48.016, sections 10.3.7 and 10.3).
const (
	nsUnitData  = 0x00
	nsReset     = 0x02
	nsResetAck  = 0x03
	nsBlock     = 0x04
	nsUnblockOK = 0x07
	nsStatus    = 0x08
	nsAlive     = 0x0a
	nsAliveAck  = 0x0b
)

// recogniseGPRSNS accepts what resets or blocks a connection, by its elements, and data that carries a unit of
// BSSGP (TS 48.018); tests whether the other side lives count where that answers, and on the usual port.
func recogniseGPRSNS(p *classify.Probe) classify.Outcome {
	b := p.Payload
	switch {
	case len(b) == 0:
		return classify.Never
	case p.Len == 1 && (b[0] == nsAlive || b[0] == nsAliveAck):
		history := p.History()
		for _, d := range history[:len(history)-1] {
			if d.Len == 1 && d.From != p.From && d.Data[0]^b[0] == nsAlive^nsAliveAck && p.HasPort(23000) {
				return classify.Match
			}
		}
		if p.HasPort(23000) && len(history) < 6 {
			return classify.NeedMore
		}
		return classify.Never
	case (b[0] == nsReset || b[0] == nsResetAck || b[0] >= nsBlock && b[0] <= nsStatus) && nsElements(b[1:], len(b) == p.Len):
		return classify.Match
	case b[0] == nsUnitData && nsCarries(b, p.Len):
		return classify.Match
	}
	return classify.Never
}

// nsElements walks elements, each a type, a length whose highest bit is set, and a value: cause, the
// connection's number, the entity's, a virtual connection's, a unit.
func nsElements(b []byte, whole bool) bool {
	const cause, connection, entity = 0, 1, 4
	n := 0
	for len(b) >= 3 {
		size := int(b[1] & 0x7f)
		switch {
		case b[1]&0x80 == 0 || len(b) < 2+size:
			return false
		case b[0] == cause && (size != 1 || b[2] > 0x0e), (b[0] == connection || b[0] == entity) && size != 2, b[0] > 0x0f:
			return false
		}
		b = b[2+size:]
		n++
	}
	return n >= 2 && len(b) == 0 && whole
}

// nsCarries checks a unit of data: a byte of control, the number of a cell's connection, then a unit of
// BSSGP, whose elements lead to the end (TS 48.018, section 10). The first one is known: a subscriber's data
// have a lifetime or a cell before them, and signals a connection, a link or a number.
func nsCarries(b []byte, size int) bool {
	const header, link, quality = 4, 4, 3
	const connection, lifetime, cell, tag, identity = 0x04, 0x16, 0x08, 0x1e, 0x1f
	if len(b) < header+4 || b[1]&^0x03 != 0 {
		return false
	}
	at := header + 1
	kind := b[header]
	if kind <= 1 {
		at += link + quality
	}
	if at+4 > len(b) || b[at+1]&0x80 == 0 {
		return false
	}
	first, length := b[at], int(b[at+1]&0x7f)
	switch {
	case kind == 0 && first == lifetime && length == 2, kind == 1 && first == cell && length == 8:
	case kind >= 0x0a && kind <= 0x0d && first == identity && length == 4:
	case (kind >= 0x20 && kind <= 0x2e || kind >= 0x40 && kind <= 0x62) && (first == connection && length == 2 || first == tag && length == 1 || first == identity && length == 4):
	default:
		return false
	}
	for at < size {
		if at+3 > len(b) {
			return false
		}
		length, head := int(b[at+1]&0x7f), 2
		if b[at+1]&0x80 == 0 { // two bytes of length
			length, head = wire.U16(b[at+1:]), 3
		}
		at += head + length
	}
	return at == size
}
