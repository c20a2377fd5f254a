package protocols

import (
	"encoding/binary"

	"servmap/classify"
)

var netEaseGames = classify.Protocol{
	Name:       "NetEaseGames",
	Category:   "Game",
	Transport:  classify.UDP,
	FirstBytes: classify.Bytes("\x07"),
	Recognise:  recogniseNetEaseGames,
	Reference:  "NetEase' transport of its games, first packets, as seen on the wire",
}

// recogniseNetEaseGames accepts the packets of a session that is young: 07 08 08 0c, a checksum, the
// session's number.
func recogniseNetEaseGames(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 32 || binary.BigEndian.Uint32(b) != 0x0708080c {
		return classify.Never
	}
	if b[8] != 0 {
		return classify.Never
	}
	return classify.Match
}
