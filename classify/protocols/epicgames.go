package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var epicGames = classify.Protocol{
	Name:       "EpicGames",
	Category:   "Game",
	Transport:  classify.UDP,
	FirstBytes: classify.Bytes("\x07\x47\x87\xc7"),
	Recognise:  recogniseEpicGames,
	Reference:  "Unreal Engine StatelessConnectHandlerComponent, handshake with magic header, as seen on the wire",
}

// recogniseEpicGames accepts the handshake of Unreal Engine's network driver as
// Epic's games send it: a magic number below two bits of session, counters in
// steps of eight, the version's checksum, and in the client's first packet an
// empty cookie.
func recogniseEpicGames(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 40 || len(b) > 80 || b[0]&0x3f != 7 || b[1] != 0x1a || b[2] != 0x20 || b[3]&^0x18 != 0 || b[4]&7 != 0 {
		return classify.Never
	}
	if match.AllZero(b[10:36]) {
		p.ClientIs(p.From)
		return classify.Match
	}
	for _, earlier := range p.History() {
		// The answer, or the next packet: same session and checksum, other counters.
		if e := earlier.Data; len(e) >= 40 && e[0] == b[0] && string(e[5:10]) == string(b[5:10]) && string(e[1:3]) == string(b[1:3]) && e[3] != b[3] {
			return classify.Match
		}
	}
	return classify.NeedMore
}
