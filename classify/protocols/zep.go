package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var zep = classify.Protocol{
	Name: "ZEP", Category: "IoT-Scada", Transport: classify.UDP, UDPPorts: []uint16{17754}, NoGuess: true,
	FirstBytes: classify.Bytes("E"), Recognise: recogniseZEP, Reference: "ZigBee Encapsulation Protocol, versions 1 and 2, as RIOT's documentation of socket_zep describes it",
}

// recogniseZEP accepts the letters EX, a version, and behind a header of its form a frame of IEEE 802.15.4
// as long as the header says; or an acknowledgement.
func recogniseZEP(p *classify.Probe) classify.Outcome {
	const first, second, longest, acknowledgement = 16, 32, 127, 8
	b := p.Payload
	if len(b) < acknowledgement || b[0] != 'E' || b[1] != 'X' {
		return classify.Never
	}
	at := 0
	switch {
	case b[2] == 1:
		at = first
	case b[2] == 2 && b[3] == 2 && p.Len == acknowledgement:
		return classify.Match
	case b[2] == 2 && b[3] == 1:
		at = second
	default:
		return classify.Never
	}
	if len(b) >= at && int(b[at-1])+at == p.Len && b[at-1] <= longest && wire.U16(b[at-4:])>>8 == 0 {
		return classify.Match
	}
	return classify.Never
}
