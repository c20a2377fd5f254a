package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var genisys = classify.Protocol{
	Name: "Genisys", Category: "IoT-Scada", Transport: classify.TCP | classify.UDP, AlsoPorts: []uint16{10001}, NoGuess: true,
	FirstBytes: classify.Bytes("\xf1\xf2\xf3\xf9\xfa\xfb\xfc\xfd\xfe"), Recognise: recogniseGenisys, Speaker: genisysSpeaker,
	Reference: "Union Switch & Signal, GENISYS serial protocol, as service manuals of its units describe it",
}

// recogniseGenisys accepts a frame of a master or a slave: a control character, an address, data, a checksum of
// two bytes, and the end of it. Characters from 0xf0 on stand in it as an escape and their lower half. A
// slave's acknowledgement has no checksum and is no proof.
func recogniseGenisys(p *classify.Probe) classify.Outcome { return match.Either(p, genisysFrame) }

func genisysFrame(b []byte) classify.Outcome {
	const escape, end, acknowledge, longest, least = 0xf0, 0xf6, 0xf1, 160, 4
	if b[0] < acknowledge || b[0] > 0xf3 && b[0] < 0xf9 || b[0] == 0xff {
		return classify.Never
	}
	var room [longest]byte
	frame := append(room[:0], b[0])
	for i := 1; i < len(b) && len(frame) < longest; i++ {
		switch c := b[i]; {
		case c == end:
			n := len(frame) - 2
			switch {
			case b[0] == acknowledge && len(frame) == 2:
				return classify.NeedMore
			case len(frame) < least || binary.LittleEndian.Uint16(frame[n:]) != wire.CRC16Modbus(frame[:n]):
				return classify.Never
			}
			return classify.Match
		case c == escape:
			if i++; i < len(b) {
				if b[i] > 0x0f {
					return classify.Never
				}
				frame = append(frame, escape|b[i])
			}
		case c > escape:
			return classify.Never
		default:
			frame = append(frame, c)
		}
	}
	if len(frame) < longest {
		return classify.NeedMore
	}
	return classify.Never
}

// genisysSpeaker tells by the control character: masters have those from 0xf9 on.
func genisysSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	switch {
	case len(b) < 3:
		return classify.AnySpeaker
	case b[0] >= 0xf9:
		return classify.ClientSpeaks
	}
	return classify.ServerSpeaks
}
