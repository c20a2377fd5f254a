package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var ansiC1222 = classify.Protocol{
	Name: "ANSI_C1222", Category: "IoT-Scada", Transport: classify.TCP | classify.UDP,
	Ports:     []uint16{1153},
	PortsOnly: true, FirstBytes: classify.Bytes("\x60"), Recognise: recogniseC1222, Reference: "ANSI C12.22-2012, section 5; RFC 6142",
}

// recogniseC1222 accepts an association control unit (ANSI C12.22, section
// 5.3.4) on port 1153: its elements fill it, in ascending order, and the last is
// user information.
func recogniseC1222(p *classify.Probe) classify.Outcome {
	if !p.HasPort(1153) {
		return classify.Never
	}
	if p.Transport == classify.TCP {
		return match.Either(p, c1222Unit)
	}
	if len(p.Payload) >= 8 && c1222Unit(p.Payload) == classify.Match {
		return classify.Match
	}
	return classify.Never
}

func c1222Unit(b []byte) classify.Outcome {
	if b[0] != 0x60 {
		return classify.Never
	}
	unit, state := wire.BER(b)
	if state != wire.Whole {
		return berOutcome(state)
	}
	rest, last := unit.Body, byte(0)
	for n := 0; ; n++ {
		if len(rest) == 0 && unit.Complete() {
			if last == 0x1e && n >= 2 {
				return classify.Match
			}
			return classify.Never
		}
		e, state := wire.BER(rest)
		if state != wire.Whole {
			return berOutcome(state)
		}
		// Context tags, constructed or not; the number ascends.
		if e.Tag&0xc0 != 0x80 || n > 0 && e.Tag&0x1f <= last || e.Len < 0 {
			return classify.Never
		}
		last = e.Tag & 0x1f
		if !e.Complete() {
			return classify.NeedMore
		}
		rest = rest[e.Total():]
	}
}
