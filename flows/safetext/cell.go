package safetext

import (
	"strings"
	"unicode/utf8"
)

// AppendCell appends a text that was treated by Append or AppendExact as a cell
// of a CSV (RFC 4180, section 2), in quotes where it needs them. A spreadsheet
// takes a cell for a formula, and runs it, that begins with one of = + - @ or
// their full-width forms, blanks and quotes before it not counted, and goes on.
// Such a character becomes \xNN or \uNNNN, which Undo undoes. The same holds after a
// semicolon, at which spreadsheets of some languages part cells.
func AppendCell(dst, cell []byte) []byte {
	if ordinary(cell) {
		return append(dst, cell...)
	}
	quote := false
	for _, b := range cell {
		if b == ',' || b == '"' || b == '\n' || b == '\r' {
			quote = true
			break
		}
	}
	if quote {
		dst = append(dst, '"')
	}
	begins := len(cell) > 1
	for i := 0; i < len(cell); {
		b := cell[i]
		size := 1
		switch {
		case b == ' ' || b == '\'' || b == '`':
		case b == '"':
			dst = append(dst, '"')
		case b == ';':
			begins = true
		case begins && strings.IndexByte("=+-@", b) >= 0:
			dst, begins = appendHex(append(dst, '\\', 'x'), uint32(b), 2), false
			i++
			continue
		case begins && b >= utf8.RuneSelf:
			r, n := utf8.DecodeRune(cell[i:])
			if begins = false; wide(r) {
				dst = appendHex(append(dst, '\\', 'u'), uint32(r), 4)
				i += n
				continue
			}
		default:
			begins = false
		}
		dst = append(dst, cell[i:i+size]...)
		i += size
	}
	if quote {
		dst = append(dst, '"')
	}
	return dst
}

// ordinary reports whether a cell is one of letters, digits and the like that
// neither needs quotes nor can be taken for a formula: as nearly all are.
func ordinary(cell []byte) bool {
	for i, b := range cell {
		if cellBytes[b] == special || i == 0 && cellBytes[b] == leading {
			return false
		}
	}
	return true
}

// What a byte is to a cell: special may need care anywhere, leading only at the
// beginning.
const (
	special = 1 + iota
	leading
)

var cellBytes = func() (kinds [256]uint8) {
	for b := utf8.RuneSelf; b < len(kinds); b++ {
		kinds[b] = leading
	}
	for _, b := range "=+-@ '`" {
		kinds[b] = leading
	}
	for _, b := range ",\"\n\r;" {
		kinds[b] = special
	}
	return kinds
}()

// wide reports whether r is the full-width form of = + - or @, or a small form.
func wide(r rune) bool {
	switch r {
	case '\uff1d', '\uff0b', '\uff0d', '\uff20', '\ufe66', '\ufe62', '\ufe63', '\ufe6b', '\u2212':
		return true
	}
	return false
}
