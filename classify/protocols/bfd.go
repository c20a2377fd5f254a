package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var bfd = classify.Protocol{
	Name: "BFD", Category: "Network", Transport: classify.UDP,
	UDPPorts:   []uint16{3784, 3785},
	FirstBytes: classify.Range(0x20, 0x28), Recognise: recogniseBFD, Reference: "RFC 5880",
}

// recogniseBFD accepts a control packet of version 1 (RFC 5880, section 4.1)
// on the port of single-hop, multi-hop, link aggregation or seamless sessions
// (RFC 5881, 5883, 7130, 7881).
func recogniseBFD(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 24 || b[0]>>5 != 1 || int(b[3]) != p.Len {
		return classify.Never
	}
	switch {
	case !p.HasPort(3784) && !p.HasPort(4784) && !p.HasPort(6784) && !p.HasPort(7784):
	case b[0]&0x1f > 8: // diagnostic
	case b[1]&0x01 != 0: // multipoint bit, which must be zero
	case b[1]&0x04 != 0 != (p.Len > 24): // authentication
	case b[2] == 0: // detection multiplier
	case wire.U32(b[4:]) == 0: // my discriminator
	case wire.U32(b[12:])|wire.U32(b[16:])|wire.U32(b[20:]) >= 1<<30: // intervals, microseconds
	default:
		return classify.Match
	}
	return classify.Never
}
