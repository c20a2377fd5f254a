package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var tacacs = classify.Protocol{
	Name: "TACACS+", Category: "Network", Transport: classify.TCP, TCPPorts: []uint16{49},
	FirstBytes: classify.Bytes("\xc0\xc1"), Recognise: recogniseTACACS, Speaker: tacacsSpeaker, Reference: "RFC 8907, section 4.1",
}

// recogniseTACACS accepts a header of version 12.0 or 12.1 (RFC 8907, section 4.1) and a body that ends the
// segment, on port 49. Elsewhere both sides must name one session, and count on.
func recogniseTACACS(p *classify.Probe) classify.Outcome {
	const header = 12
	if !p.HasPort(49) {
		a, b := p.Stream(classify.Client), p.Stream(classify.Server)
		switch {
		case len(a) == 0 || len(b) == 0:
			return min(classify.NeedMore, match.Either(p, tacacsPacket))
		case tacacsPacket(a) == classify.Never || tacacsPacket(b) == classify.Never:
			return classify.Never
		case len(a) < header || len(b) < header:
			return classify.NeedMore
		case string(a[4:8]) == string(b[4:8]) && (a[2] == b[2]+1 || b[2] == a[2]+1):
			return classify.Match
		}
		return classify.Never
	}
	return match.Either(p, tacacsPacket)
}

func tacacsPacket(b []byte) classify.Outcome {
	const header, most = 12, 1 << 16
	switch {
	case b[0] != 0xc0 && b[0] != 0xc1, len(b) > 1 && (b[1] == 0 || b[1] > 3), len(b) > 2 && b[2] == 0, len(b) > 3 && b[3]&^5 != 0:
		return classify.Never
	case len(b) < header:
		return classify.NeedMore
	}
	size := wire.U32(b[8:])
	switch {
	case size < 5 || size > most || match.AllZero(b[4:8]):
		return classify.Never
	case len(b) < header+size:
		return classify.NeedMore
	case len(b) == header+size, b[header+size]&0xfe == 0xc0:
		return classify.Match
	}
	return classify.Never
}

// tacacsSpeaker tells by the number: a client's are odd (RFC 8907, section 4.1).
func tacacsSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	switch {
	case len(b) < 12:
		return classify.AnySpeaker
	case b[2]&1 != 0:
		return classify.ClientSpeaks
	}
	return classify.ServerSpeaks
}
