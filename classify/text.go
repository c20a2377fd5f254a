package classify

import "encoding/binary"

// Words of eight equal bytes. Text is checked eight bytes at a time, because many recognisers check the
// same lines.
const (
	everyByte = 0x0101010101010101
	highBits  = 0x80 * everyByte
)

// IsText reports whether b is text: no control characters but tab, line feed and carriage return. Bytes
// above 127 pass, for UTF-8.
func IsText(b []byte) bool {
	for ; len(b) >= 8; b = b[8:] {
		if w := binary.LittleEndian.Uint64(b); hasControl(w) && !isText(b[:8]) {
			return false
		}
	}
	return isText(b)
}

func isText(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7f {
			return false
		}
	}
	return true
}

// IsPrintable reports whether b is ASCII text on one line: bytes from space to tilde.
func IsPrintable(b []byte) bool {
	for ; len(b) >= 8; b = b[8:] {
		if w := binary.LittleEndian.Uint64(b); w&highBits != 0 || hasControl(w) {
			return false
		}
	}
	for _, c := range b {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// hasControl reports whether any of the eight bytes of w is below a space, or is DEL.
func hasControl(w uint64) bool {
	below := (w - ' '*everyByte) &^ w
	del := w ^ 0x7f*everyByte
	return (below|(del-everyByte)&^del)&highBits != 0
}
