package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

// rtcp is the control protocol of RTP.
var rtcp = classify.Protocol{
	Name:      "RTCP",
	Category:  "VoIP",
	Transport: classify.UDP,
	Reference: "RFC 3550, section 6; RFC 4585, section 6.1",

	FirstBytes: classify.Range(0x80, 0xbf),
	Recognise:  recogniseRTCP,
}

// recogniseRTCP accepts a compound packet that fills its datagram, a report
// followed by what a report asks for (RFC 3550, section 6.1); a sender's report
// alone, as long as its blocks say; or two other lone packets, or encrypted ones, of
// the same source.
func recogniseRTCP(p *classify.Probe) classify.Outcome {
	r, ok := wire.ParseRTCP(p.Payload, p.Len)
	if !ok {
		if _, isRTP := wire.ParseRTP(p.Payload, p.Len); isRTP && len(p.History()) < 6 {
			return classify.NeedMore
		}
		return classify.Never
	}
	if r.Exact && r.Kind <= 201 && (r.Packets >= 2 || rtcpLone(p.Payload, &r)) {
		return classify.Match
	}
	history := p.History()
	same := 0
	for i := range history {
		d := &history[i]
		if before, ok := wire.ParseRTCP(d.Data, d.Len); ok && d.From == p.From && before.SSRC == r.SSRC {
			same++
		}
	}
	// What follows encrypted packets agrees with nothing: they need a third.
	if r.SSRC != 0 && (same >= 3 || same == 2 && r.Exact) {
		return classify.Match
	}
	if len(history) > 8 {
		return classify.Never
	}
	return classify.NeedMore
}

// rtcpLone accepts a sender's report without padding and extension (RFC 3550,
// section 6.4.1).
func rtcpLone(b []byte, r *wire.RTCP) bool {
	const header, block = 28, 24
	return r.Kind == 200 && r.SSRC != 0 && b[0]&0x20 == 0 && b[0]&31 <= 8 && len(b) == header+block*int(b[0]&31) &&
		!match.AllZero(b[8:16])
}
