package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var iec60870 = classify.Protocol{
	Name: "IEC60870", Category: "IoT-Scada", Transport: classify.TCP,
	TCPPorts: []uint16{2404}, FirstBytes: classify.Bytes("\x68"), Recognise: recogniseIEC60870,
	Speaker: iec104Speaker, Reference: "IEC 60870-5-104",
}

// recogniseIEC60870 accepts units that follow each other through what a side sent (IEC 60870-5-104,
// section 5): start and stop of data, acknowledgements, and information whose type and cause exist.
// Information alone must come twice, or on port 2404.
func recogniseIEC60870(p *classify.Probe) classify.Outcome {
	usual := p.HasPort(2404)
	return match.Either(p, func(b []byte) classify.Outcome {
		sure, plain := 0, 0
		for len(b) > 0 {
			if b[0] != 0x68 || len(b) > 1 && (b[1] < 4 || b[1] > 253) {
				return classify.Never
			}
			if len(b) < 6 {
				break
			}
			size := int(b[1]) + 2
			switch {
			case b[2]&1 == 0: // information
				if b[4]&1 != 0 || size < 15 || len(b) >= 12 && !iec104Information(b[6:], size-6) {
					return classify.Never
				}
				plain++
			case b[1] != 4:
				return classify.Never
			case b[2] == 1: // acknowledgement
				if b[3] != 0 || b[4]&1 != 0 {
					return classify.Never
				}
				sure++
			default: // start, stop, test; activation or confirmation
				if b[3]|b[4]|b[5] != 0 || !iec104Control(b[2]) {
					return classify.Never
				}
				sure++
			}
			if len(b) < size {
				break
			}
			b = b[size:]
		}
		if len(b) == 0 && (sure > 0 || plain >= 3 || plain > 0 && usual) {
			return classify.Match
		}
		return classify.NeedMore
	})
}

func iec104Control(c byte) bool {
	switch c {
	case 0x07, 0x0b, 0x13, 0x23, 0x43, 0x83:
		return true
	}
	return false
}

// iec104Information checks type, number of objects and cause of transmission
// (IEC 60870-5-101, sections 7.2.1 to 7.2.3; cause and address of two bytes
// each). The objects are of one size: each with an address of three bytes, or
// all together with one where they are a sequence.
func iec104Information(b []byte, size int) bool {
	typ, objects, cause := b[0], int(b[1]&0x7f), b[2]&0x3f
	known := typ >= 1 && typ <= 40 || typ >= 45 && typ <= 51 || typ >= 58 && typ <= 64 || typ == 70 ||
		typ >= 100 && typ <= 107 || typ >= 110 && typ <= 113 || typ >= 120
	if !known || typ > 127 || objects == 0 || cause == 0 || cause > 47 || cause > 13 && cause < 20 || wire.U16(b[4:]) == 0 {
		return false
	}
	rest := size - 6
	if b[1]&0x80 != 0 {
		rest -= 3
	} else if rest < 3*objects {
		return false
	}
	return rest >= objects && rest%objects == 0
}

// iec104Speaker tells by activations and confirmations (IEC 60870-5-104, section 5), and by the type and
// cause of information (IEC 60870-5-101, section 7.2): the controlling station is the client.
func iec104Speaker(_ classify.Transport, b []byte) classify.Speaker {
	for len(b) >= 6 && b[0] == 0x68 && b[1] >= 4 {
		switch size := int(b[1]) + 2; {
		case b[2] == 0x07 || b[2] == 0x13:
			return classify.ClientSpeaks
		case b[2] == 0x0b || b[2] == 0x23:
			return classify.ServerSpeaks
		case b[2]&1 == 0 && len(b) > 8:
			kind, cause := b[6], b[8]&0x3f
			switch {
			case kind >= 1 && kind <= 44, kind == 70:
				return classify.ServerSpeaks
			case (kind >= 45 && kind <= 69 || kind >= 100 && kind <= 107) && (cause == 6 || cause == 8):
				return classify.ClientSpeaks
			case (kind >= 45 && kind <= 69 || kind >= 100 && kind <= 107) && (cause == 7 || cause == 9 || cause == 10):
				return classify.ServerSpeaks
			}
			return classify.AnySpeaker
		case len(b) < size:
			return classify.AnySpeaker
		default:
			b = b[size:]
		}
	}
	return classify.AnySpeaker
}
