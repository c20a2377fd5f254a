package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var noMachine = classify.Protocol{
	Name: "NoMachine", Category: "RemoteAccess", Transport: classify.TCP, Ports: []uint16{4000}, UDPPorts: []uint16{4000},
	FirstBytes: classify.Bytes("NH"),
	Recognise:  recogniseNoMachine, Plausible: match.MayBeSealed, Reference: "NX protocol, observed",
}

// recogniseNoMachine accepts the identification of either side over TCP:
// "NXSH-", "NXD-" or "NXSERVER" and a version.
func recogniseNoMachine(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome {
		out := classify.Never
		for _, form := range [...]string{"NXSH-0.", "NXD-0.", "HELLO NXSERVER", "HELLO NXCLIENT", "NXCLIENT-0."} {
			out = max(out, matchForm(b, form))
		}
		return out
	})
}
