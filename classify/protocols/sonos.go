package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

// sonos is the distribution of sound between Sonos' players.
var sonos = classify.Protocol{
	Name:      "Sonos",
	Category:  "Music",
	Transport: classify.UDP,
	UDPPorts:  []uint16{7080},
	NoGuess:   true,
	Reference: "observed: opening of a stream between players",

	FirstBytes: classify.Bytes("\x00"),
	PortsOnly:  true,
	Recognise:  recogniseSonos,
}

// recogniseSonos accepts, on its port, the two datagrams that open a stream: of
// nine and twelve bytes, with numbers one apart.
func recogniseSonos(p *classify.Probe) classify.Outcome {
	if !p.HasPort(7080) {
		return classify.Never
	}
	history := p.History()
	a := history[0].Data
	if len(a) != 9 || a[0] != 0 || !match.AllZero(a[4:8]) {
		return classify.Never
	}
	if len(history) < 2 {
		return classify.NeedMore
	}
	b := history[1].Data
	if len(b) >= 9 && string(b[:3]) == string(a[:3]) && b[3] == a[3]+1 && b[4] == 1 && b[8] == a[8]+1 {
		return classify.Match
	}
	return classify.Never
}
