package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var teredo = classify.Protocol{
	Name: "Teredo", Category: "Network", Transport: classify.UDP, UDPPorts: []uint16{3544}, NoGuess: true,
	FirstBytes: classify.Bytes("\x00").Or(classify.Range(0x60, 0x6f)),
	Recognise:  recogniseTeredo, Reference: "RFC 4380",
}

// recogniseTeredo accepts an IPv6 packet, perhaps after an authentication and
// an origin indication (RFC 4380, sections 5.1.1 and 5.2.2), that is to or
// from a server's port or has a Teredo address (2001::/32) in it.
func recogniseTeredo(p *classify.Probe) classify.Outcome {
	b, size := p.Payload, p.Len
	if len(b) < 40 || b[0] != 0 && b[0]>>4 != 6 {
		return classify.Never
	}
	if b[0] == 0 && b[1] == 1 {
		skip := 13 + int(b[2]) + int(b[3])
		if skip+40 > len(b) {
			return classify.Never
		}
		b, size = b[skip:], size-skip
	}
	if b[0] == 0 && b[1] == 0 && len(b) >= 48 {
		b, size = b[8:], size-8
	}
	if b[0]>>4 != 6 || !teredoNext(b[6]) {
		return classify.Never
	}
	// Trailers (RFC 6081, section 4) may follow the packet.
	rest := size - 40 - wire.U16(b[4:])
	if rest < 0 || rest > 64 {
		return classify.Never
	}
	if p.HasPort(3544) && rest == 0 || teredoAddress(b[8:]) || teredoAddress(b[24:]) {
		return classify.Match
	}
	return classify.Never
}

// teredoAddress reports whether the address is in 2001::/32 (RFC 4380, section 2.6).
func teredoAddress(b []byte) bool { return wire.U32(b) == 0x20010000 }

// teredoNext reports whether the next header is one that occurs: extension headers, TCP, UDP, ICMPv6 or
// none, which a bubble has.
func teredoNext(n byte) bool {
	switch n {
	case 0, 6, 17, 43, 44, 58, 59, 60:
		return true
	}
	return false
}
