package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var bgp = classify.Protocol{
	Name: "BGP", Category: "Network", Transport: classify.TCP,
	TCPPorts: []uint16{179, 2605}, Recognise: recogniseBGP, Reference: "RFC 4271",
}

// recogniseBGP accepts a message header (RFC 4271, section 4.1): sixteen bytes
// of ones, a length from 19 to 65535 (RFC 8654), a type from 1 to 5 (RFC
// 2918) or 6, which was the old capability message.
func recogniseBGP(p *classify.Probe) classify.Outcome { return eitherStream(p, bgpMessage) }

func bgpMessage(b []byte) classify.Outcome {
	for _, c := range b[:min(len(b), 16)] {
		if c != 0xff {
			return classify.Never
		}
	}
	if len(b) < 19 {
		return classify.NeedMore
	}
	if wire.U16(b[16:]) >= 19 && b[18] >= 1 && b[18] <= 6 {
		return classify.Match
	}
	return classify.Never
}
