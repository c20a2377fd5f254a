package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var xbox = classify.Protocol{
	Name:       "Xbox",
	Category:   "Game",
	Transport:  classify.UDP,
	FirstBytes: classify.Bytes("\x00"),
	Recognise:  recogniseXbox,
	Reference:  "Xbox Live security gateway, key exchange on UDP 3074, as seen on the wire",
}

// recogniseXbox accepts the key exchange between consoles and with the gateway:
// an index of zero, then type and length in one of the known pairs around 0x58.
func recogniseXbox(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 13 || !p.HasPort(3074) || !match.AllZero(b[:4]) || b[5] != 0x58 || !match.AllZero(b[7:10]) {
		return classify.Never
	}
	switch [2]byte{b[4], b[6]} {
	case [2]byte{0x0c, 0x76}, [2]byte{0x02, 0x18}, [2]byte{0x0b, 0x80}, [2]byte{0x03, 0x40}, [2]byte{0x06, 0x4e}:
		return classify.Match
	}
	return classify.Never
}
