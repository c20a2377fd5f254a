package wire

import "encoding/binary"

// RTP is the header of a packet of the Real-time Transport Protocol.
type RTP struct {
	PayloadType uint8
	Marker      bool
	Sequence    uint16
	Timestamp   uint32
	SSRC        uint32
}

// ParseRTP reads the fixed header (RFC 3550, section 5.1) and checks that list
// of sources, extension and padding fit into wireLen bytes. The payload types that RTCP
// uses on the same port are refused (RFC 5761, section 4).
func ParseRTP(b []byte, wireLen int) (RTP, bool) {
	const fixed = 12
	if len(b) < fixed || b[0]&0xc0 != 0x80 || b[1]&0x7f >= 64 && b[1]&0x7f <= 95 {
		return RTP{}, false
	}
	size := fixed + 4*int(b[0]&15)
	if b[0]&0x10 != 0 {
		if len(b) >= size+4 {
			size += 4 * int(binary.BigEndian.Uint16(b[size+2:]))
		}
		size += 4
	}
	if size > wireLen {
		return RTP{}, false
	}
	return RTP{
		PayloadType: b[1] & 0x7f,
		Marker:      b[1]&0x80 != 0,
		Sequence:    binary.BigEndian.Uint16(b[2:]),
		Timestamp:   binary.BigEndian.Uint32(b[4:]),
		SSRC:        binary.BigEndian.Uint32(b[8:]),
	}, true
}

// Follows reports whether r may come after before in the same stream: same
// source and payload type, a sequence number a little higher, and a time that did not
// run away.
func (r *RTP) Follows(before *RTP) bool {
	step := r.Sequence - before.Sequence
	return r.SSRC == before.SSRC && r.PayloadType == before.PayloadType && step >= 1 && step <= 32 &&
		r.Timestamp-before.Timestamp+0x100000 < 0x200000
}

// RTCP is what a compound packet of RTCP says.
type RTCP struct {
	// Kind is the type of the first packet: 200 for a sender's report.
	Kind uint8
	// SSRC is the sender's.
	SSRC uint32
	// Packets is how many there are.
	Packets int
	// Exact tells that they fill the datagram; SRTCP has some bytes behind.
	Exact bool
}

// ParseRTCP walks the packets of a datagram (RFC 3550, section 6.4; RFC 4585,
// section 6.1). The first must be a report, as in every compound packet, or feedback of
// reduced size (RFC 5506), with a length that its count of blocks allows.
func ParseRTCP(b []byte, wireLen int) (RTCP, bool) {
	if len(b) < 8 || b[0]&0xc0 != 0x80 || b[1] < 200 || b[1] > 207 {
		return RTCP{}, false
	}
	r := RTCP{Kind: b[1], SSRC: binary.BigEndian.Uint32(b[4:])}
	words := int(binary.BigEndian.Uint16(b[2:]))
	blocks := int(b[0] & 31)
	switch r.Kind {
	case 200:
		if words < 6+6*blocks || words > 6+6*blocks+32 {
			return r, false
		}
	case 201:
		if words < 1+6*blocks || words > 1+6*blocks+32 {
			return r, false
		}
	case 205, 206:
		if words < 2 || words > 64 {
			return r, false
		}
	case 203, 204:
		if words < 1 || words > 256 {
			return r, false
		}
	default:
		return r, false
	}
	at := 0
	for at+4 <= len(b) && b[at]&0xc0 == 0x80 && b[at+1] >= 192 && b[at+1] <= 213 {
		size := 4 + 4*int(binary.BigEndian.Uint16(b[at+2:]))
		if at+size > wireLen {
			break
		}
		at += size
		r.Packets++
	}
	r.Exact = at == wireLen
	// What follows an encrypted packet is an index and a tag (RFC 3711, section 3.4).
	return r, r.Packets > 0
}
