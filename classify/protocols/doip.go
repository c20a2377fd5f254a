package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var doip = classify.Protocol{
	Name: "DoIP", Category: "IoT-Scada", Transport: classify.TCP | classify.UDP, Ports: []uint16{13400},
	FirstBytes: classify.Bytes("\x01\x02\x03\x04\xff"), Recognise: recogniseDoIP, Speaker: doipSpeaker, Reference: "ISO 13400-2, section 7 and table 17",
}

// recogniseDoIP accepts a header: the protocol's version and the same with all bits turned, a type of
// message, and a length that the type allows; of a datagram, its own (ISO 13400-2, section 7.3). Who looks
// for vehicles does not know their version, and says 0xff.
func recogniseDoIP(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.UDP {
		if len(p.Payload) >= 8 && wire.U32(p.Payload[4:])+8 == p.Len && doipHeader(p.Payload) == classify.Match {
			return classify.Match
		}
		return classify.Never
	}
	return match.Either(p, func(b []byte) classify.Outcome {
		if b[0] == 0xff {
			return classify.Never
		}
		return doipHeader(b)
	})
}

// doipLengths gives the least and the greatest length of each type (ISO 13400-2, tables 17 to 30).
var doipLengths = map[int][2]int{
	0x0000: {1, 1}, 0x0001: {0, 0}, 0x0002: {6, 6}, 0x0003: {17, 17}, 0x0004: {32, 33}, 0x0005: {7, 11}, 0x0006: {9, 13}, 0x0007: {0, 0}, 0x0008: {2, 2},
	0x4001: {0, 0}, 0x4002: {3, 7}, 0x4003: {0, 0}, 0x4004: {1, 1}, 0x8001: {5, 1 << 24}, 0x8002: {5, 1 << 24}, 0x8003: {5, 1 << 24}, 0x8004: {5, 1 << 24},
}

func doipHeader(b []byte) classify.Outcome {
	if b[0] == 0 || b[0] > 4 && b[0] != 0xff || len(b) > 1 && b[1] != ^b[0] {
		return classify.Never
	}
	if len(b) < 8 {
		return classify.NeedMore
	}
	limits, known := doipLengths[wire.U16(b[2:])]
	if size := wire.U32(b[4:]); !known || size < limits[0] || size > limits[1] {
		return classify.Never
	}
	return classify.Match
}

// doipSpeaker tells by the type of the message: a tester asks for vehicles, routing and state.
func doipSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	if len(b) < 8 {
		return classify.AnySpeaker
	}
	switch wire.U16(b[2:]) {
	case 0x0001, 0x0002, 0x0003, 0x0005, 0x0008, 0x4001, 0x4003:
		return classify.ClientSpeaks
	case 0x0004, 0x0006, 0x0007, 0x4002, 0x4004, 0x8002, 0x8003:
		return classify.ServerSpeaks
	}
	return classify.AnySpeaker
}
