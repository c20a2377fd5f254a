package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var eaq = classify.Protocol{
	Name: "EAQ", Category: "Network", Transport: classify.UDP,
	UDPPorts:   []uint16{6000},
	FirstBytes: classify.Bytes("\x00"), // counters stay small
	PortsOnly:  true, Recognise: recogniseEAQ, Reference: "Entidade Aferidora da Qualidade de Banda Larga, UDP measurement",
}

// recogniseEAQ accepts the probes of the Brazilian measurement of broadband
// quality: sixteen bytes on port 6000 that begin with a counter. The answer
// repeats the first twelve, or the next probe counts on.
func recogniseEAQ(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if p.Len != 16 || len(b) != 16 || match.AllZero(b) || !p.HasPort(6000) || wire.U32(b) > 1<<20 {
		return classify.Never
	}
	history := p.History()
	if len(history) < 2 {
		return classify.NeedMore
	}
	a := history[len(history)-2]
	if len(a.Data) != 16 {
		return classify.Never
	}
	// The second counter goes up by two where an answer was lost.
	first, second := wire.U32(b)-wire.U32(a.Data), wire.U32(b[4:])-wire.U32(a.Data[4:])
	if a.From != p.From && first == 0 && second == 0 || a.From == p.From && first == 1 && second >= 1 && second <= 4 {
		return classify.Match
	}
	return classify.Never
}
