package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

// bjnp is Canon's protocol for printers and scanners.
var bjnp = classify.Protocol{
	Name:      "BJNP",
	Category:  "System",
	Transport: classify.UDP | classify.TCP,
	UDPPorts:  []uint16{8612},
	AlsoPorts: []uint16{8610, 8611, 8613, 8614},
	Reference: "Canon BJNP, as in SANE's backend pixma",

	FirstBytes: classify.Bytes("BM"),
	Recognise:  recogniseBJNP,
}

// recogniseBJNP accepts the header of 16 bytes: a magic word of four letters, a device
// type (printer or scanner, the high bit for responses) and, in the last four bytes, the
// payload's length. MFNP is what newer devices say.
func recogniseBJNP(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if p.Transport == classify.TCP {
		b = p.Stream(p.From)
	}
	begun := classify.Never
	for _, mark := range [...]string{"BJNP", "BJNB", "BNJB", "MFNP"} {
		begun = max(begun, match.Prefix(b, mark))
	}
	switch {
	case begun == classify.Never, len(b) < 16 && p.Transport == classify.UDP:
		return classify.Never
	case len(b) < 16:
		return classify.NeedMore
	}
	if kind := b[4] & 0x7f; kind == 0 || kind > 4 {
		return classify.Never
	}
	if size := wire.U32(b[12:]); p.Transport == classify.UDP && size > p.Len {
		return classify.Never
	}
	if b[4]&0x80 != 0 {
		p.ClientIs(p.From.Other())
	} else {
		p.ClientIs(p.From)
	}
	return classify.Match
}
