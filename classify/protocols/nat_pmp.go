package protocols

import (
	"encoding/binary"

	"servmap/classify"
)

// natpmp is the NAT Port Mapping Protocol and its successor on the same port,
// the Port Control Protocol.
var natpmp = classify.Protocol{
	Name:      "NAT-PMP",
	Category:  "Network",
	Transport: classify.UDP,
	UDPPorts:  []uint16{5351},
	AlsoPorts: []uint16{5350},
	Reference: "RFC 6886, section 3; RFC 6887, section 7",

	FirstBytes: classify.Bytes("\x00\x02"),
	PortsOnly:  true,
	Recognise:  recogniseNATPMP,
}

// recogniseNATPMP accepts, on its ports, a message whose length is the one that
// version and operation ask for. To port 5350 there are only announcements, which have the form of
// responses (RFC 6886, section 3.2.1).
func recogniseNATPMP(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 2 || b[0] != 0 && b[0] != 2 || !p.HasPort(5351) && !p.HasPort(5350) {
		return classify.Never
	}
	op, response := b[1]&0x7f, b[1]&0x80 != 0
	if !response && !p.HasPort(5351) {
		return classify.Never
	}
	ok := false
	switch {
	case b[0] == 2: // PCP: a header of 24 bytes, then blocks of four
		ok = len(b) >= 24 && op <= 3 && p.Len <= 1100 && p.Len%4 == 0 && b[2] == 0 && (response || b[3] == 0)
	case op > 2:
	case !response && op == 0:
		ok = p.Len == 2
	case !response:
		ok = p.Len == 12 && len(b) >= 4 && binary.BigEndian.Uint16(b[2:]) == 0
	case len(b) >= 4 && binary.BigEndian.Uint16(b[2:]) <= 5:
		ok = p.Len == 12 || op > 0 && p.Len == 16 || p.Len == 8
	}
	if !ok {
		return classify.Never
	}
	if response {
		p.ClientIs(p.From.Other())
	} else {
		p.ClientIs(p.From)
	}
	return classify.Match
}
