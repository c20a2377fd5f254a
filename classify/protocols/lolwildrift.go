package protocols

import (
	"encoding/binary"

	"servmap/classify"
)

var lolWildRift = classify.Protocol{
	Name:       "LoLWildRift",
	Category:   "Game",
	Transport:  classify.UDP,
	FirstBytes: classify.Bytes("\x01\x04\x10"),
	Recognise:  recogniseLoLWildRift,
	Reference:  "League of Legends: Wild Rift, key exchange and latency probes, as seen on the wire",
}

// recogniseLoLWildRift accepts the key exchange, message 4 of 65 bytes that is
// answered by message 16 of 355, and the probes of the servers' latency.
func recogniseLoLWildRift(p *classify.Probe) classify.Outcome {
	b := p.Payload
	switch {
	case len(b) == 22 && binary.BigEndian.Uint32(b) == 0x0102c841 && binary.BigEndian.Uint32(b[4:]) == 1 && binary.BigEndian.Uint16(b[16:]) == 4:
		return classify.Match
	case len(b) != 69 && len(b) != 359:
		return classify.Never
	}
	kind := binary.LittleEndian.Uint32(b)
	if kind != 4 && kind != 16 || (kind == 4) != (len(b) == 69) {
		return classify.Never
	}
	for _, e := range p.History() {
		if e.From != p.From && len(e.Data)+len(b) == 69+359 && binary.LittleEndian.Uint32(e.Data)+kind == 20 {
			return classify.Match
		}
	}
	return classify.NeedMore
}
