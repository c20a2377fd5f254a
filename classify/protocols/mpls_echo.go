package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var mplsEcho = classify.Protocol{
	Name: "MPLS_Echo", Category: "Network", Transport: classify.UDP, UDPPorts: []uint16{3503}, PortsOnly: true,
	FirstBytes: classify.Bytes("\x00"), Recognise: recogniseMPLSEcho, Reference: "RFC 8029, section 3",
}

// recogniseMPLSEcho accepts a request or reply of version 1 with a known way to reply and return code, and
// elements of known types that lead to its end (RFC 8029, sections 3 and 3.1).
func recogniseMPLSEcho(p *classify.Probe) classify.Outcome {
	const header, flags, lastMode, lastCode = 32, 0x0007, 5, 36
	b := p.Payload
	if !p.HasPort(3503) || len(b) < header || wire.U16(b) != 1 || wire.U16(b[2:])&^flags != 0 || b[4] == 0 || b[4] > 4 || b[5] == 0 || b[5] > lastMode || b[6] > lastCode {
		return classify.Never
	}
	isRequest := b[4]&1 != 0
	if isRequest && b[6] != 0 || match.AllZero(b[8:header]) {
		return classify.Never
	}
	for at := header; at < p.Len && at < len(b); {
		if at+4 > len(b) || wire.U16(b[at:]) == 0 || at+4+wire.U16(b[at+2:]) > p.Len {
			return classify.Never
		}
		at += 4 + (wire.U16(b[at+2:])+3)&^3
	}
	if isRequest {
		p.ClientIs(p.From)
	} else {
		p.ClientIs(p.From.Other())
	}
	return classify.Match
}
