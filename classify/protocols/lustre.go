package protocols

import (
	"encoding/binary"

	"servmap/classify"
)

var lustre = classify.Protocol{
	Name: "Lustre", Category: "DataTransfer", Transport: classify.TCP, TCPPorts: []uint16{988}, NoGuess: true,
	Recognise: recogniseLustre, Reference: "Lustre networking, acceptor and socket hello",
}

// The magics with which a connection of Lustre's network begins: that of the
// acceptor and that of the greeting of peers.
const (
	lnetAcceptor = 0xacce7100
	lnetHello    = 0xeebc0ded
)

// recogniseLustre accepts either magic in either byte order, with a version
// of a few.
func recogniseLustre(p *classify.Probe) classify.Outcome {
	return eitherStream(p, func(b []byte) classify.Outcome {
		switch b[0] {
		case 0x00, 0xac, 0xed, 0xee:
		default:
			return classify.Never
		}
		if len(b) < 8 {
			return classify.NeedMore
		}
		for _, order := range [...]binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
			if magic := order.Uint32(b); (magic == lnetAcceptor || magic == lnetHello) && order.Uint32(b[4:]) <= 16 {
				return classify.Match
			}
		}
		return classify.Never
	})
}
