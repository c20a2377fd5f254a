package protocols

import (
	"bytes"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

// gnutella is Gnutella and Gnutella2.
var gnutella = classify.Protocol{
	Name:      "Gnutella",
	Category:  "Download",
	Transport: classify.TCP | classify.UDP,
	TCPPorts:  []uint16{6346, 6347},
	UDPPorts:  []uint16{6346, 6347},
	NoGuess:   true,
	Reference: "Gnutella 0.6, RFC draft; Gnutella2 specification",

	FirstBytesTCP: classify.Bytes("CGP"),
	Recognise:     recogniseGnutella,
}

// recogniseGnutella accepts the handshake's lines over TCP and, over UDP, a
// descriptor of known kind that fills its datagram, or a packet of Gnutella2 ("GND", "GTA").
func recogniseGnutella(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.TCP {
		b := p.Stream(p.From)
		for _, line := range [...]string{"GNUTELLA CONNECT/0.", "GNUTELLA/0.6 ", "GNUTELLA OK\n\n", "GIV ", "PUSH guid:", "CHAT CONNECT/0."} {
			n := min(len(b), len(line))
			if n == 0 || string(b[:n]) != line[:n] {
				continue
			}
			if n < len(line) {
				return classify.NeedMore
			}
			if line == "GIV " && !gnutellaGive(b) {
				return classify.Never
			}
			return classify.Match
		}
		return classify.Never
	}
	b := p.Payload
	const header = 23
	if len(b) >= 8 && string(b[:3]) == "GND" && b[3] <= 3 && b[6] >= 1 &&
		(b[7] >= b[6] && b[7] <= 128 || b[7] == 0 && p.Len == 8) { // a part, or the acknowledgement of one
		return classify.Match
	}
	// The same by servents of Gnutella, whose acknowledgements may be longer.
	if len(b) >= 8 && string(b[:3]) == "GTA" && b[3]&0x8c == 0 && b[6] >= 1 && (b[7] >= b[6] && b[7] <= 64 || b[7] == 0 && p.Len <= 16) {
		return classify.Match
	}
	if len(b) < header || wire.L32(b[19:]) != p.Len-header {
		return classify.Never
	}
	switch b[16] {
	case 0x00, 0x01, 0x02, 0x30, 0x31, 0x32, 0x40, 0x80, 0x81:
	case 0x44: // Kademlia in this frame: a version in place of the next two bytes
		if b[17] <= 1 && p.Len >= header+38 {
			return classify.Match
		}
		return classify.Never
	default:
		return classify.Never
	}
	// Modern servents mark the identifier (section 2.2.1); an answer has
	// that of its query, which need not have been one's.
	marked := b[8] == 0xff && b[15] <= 1
	if ttl, hops := b[17], b[18]; ttl > 7 || hops > 7 || !marked && (p.Len == header || ttl == 0 || match.AllZero(b[:16])) ||
		p.Len == header && (ttl|hops == 0 || bytes.Count(b[:16], []byte{0}) > 5) { // a ping: nothing but the identifier
		return classify.Never
	}
	return classify.Match
}

// gnutellaGive checks "GIV index:guid/name", with 32 digits of the identifier.
func gnutellaGive(b []byte) bool {
	index, rest, ok := bytes.Cut(b[4:min(len(b), 64)], []byte(":"))
	if !ok || len(index) == 0 || len(index) > 10 || len(rest) < 33 || rest[32] != '/' {
		return false
	}
	return ooklaID(rest[:32])
}
