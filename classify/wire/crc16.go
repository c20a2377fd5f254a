package wire

// The checksums of 16 bits with which field buses end their frames.

// CRC16DNP is that of DNP3 (IEEE 1815, section 9.2.2.5): polynomial 0x3d65, bits
// reversed, inverted at the end.
func CRC16DNP(b []byte) uint16 { return ^reversed(b, 0, 0xa6bc) }

// CRC16X25 is that of HDLC (ISO/IEC 13239): polynomial 0x1021, bits reversed,
// inverted at the beginning and at the end.
func CRC16X25(b []byte) uint16 { return ^reversed(b, 0xffff, 0x8408) }

// CRC16CCITT has the polynomial 0x1021 with the highest bit first and begins
// with the given value: 0 in S-Bus, 0xffff in IEEE C37.118.
func CRC16CCITT(b []byte, crc uint16) uint16 {
	for _, c := range b {
		crc ^= uint16(c) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}

// CRC16Modbus is that of Modbus' serial frames (Modbus over Serial Line, section 2.5.1.2), which others took
// over: polynomial 0x8005, bits reversed, from ones on.
func CRC16Modbus(b []byte) uint16 { return reversed(b, 0xffff, 0xa001) }

func reversed(b []byte, crc, polynomial uint16) uint16 {
	for _, c := range b {
		crc ^= uint16(c)
		for range 8 {
			if crc&1 != 0 {
				crc = crc>>1 ^ polynomial
			} else {
				crc >>= 1
			}
		}
	}
	return crc
}
