package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var rtps = classify.Protocol{
	Name: "RTPS", Category: "RPC", Transport: classify.UDP | classify.TCP,
	UDPPorts:   []uint16{7401},
	FirstBytes: classify.Bytes("R"),
	Recognise:  recogniseRTPS, Reference: "OMG DDSI-RTPS 2.5, section 9.4.4",
}

// recogniseRTPS accepts the header "RTPS" ("RTPX" of one vendor) with version
// 1 or 2 (section 9.4.4). The header has 20 bytes; a vendor's ping, which has no submessages either,
// stops before them.
func recogniseRTPS(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome {
		o := max(match.Prefix(b, "RTPS"), match.Prefix(b, "RTPX"))
		if o != classify.Match {
			return o
		}
		const header, ping = 20, 8
		switch {
		case len(b) > 4 && b[4] != 1 && b[4] != 2, len(b) > 5 && b[5] > 15:
			return classify.Never
		case len(b) >= header, len(b) >= ping && p.Transport == classify.UDP && b[6] == 1: // a vendor of the OMG's list
			return classify.Match
		}
		return classify.NeedMore
	})
}
