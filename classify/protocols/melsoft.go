package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var melsoft = classify.Protocol{
	Name: "MELSOFT", Category: "IoT-Scada", Transport: classify.TCP | classify.UDP,
	TCPPorts: []uint16{5007}, UDPPorts: []uint16{5006, 5560}, NoGuess: true,
	FirstBytes: classify.Bytes("\x57\xd7\x5a\xda"), Recognise: recogniseMELSOFT, Speaker: melsoftSpeaker,
	Reference: "observed: frames of engineering tools to and from Mitsubishi controllers, which are like those of SLMP",
}

// recogniseMELSOFT accepts a frame of the tools that program controllers: a request or response, a serial
// number, ways to and from in eight bytes each, and a length that is the rest's; on the port for it also
// the search for controllers.
func recogniseMELSOFT(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.UDP {
		b := p.Payload
		const search = 5560
		if len(b) >= 4 && p.HasPort(search) && b[0]&0x7f == 0x5a && b[1]|b[2] == 0 && (p.Len == 4) == (b[0] == 0x5a) {
			return classify.Match
		}
		if melsoftFrame(b, p.Len) == classify.Match {
			return classify.Match
		}
		return classify.Never
	}
	return match.Either(p, func(b []byte) classify.Outcome { return melsoftFrame(b, len(b)) })
}

func melsoftFrame(b []byte, size int) classify.Outcome {
	const header, most = 21, 8192
	switch {
	case b[0] != 0x57 && b[0] != 0xd7, len(b) > 1 && b[1] > 1, len(b) > 4 && b[4] != 0, len(b) > 5 && b[5] != 0x11, len(b) > 6 && b[6] != 0x11:
		return classify.Never
	case len(b) < header:
		return classify.NeedMore
	}
	switch length := wire.L16(b[header-2:]); {
	case length < 4 || length > most || b[8]|b[9] != 0:
		return classify.Never
	case size == header+length, size > header+length && len(b) > header+length && b[header+length] == b[0]:
		return classify.Match
	case size < header+length:
		return classify.NeedMore
	}
	return classify.Never
}

// melsoftSpeaker tells by the first byte: a response has the highest bit set.
func melsoftSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	switch {
	case len(b) < 4:
		return classify.AnySpeaker
	case b[0]&0x80 != 0:
		return classify.ServerSpeaks
	}
	return classify.ClientSpeaks
}
