package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var x11 = classify.Protocol{
	Name: "X11", Category: "RemoteAccess", Transport: classify.TCP, TCPPorts: []uint16{6000, 6001, 6002, 6010}, NoGuess: true,
	FirstBytes: classify.Bytes("Bl\x00\x01\x02"), Recognise: recogniseX11, Speaker: x11Speaker, Reference: "X Window System Protocol, version 11, section 8",
}

// recogniseX11 accepts what opens a connection: the order of bytes, version 11.0, and two names of which
// either may be empty; or the server's acceptance, refusal or wish for more (section 8).
func recogniseX11(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome {
		switch b[0] {
		case 'B':
			return x11Client(b, binary.BigEndian)
		case 'l':
			return x11Client(b, binary.LittleEndian)
		}
		return x11Server(b)
	})
}

func x11Client(b []byte, order binary.ByteOrder) classify.Outcome {
	const header = 12
	if len(b) > 1 && b[1] != 0 {
		return classify.Never
	}
	if len(b) < header {
		return classify.NeedMore
	}
	name, data := int(order.Uint16(b[6:])), int(order.Uint16(b[8:]))
	if order.Uint16(b[2:]) != 11 || order.Uint16(b[4:]) != 0 || name > 64 || data > 1024 {
		return classify.Never
	}
	if len(b) < header+name {
		return classify.NeedMore
	}
	if !classify.IsPrintable(b[header : header+name]) {
		return classify.Never
	}
	return classify.Match
}

// x11Server checks the answer: what became of it, a byte for the length of a reason, version 11.0 in either
// order, and of an acceptance a length that its vendor, formats and screens fit in.
func x11Server(b []byte) classify.Outcome {
	const header, fixed = 8, 40
	if len(b) > 1 && b[0] == 1 && b[1] != 0 {
		return classify.Never
	}
	if len(b) < header {
		return classify.NeedMore
	}
	for _, order := range [...]binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		if order.Uint16(b[2:]) != 11 || order.Uint16(b[4:]) != 0 {
			continue
		}
		units := int(order.Uint16(b[6:]))
		switch {
		case b[0] == 0 && int(b[1]) <= 4*units && b[1] > 4:
			if len(b) < header+int(b[1]) {
				return classify.NeedMore
			}
			if classify.IsText(b[header : header+int(b[1])-1]) {
				return classify.Match
			}
		case b[0] == 1 && units >= 8:
			if len(b) < fixed {
				return classify.NeedMore
			}
			if vendor := int(order.Uint16(b[24:])); vendor+32 <= 4*units && b[28] > 0 && b[30] <= 1 && b[31] <= 1 {
				return classify.Match
			}
		}
	}
	return classify.Never
}

// x11Speaker tells the client by the order of bytes that it asks for.
func x11Speaker(_ classify.Transport, b []byte) classify.Speaker {
	switch {
	case len(b) < 12:
		return classify.AnySpeaker
	case b[0] == 'B' || b[0] == 'l':
		return classify.ClientSpeaks
	}
	return classify.ServerSpeaks
}
