package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var rip = classify.Protocol{
	Name: "RIP", Category: "Network", Transport: classify.UDP, UDPPorts: []uint16{520, 521},
	FirstBytes: classify.Bytes("\x01\x02\x09\x0a\x0b"), Recognise: recogniseRIP, PortsOnly: true, Reference: "RFC 2453, section 4; RFC 2080, section 2.1",
}

// recogniseRIP accepts a request or response, or a triggered one (RFC 2091), whose entries of twenty bytes
// fill the datagram: of a family, and with a metric of at most 16 (RFC 2453, sections 3.6 and 4); or of a
// prefix of IPv6 (RFC 2080, section 2.1).
func recogniseRIP(p *classify.Probe) classify.Outcome {
	const header, entry = 4, 20
	b := p.Payload
	next := p.HasPort(521)
	if !next && !p.HasPort(520) || len(b) < header+entry || b[2]|b[3] != 0 || (p.Len-header)%entry != 0 {
		return classify.Never
	}
	if b[0] != 1 && b[0] != 2 && (b[0] < 9 || b[0] > 11) {
		return classify.Never
	}
	if b[1] != 1 && (b[1] != 2 || next) {
		return classify.Never
	}
	for at := header; at+entry <= len(b); at += entry {
		e := b[at : at+entry]
		switch family := wire.U16(e); {
		case next:
			if e[18] > 128 || e[19] == 0 || e[19] > 16 && e[19] != 0xff {
				return classify.Never
			}
		case family == 0xffff: // authentication
			if at != header && e[3] != 1 {
				return classify.Never
			}
		case family != 0 && family != 2, wire.U32(e[16:]) > 16, b[1] == 1 && wire.U16(e[2:]) != 0:
			return classify.Never
		}
	}
	if b[0] == 1 {
		p.ClientIs(p.From)
	}
	return classify.Match
}
