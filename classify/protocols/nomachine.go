package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var noMachine = classify.Protocol{
	Name: "NoMachine", Category: "RemoteAccess", Transport: classify.TCP, Ports: []uint16{4000}, UDPPorts: []uint16{4000},
	FirstBytes: classify.Bytes("NH"),
	Recognise:  recogniseNoMachine, Plausible: mayBeNoMachine, Reference: "NX protocol, observed",
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

// mayBeNoMachine accepts ciphertext over UDP, and over TCP what was met midstream.
func mayBeNoMachine(p *classify.Probe) bool {
	if p.Transport == classify.TCP {
		return p.Midstream(classify.Client) || p.Midstream(classify.Server)
	}
	return len(p.History()) > 0 && p.History()[0].Len >= 16 && match.LooksEncrypted(p.History()[0].Data)
}
