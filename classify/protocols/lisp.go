package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var lisp = classify.Protocol{
	Name: "LISP", Category: "Cloud", Transport: classify.UDP | classify.TCP,
	UDPPorts: []uint16{4342, 4341},
	// Types of control messages; else flags of the data header.
	FirstBytes: classify.Range(0x10, 0x5f).Or(classify.Range(0x80, 0x8f)).
		Or(classify.Bytes("\x00\x08\x60\x68\x70\x78\x90\x98\xa0\xa8\xb0\xb8\xc0\xc8\xd0\xd8\xe0\xe8\xf0\xf8")),
	Recognise: recogniseLISP, Reference: "RFC 9300, RFC 9301",
}

// recogniseLISP accepts control messages on port 4342 (RFC 9301, section 5),
// IP packets in the data header on port 4341 (RFC 9300, section 5.1), and the
// reliable transport of map servers over TCP, whose messages end in a marker.
func recogniseLISP(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.TCP {
		return match.Either(p, lispReliable)
	}
	b := p.Payload
	if len(b) < 12 {
		return classify.Never
	}
	if p.HasPort(4341) && b[0]&0x07 == 0 && p.Len >= 28 && lispInner(b[8:], p.Len-8) || p.HasPort(4342) && lispControl(b, p.Len) {
		return classify.Match
	}
	return classify.Never
}

// lispInner reports whether an IP packet of exactly size bytes begins b.
func lispInner(b []byte, size int) bool {
	switch {
	case len(b) >= 20 && b[0] == 0x45:
		return wire.U16(b[2:]) == size
	case len(b) >= 40 && b[0]>>4 == 6:
		return wire.U16(b[4:])+40 == size && teredoNext(b[6])
	}
	return false
}

// lispControl checks type, reserved bits, record count and the first
// addresses, for the messages of RFC 9301, sections 5.2 to 5.8.
func lispControl(b []byte, size int) bool {
	records := int(b[3])
	switch b[0] >> 4 {
	case 1: // Map-Request: source EID, then the first ITR-RLOC
		source := lispAddress(b[12:])
		return records >= 1 && records <= 32 && source > 0 && 12+source < len(b) && lispAddress(b[12+source:]) > 2
	case 2: // Map-Reply
		return b[1] == 0 && b[2] == 0 && b[0]&1 == 0 && (records == 0 && size == 12 || lispRecord(b[12:]))
	case 3: // Map-Register
		return b[1]&0x1e == 0 && lispAuthentic(b)
	case 4, 5: // Map-Notify, Map-Notify-Ack
		// Bits I and R as in the Map-Register that it answers, and M too (RFC 9301, section 5.6).
		return b[0]&0x03 == 0 && b[1] == 0 && b[2]&0xfe == 0 && lispAuthentic(b)
	case 8: // Encapsulated: IP and UDP follow
		return b[1]|b[2]|b[3] == 0 && (b[4] == 0x45 && wire.U16(b[6:])+4 == size || b[4]>>4 == 6 && wire.U16(b[8:])+44 == size)
	}
	return false
}

// lispAuthentic checks key id and length of the authentication data, the
// length being that of its algorithm, and the record that follows.
func lispAuthentic(b []byte) bool {
	if len(b) < 16 {
		return false
	}
	n := wire.U16(b[14:])
	if n != 0 && n != 16 && n != 20 && n != 32 || 16+n > len(b) {
		return false
	}
	return 16+n == len(b) && b[3] == 0 || lispRecord(b[16+n:])
}

// lispRecord checks the beginning of a mapping record: a mask that its
// address can have, reserved bits and the address (RFC 9301, section 5.4).
func lispRecord(b []byte) bool {
	return len(b) >= 16 && b[5] <= 128 && b[7] == 0 && lispAddress(b[10:]) > 2
}

// lispAddress returns the length of an address with its family: none, IPv4,
// IPv6, MAC or the canonical form of RFC 8060; 0 where it is none of these or
// does not fit.
func lispAddress(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	n := 0
	switch wire.U16(b) {
	case 0:
		n = 2
	case 1:
		n = 6
	case 2:
		n = 18
	case 16389:
		n = 8
	case 16387:
		if len(b) >= 8 && b[2] == 0 {
			n = 8 + wire.U16(b[6:])
		}
	}
	if n > len(b) {
		return 0
	}
	return n
}

// lispReliable checks a message of the reliable transport: type, length,
// message id, and the end marker 0x9facade9.
func lispReliable(b []byte) classify.Outcome {
	if len(b) < 4 {
		if b[0] == 0 {
			return classify.NeedMore
		}
		return classify.Never
	}
	typ, n := wire.U16(b), wire.U16(b[2:])
	if typ < 16 || typ > 64 || n < 12 {
		return classify.Never
	}
	if len(b) < n {
		return classify.NeedMore
	}
	if binary.BigEndian.Uint32(b[n-4:]) == 0x9facade9 {
		return classify.Match
	}
	return classify.Never
}
