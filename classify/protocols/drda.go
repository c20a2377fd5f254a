package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var drda = classify.Protocol{
	Name:      "DRDA",
	Category:  "Database",
	Transport: classify.TCP,
	TCPPorts:  []uint16{446, 50000},
	NoGuess:   true,
	Recognise: recogniseDRDA,
	Speaker:   drdaSpeaker,
	Reference: "The Open Group DRDA version 5, volume 3 (DDM), DSS",
}

// recogniseDRDA accepts a data stream structure: length, 0xd0, format,
// correlation, then an object whose own length is six less and whose code point
// is that of a command, reply or data object.
func recogniseDRDA(p *classify.Probe) classify.Outcome {
	return match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		// Format: bit 6 chained, bit 5 continue on error, bit 4 same
		// correlation, and the type 1 request, 2 reply, 3 object, 4 encrypted, 5
		// request without reply.
		if len(b) > 2 && b[2] != 0xd0 || len(b) > 3 && (b[3]&0x88 != 0 || b[3]&7 == 0 || b[3]&7 > 5) {
			return classify.Never
		}
		if len(b) < 10 {
			return classify.NeedMore
		}
		size, inner, point := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[6:]), binary.BigEndian.Uint16(b[8:])
		if size < 10 || inner != size-6 {
			return classify.Never
		}
		switch point >> 8 {
		case 0x10, 0x11, 0x12, 0x14, 0x20, 0x21, 0x22, 0x24:
			return classify.Match
		}
		return classify.Never
	})
}

// drdaSpeaker tells by the type of the first structure: request, or reply (DRDA, volume 3, DSS).
func drdaSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	if len(b) < 4 {
		return classify.AnySpeaker
	}
	switch b[3] & 0x0f {
	case 1, 5:
		return classify.ClientSpeaks
	case 2:
		return classify.ServerSpeaks
	}
	return classify.AnySpeaker
}
