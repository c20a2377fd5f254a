package protocols

import (
	"bytes"

	"servmap/classify"
)

var guildwars = classify.Protocol{
	Name:      "Guildwars",
	Category:  "Game",
	Transport: classify.TCP,
	Recognise: recogniseGuildwars,
	Reference: "ArenaNet STS/1.0, login protocol of Guild Wars and Guild Wars 2",
}

// recogniseGuildwars accepts the login protocol: a request line "P /Sts/... STS/1.0"
// with its length, or the answer's status line.
func recogniseGuildwars(p *classify.Probe) classify.Outcome {
	return judgeSides(p, func(_ classify.Side, b []byte) classify.Outcome {
		for _, start := range [...]string{"P /", "STS/1.0 "} {
			n := min(len(b), len(start))
			if string(b[:n]) != start[:n] {
				continue
			}
			end := bytes.Index(b[:min(len(b), 128)], []byte("\r\n"))
			switch {
			case n < len(start), end < 0 && len(b) < 128:
				return classify.NeedMore
			case end < 0:
			case start[0] == 'P' && bytes.HasSuffix(b[:end], []byte(" STS/1.0")),
				start[0] == 'S' && end > 11 && b[8] >= '1' && b[8] <= '5' && b[11] == ' ':
				return classify.Match
			}
		}
		return classify.Never
	})
}
