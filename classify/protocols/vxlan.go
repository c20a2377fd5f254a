package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var vxlan = classify.Protocol{
	Name: "VXLAN", Category: "Network", Transport: classify.UDP,
	UDPPorts:   []uint16{4789},
	FirstBytes: classify.Bytes("\x08"),
	Recognise:  recogniseVXLAN, Reference: "RFC 7348",
}

// recogniseVXLAN accepts a VXLAN header (RFC 7348, section 5) that is
// followed by an Ethernet frame, on the official port or on 8472, which Linux
// used before there was one.
func recogniseVXLAN(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 22 || b[0] != 0x08 || b[1]|b[2]|b[3]|b[7] != 0 || b[14]&1 != 0 || !p.HasPort(4789) && !p.HasPort(8472) {
		return classify.Never
	}
	switch wire.U16(b[20:]) {
	case 0x0800, 0x0806, 0x86dd, 0x8100, 0x88a8, 0x8847, 0x88cc:
		return classify.Match
	}
	// Spanning tree and other frames with LLC.
	if wire.U16(b[20:]) <= 1500 && len(b) >= 25 && (b[22] == 0x42 && b[23] == 0x42 || b[22] == 0xaa && b[23] == 0xaa) && b[24] == 3 {
		return classify.Match
	}
	return classify.Never
}
