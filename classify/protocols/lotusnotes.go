package protocols

import (
	"bytes"

	"servmap/classify"
	"servmap/classify/match"
)

var lotusNotes = classify.Protocol{
	Name:      "LotusNotes",
	Category:  "Collaborative",
	Transport: classify.TCP,
	TCPPorts:  []uint16{1352},
	Recognise: recogniseLotusNotes,
	Reference: "Notes remote procedure call (NRPC), first message of a session, as seen on the wire",
}

// notesHello stands in the first message of a session after the message's
// length and number.
var notesHello = []byte{0x00, 0x00, 0x02, 0x00, 0x00, 0x40, 0x02, 0x0f}

// recogniseLotusNotes accepts the first message of either side. The protocol
// is not published; these eight bytes have been the same in all releases.
func recogniseLotusNotes(p *classify.Probe) classify.Outcome {
	return match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		n := min(len(b), 14)
		if n > 6 && !bytes.Equal(b[6:n], notesHello[:n-6]) {
			return classify.Never
		}
		if n < 14 {
			return classify.NeedMore
		}
		return classify.Match
	})
}
