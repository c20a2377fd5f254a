package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var serviceLocationProtocol = classify.Protocol{
	Name: "Service_Location_Protocol", Category: "RPC", Transport: classify.TCP | classify.UDP,
	Ports:      []uint16{427},
	FirstBytes: classify.Bytes("\x01\x02"),
	Recognise:  recogniseSLP, Speaker: slpSpeaker, Reference: "RFC 2165, RFC 2608",
}

// recogniseSLP accepts the headers of version 1 (RFC 2165, section 4.3) and
// version 2 (RFC 2608, section 8) with a length that is the datagram's and a
// language.
func recogniseSLP(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.TCP {
		return match.Either(p, func(b []byte) classify.Outcome {
			size, o := slpHeader(b)
			if o == classify.Match && size > 1<<16 {
				return classify.Never
			}
			return o
		})
	}
	if size, o := slpHeader(p.Payload); o == classify.Match && size == p.Len {
		return classify.Match
	}
	return classify.Never
}

// slpHeader returns the length of the message that begins b.
func slpHeader(b []byte) (int, classify.Outcome) {
	if len(b) == 0 || b[0] != 1 && b[0] != 2 || len(b) > 1 && (b[1] == 0 || b[1] > 11) {
		return 0, classify.Never
	}
	if b[0] == 1 {
		if len(b) < 12 {
			return 0, classify.NeedMore
		}
		if b[4]&0x07 != 0 || b[5] != 0 || !isLower(b[6:8]) || wire.U16(b[2:]) < 12 {
			return 0, classify.Never
		}
		return wire.U16(b[2:]), classify.Match
	}
	if len(b) < 16 {
		return 0, classify.NeedMore
	}
	size, language := wire.U24(b[2:]), wire.U16(b[12:])
	if b[5]&0x1f != 0 || b[6] != 0 || size < 14+language || language < 2 || language > 16 || !isLower(b[14:16]) {
		return 0, classify.Never
	}
	return size, classify.Match
}

// isLower reports whether all bytes are letters a to z, as in the tag of a
// language; a few implementations write capitals.
func isLower(b []byte) bool {
	for _, c := range b {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			return false
		}
	}
	return true
}

// slpSpeaker tells by the function (RFC 2608, section 8).
func slpSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	if len(b) < 2 {
		return classify.AnySpeaker
	}
	switch b[1] {
	case 1, 3, 4, 6, 9:
		return classify.ClientSpeaks
	case 2, 5, 7, 10:
		return classify.ServerSpeaks
	}
	return classify.AnySpeaker
}
