package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var codesys = classify.Protocol{
	Name: "CODESYS", Category: "IoT-Scada", Transport: classify.TCP | classify.UDP, TCPPorts: []uint16{1217, 2455, 11740}, AlsoPorts: []uint16{1200},
	UDPPorts: []uint16{1740, 1741, 1742, 1743}, NoGuess: true, FirstBytes: classify.Bytes("\xe8\xbb\xc5"), Recognise: recogniseCODESYS,
	Reference: "Kaspersky ICS CERT, Security research: CODESYS Runtime, a PLC control framework, part 2",
}

// recogniseCODESYS accepts over TCP the block of version 3, a magic, a length and a datagram inside, and the
// message of version 2, 0xbbbb and a length in either order; over UDP, on its ports, a datagram by itself.
func recogniseCODESYS(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.UDP {
		own := p.HasPort(1740) || p.HasPort(1741) || p.HasPort(1742) || p.HasPort(1743)
		if own && codesysDatagram(p.Payload) {
			return classify.Match
		}
		return classify.Never
	}
	return match.Either(p, func(b []byte) classify.Outcome {
		switch b[0] {
		case 0xe8:
			return codesysBlock(b)
		case 0xbb:
			return codesysOld(b)
		}
		return classify.Never
	})
}

func codesysBlock(b []byte) classify.Outcome {
	const magic, header, most = "\xe8\x17\x01\x00", 8, 1 << 16
	if out := match.Prefix(b, magic); out != classify.Match {
		return out
	}
	switch {
	case len(b) < header+1:
		return classify.NeedMore
	case wire.L32(b[4:]) > header && wire.L32(b[4:]) <= most && b[header] == 0xc5:
		return classify.Match
	}
	return classify.Never
}

func codesysOld(b []byte) classify.Outcome {
	const header, most = 6, 1 << 16
	switch {
	case len(b) > 1 && b[1] != 0xbb:
		return classify.Never
	case len(b) < header:
		return classify.NeedMore
	}
	for _, order := range [...]binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		if n := order.Uint32(b[2:]); n > 0 && n < most && uint32(len(b)) == header+n {
			return classify.Match
		}
	}
	if binary.LittleEndian.Uint32(b[2:]) < most || binary.BigEndian.Uint32(b[2:]) < most {
		return classify.NeedMore
	}
	return classify.Never
}

// codesysDatagram checks magic, hops, priority, and a service: addresses, names, or the channels of the layer
// above.
func codesysDatagram(b []byte) bool {
	const header = 6
	if len(b) < header || b[0] != 0xc5 || b[1]>>3 > 15 {
		return false
	}
	service := b[3]
	return service >= 1 && service <= 4 || service == 0x40
}
