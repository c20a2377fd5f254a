package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var ethernetGlobalData = classify.Protocol{
	Name: "EthernetGlobalData", Category: "IoT-Scada", Transport: classify.UDP, UDPPorts: []uint16{18246}, NoGuess: true,
	FirstBytes: classify.Bytes("\x0d"), Recognise: recogniseEGD, Reference: "GE Fanuc GFK-2224, Ethernet Global Data",
}

// recogniseEGD accepts a data message: type 13, version 1, an exchange, a
// status of the few that exist, and a reserved word of zero at the end of the header
// of 32 bytes.
func recogniseEGD(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 32 || b[0] != 13 || b[1] != 1 || p.Len > 32+1400 || !match.AllZero(b[28:32]) {
		return classify.Never
	}
	if wire.L32(b[12:]) != 0 && wire.L32(b[16:]) < 1e9 && wire.L32(b[20:]) <= 0xff {
		return classify.Match
	}
	return classify.Never
}
