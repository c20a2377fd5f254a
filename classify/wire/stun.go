package wire

import (
	"encoding/binary"
	"net/netip"
)

// STUNCookie is the magic cookie of RFC 8489, section 5. Messages of RFC 3489
// have the first bytes of their transaction's identifier in its place.
const STUNCookie = 0x2112a442

// Attributes of STUN and TURN (RFC 8489, section 18.3; RFC 8656, section 18).
const (
	STUNUsername       = 0x0006
	STUNIntegrity      = 0x0008
	STUNXorPeer        = 0x0012
	STUNRealm          = 0x0014
	STUNXorRelayed     = 0x0016
	STUNXorMapped      = 0x0020
	STUNSoftware       = 0x8022
	STUNOldXorMapped   = 0x8020
	stunHeader         = 20
	stunMostAttributes = 32
)

// STUN is a message of STUN or TURN.
type STUN struct {
	// Method and Class are the two parts of the message's type: class 0 is a
	// request, 1 an indication, 2 a success, 3 an error.
	Method uint16
	Class  uint8
	// Modern tells that the magic cookie was there.
	Modern bool
	// Size is the whole message's length in bytes.
	Size int

	msg []byte
}

// ParseSTUN reads the header of a message (RFC 8489, section 5), and checks
// that what was captured of its attributes is well formed. wireLen is the length of the
// datagram, or of what follows in a stream, and may be more than the message.
func ParseSTUN(b []byte, wireLen int) (STUN, bool) {
	if len(b) < stunHeader || b[0] > 0x3f {
		return STUN{}, false
	}
	kind := binary.BigEndian.Uint16(b)
	m := STUN{
		Method: kind&0x000f | kind>>1&0x0070 | kind>>2&0x0f80,
		Class:  uint8(kind>>4&1 | kind>>7&2),
		Modern: binary.BigEndian.Uint32(b[4:]) == STUNCookie,
		Size:   stunHeader + int(binary.BigEndian.Uint16(b[2:])),
	}
	// Lengths are multiples of four, but for one caller's own messages.
	if m.Size > wireLen || m.Size&3 != 0 && !(m.Modern && m.Size == wireLen) {
		return STUN{}, false
	}
	m.msg = b[:min(len(b), m.Size)]
	rest := m.msg[stunHeader:]
	for n := 0; len(rest) > 0 && n < stunMostAttributes; n++ {
		if len(rest) < 4 {
			return m, len(m.msg) < m.Size
		}
		value := int(binary.BigEndian.Uint16(rest[2:]))
		size := 4 + (value+3)&^3
		if m.Size&3 != 0 {
			size = 4 + value
		}
		if size > len(rest) {
			return m, len(m.msg) < m.Size
		}
		rest = rest[size:]
	}
	return m, true
}

// Attributes calls yield with each attribute until it returns false. The value
// is borrowed and without its padding.
func (m *STUN) Attributes(yield func(kind uint16, value []byte) bool) {
	rest := m.msg[stunHeader:]
	for n := 0; len(rest) >= 4 && n < stunMostAttributes; n++ {
		size := int(binary.BigEndian.Uint16(rest[2:]))
		if 4+size > len(rest) || !yield(binary.BigEndian.Uint16(rest), rest[4:4+size]) {
			return
		}
		rest = rest[min(len(rest), 4+(size+3)&^3):]
	}
}

// Addr decodes the value of an attribute that holds an address XORed with the
// cookie and the transaction's identifier (RFC 8489, section 14.2).
func (m *STUN) Addr(value []byte) (netip.AddrPort, bool) {
	if len(value) != 8 && len(value) != 20 || value[1] != uint8(len(value)/16+1) {
		return netip.AddrPort{}, false
	}
	port := binary.BigEndian.Uint16(value[2:]) ^ STUNCookie>>16
	var raw [16]byte
	n := copy(raw[:], value[4:])
	for i := range raw[:n] {
		raw[i] ^= m.msg[4+i]
	}
	addr, ok := netip.AddrFromSlice(raw[:n])
	return netip.AddrPortFrom(addr, port), ok
}

// TURNChannelData reports whether a datagram, or the beginning of a stream, is
// data of a TURN channel (RFC 8656, section 12.4), and returns what it carries. Over UDP it
// may be padded to a multiple of four.
func TURNChannelData(b []byte, wireLen int) (data []byte, ok bool) {
	if len(b) < 4 || b[0]&0xf0 != 0x40 {
		return nil, false
	}
	size := int(binary.BigEndian.Uint16(b[2:]))
	if 4+size > wireLen || wireLen > 4+(size+3)&^3 {
		return nil, false
	}
	return b[4:min(len(b), 4+size)], true
}
