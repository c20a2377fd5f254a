package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var bmp = classify.Protocol{
	Name: "BMP", Category: "Network", Transport: classify.TCP, TCPPorts: []uint16{11019, 1790}, NoGuess: true,
	FirstBytes: classify.Bytes("\x03\x04"), Recognise: recogniseBMP, Speaker: bmpSpeaker, Reference: "RFC 7854, section 4",
}

// Types of messages (RFC 7854, section 4.1).
const (
	bmpRoutes     = 0
	bmpStatistics = 1
	bmpDown       = 2
	bmpUp         = 3
	bmpInitiation = 4
	bmpEnd        = 5
	bmpMirror     = 6
)

// recogniseBMP accepts a message of version 3, or of its successor, by its type: with a header of the peer
// (RFC 7854, section 4.2) and, behind it, what begins with the marker of BGP; or with information that
// fills it.
func recogniseBMP(p *classify.Probe) classify.Outcome { return match.Either(p, bmpMessage) }

func bmpMessage(b []byte) classify.Outcome {
	const header, peer = 6, 42
	if b[0] != 3 && b[0] != 4 || len(b) > 1 && b[1] != 0 || len(b) > 5 && b[5] > bmpMirror {
		return classify.Never
	}
	if len(b) < header {
		return classify.NeedMore
	}
	size, kind := wire.U32(b[1:]), b[5]
	if size < header || size > 1<<17 {
		return classify.Never
	}
	if kind == bmpInitiation || kind == bmpEnd {
		return bmpInformation(b, size)
	}
	if size < header+peer || len(b) > header && b[header] > 3 {
		return classify.Never
	}
	at := header + peer
	switch kind {
	case bmpRoutes:
		return marker(b, at)
	case bmpUp: // local address, two ports, then what each side sent to open
		return marker(b, at+20)
	case bmpDown:
		if len(b) <= at {
			return classify.NeedMore
		}
		if b[at] >= 1 && b[at] <= 6 && (b[at] == 2 && size == at+3 || b[at] >= 4 && size == at+1) {
			return classify.Match
		}
		return marker(b, at+1)
	case bmpStatistics:
		if len(b) < at+8 {
			return classify.NeedMore
		}
		if n := wire.U32(b[at:]); n > 0 && n < 64 && wire.U16(b[at+4:]) < 64 && (wire.U16(b[at+6:]) == 4 || wire.U16(b[at+6:]) == 8) {
			return classify.Match
		}
	case bmpMirror:
		if len(b) < at+4 {
			return classify.NeedMore
		}
		if wire.U16(b[at:]) <= 1 && at+4+wire.U16(b[at+2:]) <= size {
			return classify.Match
		}
	}
	return classify.Never
}

// marker looks for the sixteen ones with which messages of BGP begin (RFC 4271, section 4.1), at a place of
// b, or in a route of version 4 behind the head of an element.
func marker(b []byte, at int) classify.Outcome {
	if b[0] == 4 && b[5] == bmpRoutes {
		at += 4
	}
	if len(b) < at+16 {
		return classify.NeedMore
	}
	for _, c := range b[at : at+16] {
		if c != 0xff {
			return classify.Never
		}
	}
	return classify.Match
}

// bmpInformation walks information elements up to the end: of an initiation texts, of a termination a text
// or a reason of two bytes (RFC 7854, sections 4.3 to 4.5).
func bmpInformation(b []byte, size int) classify.Outcome {
	const header, mostElements, longest = 6, 16, 2048
	at, told := header, 0
	for n := 0; at < size; n++ {
		if len(b) < at+4 {
			return classify.NeedMore
		}
		kind, length := wire.U16(b[at:]), wire.U16(b[at+2:])
		if n == mostElements || kind > 4 || length > longest || at+4+length > size {
			return classify.Never
		}
		if len(b) < at+4+length {
			return classify.NeedMore
		}
		value := b[at+4 : at+4+length]
		reason := b[5] == bmpEnd && kind == 1 && length == 2
		if !reason && !classify.IsText(value) {
			return classify.Never
		}
		told += length
		at += 4 + length
	}
	if told < 2 {
		return classify.Never
	}
	return classify.Match
}

// bmpSpeaker says that the router speaks, which mostly opens the connection (RFC 7854, section 3.2).
func bmpSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	if len(b) >= 6 && b[0] == 3 && b[1] == 0 && b[5] <= bmpMirror {
		return classify.ClientSpeaks
	}
	return classify.AnySpeaker
}
