package protocols

import (
	"bytes"

	"servmap/classify"
)

// skypeCall is the old peer-to-peer protocol of Skype over UDP. Its successor
// in Teams is found by STUN.
var skypeCall = classify.Protocol{
	Name:      "Skype_TeamsCall",
	Category:  "VoIP",
	Transport: classify.UDP,
	Reference: "Biondi and Desclaux, Silver Needle in the Skype, 2006, section 3",

	Recognise: recogniseSkypeCall,
}

// recogniseSkypeCall accepts an encrypted message (a number, the kind 2, then
// vector and checksum) and the refusal of it: the same number, kind 7 and two addresses.
func recogniseSkypeCall(p *classify.Probe) classify.Outcome {
	const message, refusal = 2, 7
	b := p.Payload
	if len(b) < 11 || b[2]&0xf0 != 0 {
		return classify.Never
	}
	switch {
	case b[2] == message && p.Len >= 16 && b[0]&0xf0 != 0x80:
		if len(p.History()) < 4 {
			return classify.NeedMore
		}
	case b[2] == refusal && p.Len == 11:
		for _, d := range p.History() {
			if d.From != p.From && len(d.Data) >= 16 && d.Data[2] == message && bytes.Equal(d.Data[:2], b[:2]) {
				return classify.Match
			}
		}
	}
	return classify.Never
}
