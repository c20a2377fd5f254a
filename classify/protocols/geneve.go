package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var geneve = classify.Protocol{
	Name: "Geneve", Category: "Network", Transport: classify.UDP, UDPPorts: []uint16{6081},
	FirstBytes: classify.Range(0, 0x3f), Recognise: recogniseGeneve, PortsOnly: true, Reference: "RFC 8926, section 3.4",
}

// recogniseGeneve accepts a header of version 0 with its options, reserved bits that are zero, and what it
// says that it carries behind: an Ethernet frame, a packet of IP whose version fits, or one of ARP.
func recogniseGeneve(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 8 || !p.HasPort(6081) || b[0]>>6 != 0 || b[1]&0x3f != 0 || b[7] != 0 {
		return classify.Never
	}
	at := 8 + 4*int(b[0]&0x3f)
	for o := 8; o < at; o += 4 + 4*int(b[o+3]&0x1f) {
		if o+4 > len(b) || b[o+3]&0xe0 != 0 {
			return classify.Never
		}
	}
	if len(b) < at {
		return classify.Never
	}
	inner := b[at:]
	switch wire.U16(b[2:]) {
	case 0x6558:
		if len(inner) >= 14 {
			return classify.Match
		}
	case 0x0806:
		if len(inner) >= 28 && wire.U16(inner) == 1 && wire.U16(inner[2:]) == 0x0800 {
			return classify.Match
		}
	case 0x0800:
		if len(inner) >= 20 && inner[0]>>4 == 4 {
			return classify.Match
		}
	case 0x86dd:
		if len(inner) >= 40 && inner[0]>>4 == 6 {
			return classify.Match
		}
	case 0x0000: // nothing but options
		if len(inner) == 0 && at > 8 {
			return classify.Match
		}
	}
	return classify.Never
}
