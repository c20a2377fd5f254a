package wire

import (
	"encoding/binary"
	"math"
)

// U16 reads the two bytes at the beginning of b in network order. Like its
// fellows it gives an int, in which every value fits on 64-bit systems, and like them it is for
// callers that have checked the length.
func U16(b []byte) int { return int(binary.BigEndian.Uint16(b)) }

// U24 reads three bytes in network order.
func U24(b []byte) int { return int(b[0])<<16 | int(b[1])<<8 | int(b[2]) }

// maxLength is the largest value that is read from four bytes. Any length of a header can be added
// to it and the sum is still an int, on 32-bit systems too.
const maxLength = math.MaxInt - 1<<16

// U32 reads four bytes in network order. On 32-bit systems values near what an
// int holds and beyond become one that is larger than any payload, so that neither they nor sums with
// what stands before are ever negative.
func U32(b []byte) int { return int(min(uint64(binary.BigEndian.Uint32(b)), maxLength)) }

// L16 reads two bytes, the lowest first.
func L16(b []byte) int { return int(binary.LittleEndian.Uint16(b)) }

// L32 reads four bytes, the lowest first, as U32 does.
func L32(b []byte) int { return int(min(uint64(binary.LittleEndian.Uint32(b)), maxLength)) }
