package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var pptp = classify.Protocol{
	Name: "PPTP", Category: "VPN", Transport: classify.TCP, TCPPorts: []uint16{1723}, NoGuess: true,
	FirstBytes: classify.Bytes("\x00"),
	Recognise:  recognisePPTP, Speaker: pptpSpeaker, Reference: "RFC 2637",
}

// recognisePPTP accepts a control message: length, type 1, magic cookie and a
// control message type (RFC 2637, sections 1.4 and 2).
func recognisePPTP(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome {
		const cookie = "\x00\x01\x1a\x2b\x3c\x4d\x00"
		switch {
		case b[0] != 0:
			return classify.Never
		case len(b) < 10:
			if len(b) > 2 {
				return min(match.Prefix(b[2:], cookie), classify.NeedMore)
			}
			return classify.NeedMore
		}
		n := binary.BigEndian.Uint16(b)
		if n >= 12 && n <= 220 && match.Prefix(b[2:], cookie) == classify.Match && b[9] >= 1 && b[9] <= 15 {
			return classify.Match
		}
		return classify.Never
	})
}

// pptpSpeaker tells by the first messages of control (RFC 2637, section 2).
func pptpSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	if len(b) < 10 {
		return classify.AnySpeaker
	}
	switch wire.U16(b[8:]) {
	case 1, 7:
		return classify.ClientSpeaks
	case 2, 8:
		return classify.ServerSpeaks
	}
	return classify.AnySpeaker
}
