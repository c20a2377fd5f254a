package wire

import "encoding/binary"

// TPKT is one packet of ISO transport over TCP (RFC 1006, section 6).
type TPKT struct {
	// Len is the length of the whole packet in bytes, header included, as
	// announced: 5 to 65535.
	Len int
	// Body is what follows the header as far as it is there: a COTP unit, or
	// a Q.931 message in H.323.
	Body []byte
}

// ReadTPKT reads the four bytes of a TPKT header: version 3, a reserved byte
// of 0, and a length. Cut is the answer where the header is not all there;
// the body may be shorter than announced.
func ReadTPKT(b []byte) (TPKT, State) {
	if len(b) > 0 && b[0] != 3 || len(b) > 1 && b[1] != 0 {
		return TPKT{}, Malformed
	}
	if len(b) < 4 {
		return TPKT{}, Cut
	}
	t := TPKT{Len: int(binary.BigEndian.Uint16(b[2:])), Body: b[4:]}
	if t.Len < 5 {
		return TPKT{}, Malformed
	}
	if len(t.Body) > t.Len-4 {
		t.Body = t.Body[:t.Len-4]
	}
	return t, Whole
}

// Complete reports whether all of the packet is there.
func (t *TPKT) Complete() bool { return len(t.Body) == t.Len-4 }

// COTPType is the type of a unit of the connection-oriented transport
// protocol, without the credit bits.
type COTPType byte

// The types that ISO transport over TCP uses (X.224, section 13; classes 0
// and 2 of RFC 1006 and RFC 2126).
const (
	COTPExpedited         COTPType = 0x10
	COTPExpeditedAck      COTPType = 0x20
	COTPReject            COTPType = 0x50
	COTPAck               COTPType = 0x60
	COTPError             COTPType = 0x70
	COTPDisconnectRequest COTPType = 0x80
	COTPDisconnectConfirm COTPType = 0xc0
	COTPConnectConfirm    COTPType = 0xd0
	COTPConnectRequest    COTPType = 0xe0
	COTPData              COTPType = 0xf0
)

// COTP is one unit of the ISO transport protocol (X.224, section 13).
type COTP struct {
	// Type is the unit's type.
	Type COTPType
	// Dst and Src are the references; 0 where the type has none.
	Dst, Src uint16
	// Class is the class octet of connect units: class in the upper four bits.
	Class byte
	// EOT reports that a data unit is the last of its message.
	EOT bool
	// Variable is the variable part of the header, still encoded: parameters
	// of code, length and value, or in RDP a cookie and a negotiation request
	// (MS-RDPBCGR 2.2.1.1).
	Variable []byte
	// Data is the user data after the header.
	Data []byte
}

// ReadCOTP reads a COTP unit from the body of a TPKT. A header that is not all there
// is Cut; one whose length octet disagrees with its type, or a type that ISO
// transport over TCP does not have, is Malformed.
func ReadCOTP(b []byte) (COTP, State) {
	if len(b) == 0 {
		return COTP{}, Cut
	}
	n := int(b[0])
	if n < 2 || n == 255 {
		return COTP{}, Malformed
	}
	if len(b) < 2 {
		return COTP{}, Cut
	}
	c := COTP{Type: COTPType(b[1] & 0xf0)}
	fixed := c.fixed(n, b[1])
	if fixed == 0 || fixed > n {
		return COTP{}, Malformed
	}
	if len(b) < n+1 {
		return COTP{}, Cut
	}
	h := b[1 : n+1]
	switch {
	case fixed == 2:
		c.EOT = h[1]&0x80 != 0
	case fixed >= 3:
		c.Dst = binary.BigEndian.Uint16(h[1:])
	}
	if fixed == 6 {
		c.Src = binary.BigEndian.Uint16(h[3:])
		c.Class = h[5]
	}
	c.Variable = h[fixed:]
	c.Data = b[n+1:]
	return c, Whole
}

// fixed returns the length of the fixed part of the header, type octet
// included, where the length octet is n; 0 for a type that is not known. Data
// units of class 2 carry a reference, those of class 0 do not.
func (c *COTP) fixed(n int, typ byte) int {
	switch c.Type {
	case COTPConnectRequest, COTPConnectConfirm, COTPDisconnectRequest:
		if typ&0x0f != 0 {
			return 0
		}
		return 6
	case COTPDisconnectConfirm:
		return 5
	case COTPData, COTPExpedited:
		if typ&0x0e != 0 {
			return 0
		}
		if n == 2 {
			return 2
		}
		return 4
	case COTPAck, COTPReject, COTPExpeditedAck, COTPError:
		return 4
	}
	return 0
}

// ReadISO reads TPKT and COTP in one go, which is how S7Comm, MMS and RDP
// begin. Cut is the answer where either header is not all there.
func ReadISO(b []byte) (TPKT, COTP, State) {
	t, s := ReadTPKT(b)
	if s != Whole {
		return TPKT{}, COTP{}, s
	}
	c, s := ReadCOTP(t.Body)
	if s == Cut && t.Complete() {
		s = Malformed
	}
	if s != Whole {
		return TPKT{}, COTP{}, s
	}
	return t, c, Whole
}
