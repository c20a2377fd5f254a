package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var cpha = classify.Protocol{
	Name: "CPHA", Category: "Network", Transport: classify.UDP,
	UDPPorts:   []uint16{8116},
	FirstBytes: classify.Bytes("\x1a"), Recognise: recogniseCPHA, Reference: "Check Point High Availability, cluster control protocol",
}

// recogniseCPHA accepts the header of the cluster control protocol, from and
// to port 8116: magic 0x1a90, version, cluster number and operation code.
func recogniseCPHA(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if p.Ports[0] != 8116 || p.Ports[1] != 8116 || len(b) < 16 || wire.U16(b) != 0x1a90 {
		return classify.Never
	}
	if wire.U16(b[2:]) != 0 && wire.U16(b[6:]) >= 1 && wire.U16(b[6:]) <= 31 {
		return classify.Match
	}
	return classify.Never
}
