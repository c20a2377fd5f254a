package protocols

import (
	"encoding/binary"

	"servmap/classify"
)

// lineCall is the media of calls by Line.
var lineCall = classify.Protocol{
	Name:      "LineCall",
	Category:  "VoIP",
	Transport: classify.UDP,
	Reference: "observed: datagrams with their length and a sequence number",

	FirstBytes: classify.Range(0xd0, 0xdf),
	Recognise:  recogniseLineCall,
}

// recogniseLineCall accepts three datagrams that begin with a mark of four bits,
// their own length less four in the last eleven of sixteen, and a number that counts up.
func recogniseLineCall(p *classify.Probe) classify.Outcome {
	const enough = 3
	if len(p.Payload) < 16 || p.Payload[0]>>4 != 0xd {
		return classify.Never
	}
	history := p.History()
	counted := false
	var last [2]int
	for i := range history {
		d := &history[i]
		if len(d.Data) < 16 || d.Data[0]>>4 != 0xd || int(binary.BigEndian.Uint16(d.Data)&0x7ff) != d.Len-4 {
			return classify.Never
		}
		number := int(binary.BigEndian.Uint16(d.Data[2:])) + 1
		if before := last[d.From]; before != 0 {
			if number < before || number > before+8 {
				return classify.Never
			}
			counted = counted || number > before
		}
		last[d.From] = number
	}
	if len(history) >= enough && counted {
		return classify.Match
	}
	if len(history) < enough+3 {
		return classify.NeedMore
	}
	return classify.Never
}
