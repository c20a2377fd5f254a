package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var tesOnline = classify.Protocol{
	Name: "TES_Online", Category: "Game", Transport: classify.TCP,
	Recognise: recogniseTESOnline, Reference: "The Elder Scrolls Online, login and game connection as observed",
}

// recogniseTESOnline accepts the first message of a client: its length, two
// ones of two bytes each, and the length once more of what remains.
func recogniseTESOnline(p *classify.Probe) classify.Outcome {
	b := p.Stream(classify.Client)
	if len(b) == 0 {
		return classify.NeedMore
	}
	if b[0] != 0 || p.Midstream(classify.Client) {
		return classify.Never
	}
	if len(b) < 14 {
		return classify.NeedMore
	}
	size := wire.U32(b)
	if size < 64 || size > 8192 || wire.U32(b[4:]) != 0x00010001 || wire.U32(b[8:]) != size-8 {
		return classify.Never
	}
	return classify.Match
}
