package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var etherSIO = classify.Protocol{
	Name: "EtherSIO", Category: "IoT-Scada", Transport: classify.UDP,
	UDPPorts: []uint16{6060}, Recognise: recogniseEtherSIO, Reference: "SAIA-Burgess Ether-S-I/O",
}

// recogniseEtherSIO accepts a telegram that begins with "ESIO" and has one of
// the few types.
func recogniseEtherSIO(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) >= 8 && string(b[:4]) == "ESIO" && wire.U16(b[4:]) <= 15 {
		return classify.Match
	}
	return classify.Never
}
