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
// opened, confirmed or ended: a first and a last number that belong together;
// and on the game's ports segments of KCP with a token behind the conversation's number.
func recogniseGenshinImpact(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) != 20 {
		if (p.HasPort(22101) || p.HasPort(22102)) && genshinSegments(b, p.Len) {
			return classify.Match
		}
		return classify.Never
	}
	switch [2]uint32{binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[16:])} {
	case [2]uint32{0xff, 0xffffffff}, [2]uint32{0x145, 0x14514545}, [2]uint32{0x194, 0x19419494}:
		return classify.Match
	}
	return classify.Never
}

// genshinSegments checks segments of 28 bytes and data that fill the datagram:
// conversation, token, a command from 81 to 84, and at the end the data's length.
func genshinSegments(b []byte, size int) bool {
	const header = 28
	if len(b) < header || len(b) != size {
		return false
	}
	id := b[:8]
	for len(b) > 0 {
		if len(b) < header || string(b[:8]) != string(id) || b[8] < 81 || b[8] > 84 {
			return false
		}
		n := binary.LittleEndian.Uint32(b[24:])
		if n > uint32(len(b)-header) || b[8] != 81 && n != 0 {
			return false
		}
		b = b[header+n:]
	}
	return true
}
