package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var trdp = classify.Protocol{
	Name: "TRDP", Category: "IoT-Scada", Transport: classify.TCP | classify.UDP,
	TCPPorts: []uint16{17225}, UDPPorts: []uint16{17224, 17225}, Recognise: recogniseTRDP, Reference: "IEC 61375-2-3, annex A",
}

// recogniseTRDP accepts process and message data of protocol version 1: a message type of two letters
// and a data set that fits behind the header (IEC 61375-2-3, sections A.6.5 and A.7.5).
func recogniseTRDP(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.TCP {
		return match.Either(p, func(b []byte) classify.Outcome {
			if len(b) < 24 {
				if len(b) >= 5 && b[4] != 1 {
					return classify.Never
				}
				return classify.NeedMore
			}
			return trdpHeader(b, 1<<20)
		})
	}
	if len(p.Payload) < 40 {
		return classify.Never
	}
	return trdpHeader(p.Payload, p.Len)
}

func trdpHeader(b []byte, size int) classify.Outcome {
	if b[4] != 1 || b[5] > 9 {
		return classify.Never
	}
	head := 0
	switch string(b[6:8]) {
	case "Pr", "Pp", "Pd", "Pe":
		head = 40
	case "Mn", "Mr", "Mp", "Mq", "Mc", "Me":
		head = 116
	}
	if n := wire.U32(b[20:]); head > 0 && n <= 65388 && head+n <= size {
		return classify.Match
	}
	return classify.Never
}
