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
// 1 or 2 (section 9.4.4).
func recogniseRTPS(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome {
		o := max(match.Prefix(b, "RTPS"), match.Prefix(b, "RTPX"))
		if o != classify.Match {
			return o
		}
		if len(b) < 20 {
			return classify.NeedMore
		}
		if (b[4] == 1 || b[4] == 2) && b[5] <= 15 {
			return classify.Match
		}
		return classify.Never
	})
}
