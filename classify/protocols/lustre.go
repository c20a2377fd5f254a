package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var lustre = classify.Protocol{
	Name: "Lustre", Category: "DataTransfer", Transport: classify.TCP, TCPPorts: []uint16{988}, NoGuess: true,
	FirstBytes: classify.Bytes("\x00\x45\x63\xac\xc1\xed\xee"),
	Recognise:  recogniseLustre, Reference: "Lustre networking, acceptor and socket hello",
}

// The magics with which a connection of Lustre's network begins: that of the
// acceptor, and those of the greeting of peers before and since version 2.
const (
	lnetAcceptor = 0xacce7100
	lnetHello    = 0xeebc0ded
	lnetUnified  = 0x45726963
)

// recogniseLustre accepts any of the magics in either byte order, with a
// version of a few, and on port 988 messages of a connection already open.
func recogniseLustre(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome {
		switch b[0] {
		case 0x00, 0xac, 0xed, 0xee, 0x63, 0x45:
		case 0xc1:
			if p.HasPort(988) {
				return lnetMessage(b)
			}
			return classify.Never
		default:
			return classify.Never
		}
		if len(b) < 8 {
			return classify.NeedMore
		}
		for _, order := range [...]binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
			if magic := order.Uint32(b); (magic == lnetAcceptor || magic == lnetHello || magic == lnetUnified) && order.Uint32(b[4:]) <= 16 {
				return classify.Match
			}
		}
		return classify.Never
	})
}

// lnetMessage checks a message of a connection already open: its type 0xc1,
// then the header with two addresses, two process numbers, which servers have as
// 12345, and a kind up to 4.
func lnetMessage(b []byte) classify.Outcome {
	if len(b) < 56 {
		return classify.NeedMore
	}
	if wire.L32(b) == 0xc1 && wire.L32(b[48:]) <= 4 && (wire.L32(b[40:]) == 12345 || wire.L32(b[44:]) == 12345) {
		return classify.Match
	}
	return classify.Never
}
