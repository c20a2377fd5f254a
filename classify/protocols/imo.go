package protocols

import (
	"encoding/binary"

	"servmap/classify"
)

// imo is the media of calls by imo.
var imo = classify.Protocol{
	Name:      "IMO",
	Category:  "VoIP",
	Transport: classify.UDP,
	Reference: "observed: keep-alive datagrams with a clock",

	Recognise: recogniseIMO,
}

// imoPatience is how many encrypted datagrams may come before a keep-alive.
const imoPatience = 6

// recogniseIMO accepts the keep-alive of ten bytes, or of eleven with a zero before them: its kind,
// then a clock of eight bytes in little-endian order that has not run for more than some days.
// Everything else is encrypted and the recogniser waits.
func recogniseIMO(p *classify.Probe) classify.Outcome {
	const week = 7 * 24 * 3600 * 1000 // milliseconds
	b := p.Payload
	if p.Len == 11 && len(b) == 11 && b[0] == 0 {
		b = b[1:]
	}
	if len(b) == 10 && len(b) >= p.Len-1 && b[0] == 9 && (b[1] == 2 || b[1] == 3) {
		if clock := binary.LittleEndian.Uint64(b[2:]); clock > 0 && clock < week {
			return classify.Match
		}
	}
	if p.Len < 10 && len(p.History()) == 1 { // shorter than any of its messages: what opens a path, at most
		return classify.Never
	}
	if len(p.History()) < imoPatience && p.Ports[0] >= 1024 && p.Ports[1] >= 1024 {
		return classify.NeedMore
	}
	return classify.Never
}
