package wire

import "encoding/binary"

// U16 reads the two bytes at the beginning of b in network order. Like its
// fellows it gives an int, in which every value fits, and like them it is for
// callers that have checked the length.
func U16(b []byte) int { return int(binary.BigEndian.Uint16(b)) }

// U24 reads three bytes in network order.
func U24(b []byte) int { return int(b[0])<<16 | int(b[1])<<8 | int(b[2]) }

// U32 reads four bytes in network order.
func U32(b []byte) int { return int(binary.BigEndian.Uint32(b)) }

// L16 reads two bytes, the lowest first.
func L16(b []byte) int { return int(binary.LittleEndian.Uint16(b)) }

// L32 reads four bytes, the lowest first.
func L32(b []byte) int { return int(binary.LittleEndian.Uint32(b)) }
