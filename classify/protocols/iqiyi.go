package protocols

import (
	"encoding/binary"

	"servmap/classify"
)

var iQIYI = classify.Protocol{
	Name:      "iQIYI",
	Category:  "Streaming",
	Transport: classify.UDP,
	Recognise: recogniseIQIYI,
	Reference: "PPStream's peer protocol, message header, as seen on the wire",
}

// recogniseIQIYI accepts the peers' messages: a length that counts the whole
// datagram or all but four or six bytes of it, and 0x43. Every datagram must be
// one, and three of different lengths.
func recogniseIQIYI(p *classify.Probe) classify.Outcome {
	lengths, last := 0, -1
	for _, e := range p.History() {
		if len(e.Data) < 12 || e.Data[2] != 0x43 {
			return classify.Never
		}
		n := int(binary.LittleEndian.Uint16(e.Data))
		if n != e.Len && n != e.Len-4 && n != e.Len-6 {
			return classify.Never
		}
		if n != last {
			lengths++
			last = n
		}
	}
	if lengths < 3 {
		return classify.NeedMore
	}
	return classify.Match
}
