package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var cclinkBasic = classify.Protocol{
	Name: "CC-Link_IE_Field_Basic", Category: "IoT-Scada", Transport: classify.UDP, UDPPorts: []uint16{cyclicPort}, NoGuess: true,
	FirstBytes: classify.Bytes("\x50\xd0"), PortsOnly: true, Recognise: recogniseCCLinkBasic, Speaker: slmpSpeaker,
	Reference: "CLPA BAP-C2010ENG-001, CC-Link IE Field Network Basic, cyclic transmission",
}

// cyclicPort is the port of master and slaves for cyclic data.
const cyclicPort = 61450

// recogniseCCLinkBasic accepts, on its port, the frame of SLMP with the command for cyclic data, or an answer
// with its result of zero.
func recogniseCCLinkBasic(p *classify.Probe) classify.Outcome {
	const header, least = 15, 20
	b := p.Payload
	if !p.HasPort(cyclicPort) || len(b) < header+least || b[1] != 0 || slmpPath(b[2:]) != classify.Match || wire.L16(b[7:])+9 != p.Len {
		return classify.Never
	}
	if b[0] == 0x50 && wire.L16(b[11:]) == slmpCyclic && wire.L16(b[13:]) == 0 || b[0] == 0xd0 && wire.L16(b[9:]) == 0 {
		return classify.Match
	}
	return classify.Never
}
