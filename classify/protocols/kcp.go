package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/wire"
)

var kcp = classify.Protocol{
	Name: "KCP", Category: "Network", Transport: classify.UDP, Weak: true,
	Recognise: recogniseKCP, Reference: "skywind3000 KCP, header of 24 bytes; kcp-go, forward error correction",
}

// recogniseKCP accepts segments that fill the datagram: conversation, command
// from 81 to 84, fragment, window, time, number, acknowledged number, length
// and data, all of one conversation. Where lost datagrams are to be restored, number,
// kind and size stand before them.
func recogniseKCP(p *classify.Probe) classify.Outcome {
	const fecData, fecHeader = 0xf1, 8
	b := p.Payload
	if len(b) < 24 || len(b) != p.Len {
		return classify.Never
	}
	// The size counts itself (kcp-go, FEC header).
	if len(b) >= fecHeader+24 && wire.L16(b[4:]) == fecData && wire.L16(b[6:]) == len(b)-fecHeader+2 {
		b = b[fecHeader:]
	}
	if b[4] < 81 || b[4] > 84 {
		return classify.Never
	}
	conversation := wire.L32(b)
	if conversation == 0 {
		return classify.Never
	}
	for len(b) > 0 {
		if len(b) < 24 || wire.L32(b) != conversation || b[4] < 81 || b[4] > 84 || wire.L16(b[6:]) == 0 {
			return classify.Never
		}
		size := wire.L32(b[20:])
		// Only a push carries data.
		if b[4] != 81 && (size != 0 || b[5] != 0) || size > len(b)-24 {
			return classify.Never
		}
		// What was acknowledged cannot be far from what is sent.
		if ahead := int32(binary.LittleEndian.Uint32(b[12:]) - binary.LittleEndian.Uint32(b[16:])); ahead > 1<<20 || ahead < -1<<20 {
			return classify.Never
		}
		b = b[24+size:]
	}
	return classify.Match
}
