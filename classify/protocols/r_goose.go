package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var rGoose = classify.Protocol{
	Name: "R-GOOSE", Category: "IoT-Scada", Transport: classify.UDP, UDPPorts: []uint16{102}, NoGuess: true,
	FirstBytes: classify.Bytes("\x01"), Recognise: recogniseRGOOSE, Reference: "IEC TR 61850-90-5, section 11.3; RFC 1240",
}

// recogniseRGOOSE accepts a unit of connectionless transport (RFC 1240; ISO 8602) with a session header for
// events, sampled values or management: lengths of header and of common fields, and of all the rest (IEC TR
// 61850-90-5, section 11.3.2). The label covers sampled values as well.
func recogniseRGOOSE(p *classify.Probe) classify.Outcome {
	const fixed, common = 16, 0x80
	b := p.Payload
	if len(b) < fixed || b[0] != 1 || b[1] != 0x40 || b[2] < 0xa0 || b[2] > 0xa3 || b[4] != common || b[5]+2 > b[3] || b[5] < 8 {
		return classify.Never
	}
	if size := wire.U32(b[6:]); size == 0 || size > p.Len || p.Len-size > 128 {
		return classify.Never
	}
	return classify.Match
}
