package wire

import "encoding/binary"

// DCERPC is the header of a unit of DCE/RPC (C706, sections 12.6.3 and 12.6.4).
type DCERPC struct {
	// Type is the unit's type, as PTYPE in C706, table 12-1.
	Type byte
	// Len is the length of the fragment in bytes, with the header.
	Len int
	// Object and Interface are the UUIDs of a connectionless unit, each in
	// the order in which they are written: c0000001-....
	Object, Interface [16]byte
}

// ReadDCERPCStream reads the common header of a connection-oriented unit:
// version 5.0 or 5.1, a type of such units, data representation, and a fragment
// length that holds at least the header (C706, section 12.6.3.1).
func ReadDCERPCStream(b []byte) (DCERPC, State) {
	for i, c := range b[:min(len(b), 8)] {
		ok := true
		switch i {
		case 0:
			ok = c == 5
		case 1:
			ok = c <= 1
		case 2:
			ok = c == 0 || c == 2 || c == 3 || c >= 11 && c <= 19
		case 3:
			ok = c&3 != 0 // the first fragment or the last
		case 4:
			ok = c&^0x10 == 0 // little or big endian; nobody uses EBCDIC
		case 5:
			ok = c <= 3 // floating point
		case 6, 7:
			ok = c == 0
		}
		if !ok {
			return DCERPC{}, Malformed
		}
	}
	if len(b) < 16 {
		return DCERPC{}, Cut
	}
	d := DCERPC{Type: b[2], Len: int(dcerpcOrder(b[4]).Uint16(b[8:]))}
	if auth := int(dcerpcOrder(b[4]).Uint16(b[10:])); d.Len < 16 || auth > 0 && auth+24 > d.Len {
		return DCERPC{}, Malformed
	}
	return d, Whole
}

// ReadDCERPCDatagram reads the header of a connectionless unit of 80 bytes
// (C706, section 12.5.2) whose body fills the datagram, of which size bytes
// were sent.
func ReadDCERPCDatagram(b []byte, size int) (DCERPC, bool) {
	if len(b) < 80 || b[0] != 4 || b[1] > 10 || b[4]&^0x10 != 0 || b[5] > 3 || b[6] != 0 {
		return DCERPC{}, false
	}
	order := dcerpcOrder(b[4])
	d := DCERPC{Type: b[1], Len: 80 + int(order.Uint16(b[74:]))}
	if signed := b[78] != 0; d.Len > size || size-d.Len > 64 || !signed && d.Len != size {
		return DCERPC{}, false
	}
	// The variants of UUIDs in use (RFC 4122, section 4.1.1).
	if v := b[32]; v&0xc0 != 0x80 && v&0xe0 != 0xc0 {
		return DCERPC{}, false
	}
	if [32]byte(b[24:56]) == ([32]byte{}) { // an interface and an activity have identifiers
		return DCERPC{}, false
	}
	d.Object, d.Interface = dcerpcUUID(b[8:24], order), dcerpcUUID(b[24:40], order)
	return d, true
}

func dcerpcOrder(representation byte) binary.ByteOrder {
	if representation&0x10 != 0 {
		return binary.LittleEndian
	}
	return binary.BigEndian
}

// dcerpcUUID puts the fields of a UUID into the order of writing.
func dcerpcUUID(b []byte, order binary.ByteOrder) (u [16]byte) {
	binary.BigEndian.PutUint32(u[0:], order.Uint32(b))
	binary.BigEndian.PutUint16(u[4:], order.Uint16(b[4:]))
	binary.BigEndian.PutUint16(u[6:], order.Uint16(b[6:]))
	copy(u[8:], b[8:16])
	return u
}
