package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var beckhoffADS = classify.Protocol{
	Name: "BeckhoffADS", Category: "IoT-Scada", Transport: classify.TCP | classify.UDP,
	TCPPorts:   []uint16{48898},
	FirstBytes: classify.Bytes("\x00\x03"), Recognise: recogniseBeckhoffADS,
	Speaker: adsSpeaker, Reference: "Beckhoff Information System, AMS/ADS specification",
}

// recogniseBeckhoffADS accepts the AMS/TCP header with the AMS header after it:
// reserved zeros, two lengths that agree, a command and its flags. Over UDP
// it accepts the discovery of devices, which begins with a cookie.
func recogniseBeckhoffADS(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.TCP {
		return match.Either(p, adsHeader)
	}
	b := p.Payload
	if len(b) >= 12 && wire.L32(b) == 0x71146603 && wire.L32(b[4:]) < 1<<24 {
		return classify.Match
	}
	return classify.Never
}

func adsHeader(b []byte) classify.Outcome {
	if b[0] != 0 || len(b) > 1 && b[1] != 0 {
		return classify.Never
	}
	if len(b) < 38 {
		if len(b) >= 6 && wire.L32(b[2:]) < 32 {
			return classify.Never
		}
		return classify.NeedMore
	}
	command, flags := wire.L16(b[22:]), wire.L16(b[24:])
	if wire.L32(b[2:]) != wire.L32(b[26:])+32 || wire.L32(b[2:]) > 1<<24 {
		return classify.Never
	}
	if command > 9 || flags&^0x01ff != 0 || flags&0x0004 == 0 {
		return classify.Never
	}
	return classify.Match
}

// adsSpeaker tells by the bit of the state flags that marks a response. Over UDP it is the highest bit
// of the service.
func adsSpeaker(t classify.Transport, b []byte) classify.Speaker {
	response := false
	switch {
	case t == classify.TCP && len(b) >= 26:
		response = b[24]&1 != 0
	case t == classify.UDP && len(b) >= 12:
		response = b[11]&0x80 != 0
	default:
		return classify.AnySpeaker
	}
	if response {
		return classify.ServerSpeaks
	}
	return classify.ClientSpeaks
}
