package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var ldp = classify.Protocol{
	Name: "LDP", Category: "Network", Transport: classify.UDP | classify.TCP,
	Ports: []uint16{646}, FirstBytes: classify.Bytes("\x00"), Recognise: recogniseLDP, Reference: "RFC 5036",
}

// recogniseLDP accepts a protocol data unit of version 1 that begins with a
// known message whose length fits into it (RFC 5036, sections 3.1, 3.5 and 3.7):
// hellos over UDP, the session over TCP.
func recogniseLDP(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.UDP {
		b := p.Payload
		if len(b) >= 18 && wire.U16(b[2:])+4 == p.Len && wire.U16(b[10:])&0x7fff == 0x0100 {
			return ldpUnit(b)
		}
		return classify.Never
	}
	return match.Either(p, ldpUnit)
}

func ldpUnit(b []byte) classify.Outcome {
	if b[0] != 0 || len(b) > 1 && b[1] != 1 {
		return classify.Never
	}
	if len(b) < 18 {
		return classify.NeedMore
	}
	size, length := wire.U16(b[2:]), wire.U16(b[12:])
	if length < 4 || length+10 > size || b[4] == 0 || b[4] >= 224 {
		return classify.Never
	}
	switch wire.U16(b[10:]) &^ 0x8000 {
	case 0x0001, 0x0100, 0x0200, 0x0201, 0x0300, 0x0301, 0x0400, 0x0401, 0x0402, 0x0403, 0x0404:
	default:
		return classify.Never
	}
	// The messages fill the unit: type and length each, behind the router's identifier.
	at := 10
	for at < size+4 {
		if len(b) < at+4 {
			return classify.NeedMore
		}
		at += 4 + wire.U16(b[at+2:])
	}
	if at != size+4 {
		return classify.Never
	}
	return classify.Match
}
