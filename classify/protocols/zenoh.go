package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var zenoh = classify.Protocol{
	Name: "Zenoh", Category: "RPC", Transport: classify.TCP | classify.UDP, Ports: []uint16{7447}, AlsoPorts: []uint16{7446}, NoGuess: true,
	FirstBytesTCP: classify.Range(5, 0x8f), // of a length
	FirstBytes:    classify.Bytes("\x01\x21\x41\x61\x81\xa1\xc1\xe1\x02\x22\x42\x62\x82\xa2\xc2\xe2"),
	Recognise:     recogniseZenoh, Reference: "Eclipse zenoh, protocol specification 1.0, transport and scouting",
}

// recogniseZenoh accepts what opens a transport: the length of a message, and of that the kind, version and
// identifier; over UDP on its ports the same without the length, or who is looked for.
func recogniseZenoh(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.UDP {
		b := p.Payload
		if len(b) == p.Len && len(b) >= 4 && (p.HasPort(7447) && zenohInit(b) || p.HasPort(7446) && zenohScout(b)) {
			return classify.Match
		}
		return classify.Never
	}
	return match.Either(p, func(b []byte) classify.Outcome {
		const least, most = 5, 0x8f
		if b[0] < least || b[0] > most || len(b) > 1 && b[1] != 0 || len(b) > 2 && b[2]&0x1f != 1 || len(b) > 3 && (b[3] < 5 || b[3] > 9) {
			return classify.Never
		}
		if len(b) < 4 {
			return classify.NeedMore
		}
		size := int(b[0])
		switch {
		case len(b) > 2+size && len(b) < 4+size:
			return classify.Never
		case len(b) < 2+size:
			return classify.NeedMore
		case zenohInit(b[2 : 2+size]):
			return classify.Match
		}
		return classify.Never
	})
}

// zenohInit checks the message that opens a transport, or accepts it: kind, version, what the sender is, and
// an identifier of at most sixteen bytes; the acceptance has a cookie behind.
func zenohInit(b []byte) bool {
	const kind, accepts, sized = 1, 0x20, 0x40
	if b[0]&0x1f != kind || b[1] < 5 || b[1] > 9 || b[2]&0x0c != 0 || b[2]&3 > 2 {
		return false
	}
	at := 3 + 1 + int(b[2]>>4)
	if b[0]&sized != 0 {
		at += 3
	}
	if b[0]&accepts != 0 && (at+1 > len(b) || b[at] == 0) {
		return false
	}
	return at <= len(b) && (at > 3+4) && (b[0]&accepts != 0 || len(b) <= at+128)
}

// zenohScout checks the question who is there, or its answer.
func zenohScout(b []byte) bool {
	switch b[0] & 0x1f {
	case 1: // what is looked for, perhaps an identifier
		return b[1] >= 5 && b[1] <= 9 && b[2]&7 != 0 && (b[2]&8 != 0 && len(b) >= 4+int(b[2]>>4) || b[2]>>4 == 0 && len(b) <= 8)
	case 2:
		return b[1] >= 5 && b[1] <= 9 && b[2]&3 <= 2 && len(b) >= 4+int(b[2]>>4)
	}
	return false
}
