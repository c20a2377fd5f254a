package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var worldOfKungFu = classify.Protocol{
	Name:      "WorldOfKungFu",
	Category:  "Game",
	Transport: classify.TCP,
	Recognise: recogniseWorldOfKungFu,
	Reference: "World of Kung Fu, client's first message, as seen on the wire",
}

// recogniseWorldOfKungFu accepts the client's first sixteen bytes: length 12,
// message 0xd2, and zeros at their places.
func recogniseWorldOfKungFu(p *classify.Probe) classify.Outcome {
	return match.Client(p, worldOfKungFuHello)
}

func worldOfKungFuHello(b, _ []byte) classify.Outcome {
	const start = "\x0c\x00\x00\x00\xd2\x00\x0c\x00"
	if match.Prefix(b, start) == classify.Never {
		return classify.Never
	}
	switch {
	case len(b) < 16:
		return classify.NeedMore
	case len(b) == 16 && b[9] == 0x16 && b[10]|b[11]|b[14]|b[15] == 0:
		return classify.Match
	}
	return classify.Never
}
