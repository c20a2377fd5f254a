package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var activision = classify.Protocol{
	Name:       "Activision",
	Category:   "Game",
	Transport:  classify.UDP,
	FirstBytes: classify.Bytes("\x0c\x0d\x28\x29"),
	Recognise:  recogniseActivision,
	Reference:  "Demonware matchmaking pings of Call of Duty, as seen on the wire",
}

// recogniseActivision accepts the pings by which a console or PC chooses a server: 29 bytes, returned
// with another first byte. On port 3074 one side is enough. Later pings are answered with their number
// and token, a one and zeros.
func recogniseActivision(p *classify.Probe) classify.Outcome {
	b := p.Payload
	switch {
	case len(b) == 27 && b[0] == 0x29 && b[13] == 1 && match.AllZero(b[14:]):
		return classify.Match
	case len(b) == 18 && b[0] == 0x28 && p.HasPort(3074):
		return classify.NeedMore
	}
	if len(b) != 29 || b[0] != 0x0d && b[0] != 0x0c || b[1] != 2 || b[2] != 0 {
		return classify.Never
	}
	for _, earlier := range p.History() {
		if e := earlier.Data; earlier.From != p.From && len(e) == 29 && e[0]^b[0] == 1 && string(e[1:]) == string(b[1:]) {
			return classify.Match
		}
	}
	if p.HasPort(3074) {
		return classify.Match
	}
	return classify.NeedMore
}
