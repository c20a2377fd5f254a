package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var tridiumFox = classify.Protocol{
	Name: "Tridium_Fox", Category: "IoT-Scada", Transport: classify.TCP, TCPPorts: []uint16{1911}, AlsoPorts: []uint16{4911}, NoGuess: true,
	FirstBytes: classify.Bytes("f"), Recognise: recogniseFox, Reference: "observed: frames of Niagara stations",
}

// recogniseFox accepts a frame of a Niagara station: the word "fox", a kind, a number, a number or -1, a
// channel, a command, and the brace with which its fields begin in a line of its own.
func recogniseFox(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome {
		const longest = 80
		if out := match.Prefix(b, "fox "); out != classify.Match {
			return out
		}
		if len(b) > 5 && (b[4] < 'a' || b[4] > 'z' || b[5] != ' ') {
			return classify.Never
		}
		line, rest, whole := match.Line(b[:min(len(b), longest)])
		words := 1
		for _, c := range line {
			if c == ' ' {
				words++
			}
		}
		switch {
		case !classify.IsPrintable(line) || words > 6 || !whole && len(b) >= longest:
			return classify.Never
		case !whole || len(rest) == 0:
			return classify.NeedMore
		case words == 6 && rest[0] == '{':
			return classify.Match
		}
		return classify.Never
	})
}
