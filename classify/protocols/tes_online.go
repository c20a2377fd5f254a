package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var tesOnline = classify.Protocol{
	Name:       "TES_Online",
	Category:   "Game",
	Transport:  classify.TCP,
	FirstBytes: classify.Bytes("\x00"),
	Recognise:  recogniseTESOnline,
	Reference:  "The Elder Scrolls Online, client's first message to login and world servers, as seen on the wire",
}

// recogniseTESOnline accepts a first message with the lengths of message and
// body, eight bytes apart, and the numbers 1 and 1 between them.
func recogniseTESOnline(p *classify.Probe) classify.Outcome {
	return match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		if b[0]|b[min(1, len(b)-1)] != 0 {
			return classify.Never
		}
		if len(b) < 16 {
			return classify.NeedMore
		}
		size := binary.BigEndian.Uint32(b)
		if size < 16 || size > 1<<14 || binary.BigEndian.Uint32(b[4:]) != 0x00010001 || binary.BigEndian.Uint32(b[8:]) != size-8 {
			return classify.Never
		}
		return classify.Match
	})
}
