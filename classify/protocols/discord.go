package protocols

import (
	"encoding/binary"

	"servmap/classify"
)

var discord = classify.Protocol{
	Name:      "Discord",
	Category:  "Collaborative",
	Transport: classify.UDP,
	Recognise: recogniseDiscord,
	Reference: "Discord developer documentation, Voice Connections: IP Discovery",
}

// recogniseDiscord accepts the exchange by which a voice client learns its own
// address: type 1 or 2, length 70, source, and an address that is empty in the request and text in the answer.
func recogniseDiscord(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) != 74 || binary.BigEndian.Uint16(b[2:]) != 70 {
		return classify.Never
	}
	ok := false
	switch binary.BigEndian.Uint16(b) {
	case 1:
		ok = allZero(b[8:72])
	case 2: // "192.0.2.1", zeros to 64 bytes, port
		ok = allZero(b[48:72]) && b[8] != 0 && isPrintable(b[8:15])
	}
	if ok {
		return classify.Match
	}
	return classify.Never
}
