package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var dlep = classify.Protocol{
	Name: "DLEP", Category: "Network", Transport: classify.TCP | classify.UDP,
	Ports:      []uint16{854},
	FirstBytes: classify.Bytes("\x00D"), Recognise: recogniseDLEP, Reference: "RFC 8175",
}

// recogniseDLEP accepts over UDP the signals "DLEP" (RFC 8175, section 11.1), and
// over TCP a message whose data items fill it (sections 11.2 and 11.3).
func recogniseDLEP(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.TCP {
		return match.Either(p, dlepMessage)
	}
	b := p.Payload
	if len(b) >= 8 && string(b[:4]) == "DLEP" && wire.U16(b[6:])+8 == p.Len && wire.U16(b[4:]) <= 2 {
		return classify.Match
	}
	return classify.Never
}

// dlepMessage checks the first message of a session: initialization and its
// response carry the interval of heartbeats, the others come later.
func dlepMessage(b []byte) classify.Outcome {
	if b[0] != 0 || len(b) > 1 && (b[1] == 0 || b[1] > 16) {
		return classify.Never
	}
	if len(b) < 4 {
		return classify.NeedMore
	}
	size := wire.U16(b[2:])
	if size < 8 || size > 4096 {
		return classify.Never
	}
	if len(b) < 4+size {
		if len(b) >= 8 && !dlepItem(wire.U16(b[4:])) {
			return classify.Never
		}
		return classify.NeedMore
	}
	n, exact := match.TLVs(b[4:4+size], size, 0, dlepItem)
	if exact && n >= 2 {
		return classify.Match
	}
	return classify.Never
}

// dlepItem reports whether the data item's type is assigned (RFC 8175, section 13.3, RFC 8629, RFC
// 8651, RFC 8703) or for experiments.
func dlepItem(t int) bool { return t >= 1 && t <= 29 || t >= 65408 && t <= 65534 }
