package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var radmin = classify.Protocol{
	Name: "Radmin", Category: "RemoteAccess", Transport: classify.TCP, TCPPorts: []uint16{4899},
	FirstBytes: classify.Bytes("\x01"),
	Recognise:  recogniseRadmin, Reference: "Radmin 2 and 3, observed",
}

// recogniseRadmin accepts the client's greeting: type 1, length 1, the sum of
// what follows, and that: 8.
func recogniseRadmin(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome {
		return match.Prefix(b, "\x01\x00\x00\x00\x01\x00\x00\x00\x08\x08")
	})
}
