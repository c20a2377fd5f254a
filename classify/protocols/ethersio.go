package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var etherSIO = classify.Protocol{
	Name: "EtherSIO", Category: "IoT-Scada", Transport: classify.UDP,
	UDPPorts:   []uint16{6060},
	FirstBytes: classify.Bytes("E"), Recognise: recogniseEtherSIO, Reference: "SAIA-Burgess Ether-S-I/O",
}

// recogniseEtherSIO accepts a telegram that begins with "ESIO" and has, off
// port 6060, one of the few types.
func recogniseEtherSIO(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) >= 12 && string(b[:4]) == "ESIO" && (p.HasPort(6060) || wire.U16(b[4:]) <= 15) {
		return classify.Match
	}
	return classify.Never
}
