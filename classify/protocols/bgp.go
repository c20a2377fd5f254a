package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var bgp = classify.Protocol{
	Name: "BGP", Category: "Network", Transport: classify.TCP,
	TCPPorts:   []uint16{179, 2605},
	FirstBytes: classify.Bytes("\xff"), Recognise: recogniseBGP, Reference: "RFC 4271",
}

// recogniseBGP accepts a message header (RFC 4271, section 4.1): sixteen bytes
// of ones, a type from 1 to 5 (RFC 2918) or 6, which was the old capability message,
// and a length that the type allows; updates may have 65535 bytes (RFC 8654).
func recogniseBGP(p *classify.Probe) classify.Outcome { return match.Either(p, bgpMessage) }

func bgpMessage(b []byte) classify.Outcome {
	for _, c := range b[:min(len(b), 16)] {
		if c != 0xff {
			return classify.Never
		}
	}
	if len(b) < 19 {
		return classify.NeedMore
	}
	size, ok := wire.U16(b[16:]), false
	switch b[18] {
	case 1: // open
		ok = size >= 29 && size <= 4096
	case 2: // update: the length of withdrawn routes has to fit
		if len(b) < 21 {
			return classify.NeedMore
		}
		ok = size >= 23 && wire.U16(b[19:])+23 <= size
	case 3: // notification
		ok = size >= 21 && size <= 4096
	case 4: // keepalive
		ok = size == 19
	case 5, 6: // route refresh, capability
		ok = size >= 23 && size <= 4096
	}
	if ok {
		return classify.Match
	}
	return classify.Never
}
