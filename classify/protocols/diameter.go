package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var diameter = classify.Protocol{
	Name: "Diameter", Category: "Network", Transport: classify.TCP | classify.SCTP,
	TCPPorts:   []uint16{3868},
	PPIDs:      []uint32{46, 47},
	FirstBytes: classify.Bytes("\x01"), Recognise: recogniseDiameter,
	Speaker: diameterSpeaker, Reference: "RFC 6733",
}

// recogniseDiameter accepts a header of version 1 (RFC 6733, section 3)
// followed by attributes whose lengths lead from one to the next (section
// 4.1): to the end of the message, or three of them.
func recogniseDiameter(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.SCTP {
		if len(p.Payload) >= 28 && diameterMessage(p.Payload) == classify.Match {
			return classify.Match
		}
		return classify.Never
	}
	return match.Either(p, diameterMessage)
}

func diameterMessage(b []byte) classify.Outcome {
	if b[0] != 1 || len(b) > 1 && b[1] != 0 {
		return classify.Never
	}
	if len(b) < 20 {
		return classify.NeedMore
	}
	size := wire.U24(b[1:])
	if size < 20 || size%4 != 0 || b[4]&0x0f != 0 || b[4]&0xa0 == 0xa0 || wire.U24(b[5:]) == 0 {
		return classify.Never
	}
	for n, at := 0, 20; ; n++ {
		if at == size && n > 0 || n == 3 {
			return classify.Match
		}
		if at+8 > size {
			return classify.Never
		}
		if at+8 > len(b) {
			return classify.NeedMore
		}
		head, length := 8, wire.U24(b[at+5:])
		if b[at+4]&0x80 != 0 {
			head = 12
		}
		if length < head || b[at+4]&0x1f != 0 || at+length > size {
			return classify.Never
		}
		at += (length + 3) &^ 3
	}
}

// diameterSpeaker tells by who asks for capabilities (RFC 6733, section 5.3): the side that opened the
// connection. Other requests go both ways.
func diameterSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	const capabilities = 257
	switch {
	case len(b) < 8 || wire.U32(b[4:])&0xffffff != capabilities:
		return classify.AnySpeaker
	case b[4]&0x80 != 0:
		return classify.ClientSpeaks
	}
	return classify.ServerSpeaks
}
