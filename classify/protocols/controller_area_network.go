package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var controllerAreaNetwork = classify.Protocol{
	Name: "Controller_Area_Network", Category: "System", Transport: classify.UDP | classify.TCP, Ports: []uint16{11898}, NoGuess: true,
	FirstBytes: classify.Bytes("I"), Recognise: recogniseCAN, Reference: "proconX CAN-ETH, UDP port 11898",
}

// recogniseCAN accepts CAN frames in the envelope of CAN-ETH: the cookie
// "ISO11898", version 1, and a number of frames.
func recogniseCAN(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome {
		if o := match.Prefix(b, "ISO11898"); o != classify.Match {
			return o
		}
		if len(b) < 9 {
			return classify.NeedMore
		}
		if b[8] == 1 {
			return classify.Match
		}
		return classify.Never
	})
}
