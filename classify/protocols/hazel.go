package protocols

import (
	"encoding/binary"

	"servmap/classify"
)

var amongUs = classify.Protocol{
	Name:       "AmongUs",
	Category:   "Game",
	Transport:  classify.UDP,
	UDPPorts:   []uint16{22023},
	FirstBytes: classify.Bytes("\x08"),
	Recognise:  recogniseAmongUs,
	Reference:  "Among Us protocol wiki: Hazel packet types, Hello",
}

// recogniseAmongUs accepts Hazel's Hello with nonce 1 and the game's version,
// which is 25000 times the year plus 1800 times the month and more.
func recogniseAmongUs(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 9 || b[0] != 8 || b[1] != 0 || b[2] != 1 || b[3] > 2 {
		return classify.Never
	}
	if version := binary.LittleEndian.Uint32(b[4:]); version < 2018*25000 || version > 2035*25000 {
		return classify.Never
	}
	return classify.Match
}
