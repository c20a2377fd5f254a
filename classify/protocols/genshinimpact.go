package protocols

import (
	"encoding/binary"

	"servmap/classify"
)

var genshinImpact = classify.Protocol{
	Name:      "GenshinImpact",
	Category:  "Game",
	Transport: classify.UDP,
	UDPPorts:  []uint16{22102},
	AlsoPorts: []uint16{22101},
	Recognise: recogniseGenshinImpact,
	Reference: "KCP with miHoYo's handshake: connect, conversation established, disconnect",
}

// recogniseGenshinImpact accepts the 20 bytes with which a KCP conversation is
// opened, confirmed or ended: a first and a last number that belong together.
func recogniseGenshinImpact(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) != 20 {
		return classify.Never
	}
	switch [2]uint32{binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[16:])} {
	case [2]uint32{0xff, 0xffffffff}, [2]uint32{0x145, 0x14514545}, [2]uint32{0x194, 0x19419494}:
		return classify.Match
	}
	return classify.Never
}
