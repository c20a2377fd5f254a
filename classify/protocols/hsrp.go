package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var hsrp = classify.Protocol{
	Name: "HSRP", Category: "Network", Transport: classify.UDP,
	UDPPorts:   []uint16{1985},
	FirstBytes: classify.Bytes("\x00\x01"), Recognise: recogniseHSRP, Reference: "RFC 2281",
}

// recogniseHSRP accepts the messages of version 0 (RFC 2281, section 5) and
// the group state of version 2, which wraps the same fields in a type 1 of 40
// bytes. Routers send from the port that they send to: 1985, or 2029 with
// IPv6.
func recogniseHSRP(p *classify.Probe) classify.Outcome {
	if p.Ports[0] != p.Ports[1] || p.Ports[0] != 1985 && p.Ports[0] != 2029 {
		return classify.Never
	}
	b := p.Payload
	if len(b) < 16 {
		return classify.Never
	}
	switch {
	case b[0] == 0 && b[1] <= 2:
		if p.Len >= 20 && hsrpState(b[2]) && b[3] != 0 && b[3] <= b[4] && b[7] == 0 {
			return classify.Match
		}
	case b[0] == 0 && b[1] == 3:
		// Advertisement: type 1, then the length of what follows it or, as routers
		// send it, of everything from the type on; then state and counters.
		if length := wire.U16(b[4:]); wire.U16(b[2:]) == 1 && (length == 10 || length == 14) {
			return classify.Match
		}
	case b[0] == 1 && b[1] == 40:
		if p.Len >= 42 && b[2] == 2 && b[3] <= 3 && b[4] <= 6 && (b[5] == 4 || b[5] == 6) {
			return classify.Match
		}
	}
	return classify.Never
}

// hsrpState reports whether b is a state of version 0: Initial, Learn, Listen, Speak, Standby or Active
// (RFC 2281, section 5.1).
func hsrpState(b byte) bool { return b <= 16 && b&(b-1) == 0 }
