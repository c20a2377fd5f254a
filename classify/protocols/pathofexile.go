package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var pathOfExile = classify.Protocol{
	Name:      "PathofExile",
	Category:  "Game",
	Transport: classify.TCP,
	Recognise: recognisePathOfExile,
	Reference: "Path of Exile, client's login message, as seen on the wire",
}

// recognisePathOfExile accepts the login: message 3, build, locale, the
// account's name after its length, and twelve bytes of which the last eight are
// fixed.
func recognisePathOfExile(p *classify.Probe) classify.Outcome {
	return match.Client(p, pathOfExileLogin)
}

func pathOfExileLogin(b, _ []byte) classify.Outcome {
	if len(b) == 0 {
		return classify.NeedMore
	}
	if b[0] != 0 || len(b) > 1 && b[1] != 3 || len(b) > 2 && b[2] != 0 {
		return classify.Never
	}
	if len(b) < 10 {
		return classify.NeedMore
	}
	name := int(binary.BigEndian.Uint16(b[8:]))
	if binary.BigEndian.Uint16(b[6:]) > 64 || name == 0 || name > 128 || !classify.IsText(b[10:min(len(b), 10+name)]) {
		return classify.Never
	}
	rest := b[min(len(b), 10+name):]
	if len(rest) < 12 {
		return classify.NeedMore
	}
	if binary.BigEndian.Uint32(rest[4:]) == 0 && binary.BigEndian.Uint32(rest[8:]) == 0x40000001 {
		return classify.Match
	}
	return classify.Never
}
