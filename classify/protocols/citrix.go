package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var citrix = classify.Protocol{
	Name: "Citrix", Category: "Network", Transport: classify.TCP, TCPPorts: []uint16{1494, 2598},
	FirstBytes: classify.Bytes("\x1a\x7f"), Recognise: recogniseCitrix, Reference: "Citrix ICA and CGP",
}

// recogniseCitrix accepts the six bytes with which both sides of ICA begin,
// and the greeting of CGP, which wraps it: a length, a version and its name.
func recogniseCitrix(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome {
		if out := match.Prefix(b, "\x7f\x7fICA\x00"); out != classify.Never {
			return out
		}
		return match.Prefix(b, "\x1aCGP/01")
	})
}
