package protocols

import (
	"bytes"
	"encoding/binary"

	"servmap/classify"
)

// mumble is the UDP channel of Mumble; its control channel is TLS.
var mumble = classify.Protocol{
	Name:      "Mumble",
	Category:  "VoIP",
	Transport: classify.UDP,
	UDPPorts:  []uint16{64738},
	NoGuess:   true,
	Reference: "Mumble protocol, UDP ping packet",

	FirstBytes: classify.Bytes("\x00"),
	Recognise:  recogniseMumble,
}

// recogniseMumble accepts the ping of twelve bytes, four of them zero, on its
// port, and anywhere with its answer of 24 bytes that repeats the identifier.
func recogniseMumble(p *classify.Probe) classify.Outcome {
	const ping, pong = 12, 24
	b := p.Payload
	switch {
	case p.Len == ping && len(b) == ping && binary.BigEndian.Uint32(b) == 0 && mostlySet(b[4:]):
		p.ClientIs(p.From)
		if p.HasPort(64738) {
			return classify.Match
		}
		if len(p.History()) < 4 {
			return classify.NeedMore
		}
	case p.Len == pong && len(b) == pong && b[0] == 0 && b[1] >= 1 && b[1] <= 3:
		asked := p.HasPort(64738)
		for _, d := range p.History() {
			asked = asked || d.From != p.From && d.Len == ping && len(d.Data) == ping && bytes.Equal(d.Data[4:12], b[4:12])
		}
		if asked && binary.BigEndian.Uint32(b[12:]) <= binary.BigEndian.Uint32(b[16:]) && binary.BigEndian.Uint32(b[16:]) < 1<<20 {
			p.ClientIs(p.From.Other())
			return classify.Match
		}
	}
	return classify.Never
}
