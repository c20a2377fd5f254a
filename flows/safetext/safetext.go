// Package safetext decides which characters of a foreign name may reach a
// terminal, a table or a file, and how the others are written. Names from
// packets, files, interfaces and configurations are foreign.
package safetext

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Safe reports whether a character shows what it is wherever it stands: it is
// assigned, printable, visible, and moves or hides nothing around it. Of the
// white space only the blank is safe. Combining marks are safe as such; Append
// looks at what they stand on.
func Safe(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= ' ' && r != 0x7f
	}
	// IsPrint leaves out controls, formats (bidirectional ones, zero widths, tags, soft hyphens),
	// separators, surrogates, private use and what is not assigned.
	return unicode.IsPrint(r) && !unicode.Is(unseen, r) && !unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// unseen are characters that count as printable and show nothing.
var unseen = &unicode.RangeTable{
	R16: []unicode.Range16{{Lo: 0x2800, Hi: 0x2800, Stride: 1}},   // the Braille pattern without dots
	R32: []unicode.Range32{{Lo: 0x1d159, Hi: 0x1d159, Stride: 1}}, // the musical symbol without a head
}

// mostMarks is how many combining marks in a row may stand on a letter.
const mostMarks = 2

// A Scanner goes through a text and tells the safe parts from the others.
type scanner struct {
	// marks counts those in a row on the last letter; negative where there is no letter
	// for them to stand on.
	marks int
}

// next returns the length of the first character of s and whether it is safe
// there; r is utf8.RuneError and size 1 where it is no UTF-8.
func (c *scanner) next(s string) (r rune, size int, safe bool) {
	r, size = utf8.DecodeRuneInString(s)
	switch {
	case r == utf8.RuneError && size <= 1, !Safe(r):
		c.marks = -1
		return r, size, false
	case unicode.IsMark(r):
		if c.marks >= 0 {
			c.marks++
		}
		return r, size, c.marks > 0 && c.marks <= mostMarks
	case unicode.IsLetter(r) || unicode.IsNumber(r):
		c.marks = 0
	default:
		c.marks = -1
	}
	return r, size, true
}

// passed notes that the ASCII character b was passed.
func (c *scanner) passed(b byte) {
	c.marks = -1
	if l := b | 0x20; l >= 'a' && l <= 'z' || b >= '0' && b <= '9' {
		c.marks = 0
	}
}

// plain returns how many bytes at the beginning of s are printable ASCII, up to a backslash where
// that is special.
func (c *scanner) plain(s string, backslash bool) int {
	i := 0
	for i < len(s) && s[i] >= ' ' && s[i] < 0x7f && !(backslash && s[i] == '\\') {
		i++
	}
	if i > 0 {
		c.passed(s[i-1])
	}
	return i
}

// Append appends s for people: what is not safe becomes \xNN (bytes that are no
// UTF-8, and characters below U+0100) or \u and at least four digits.
// Everything else, a backslash too, stays, so that a text that was treated
// already stays as it is.
func Append(dst []byte, s string) []byte { return appendSafe(dst, s, false) }

// String is Append as a string.
func String(s string) string { return string(Append(nil, s)) }

// AppendExact is Append for what a program reads again: Undo gives s back. A
// backslash that an x, u or U follows becomes \x5c; \xNN is a byte, \uNNNN a
// character below U+10000, \UNNNNNNNN any other.
func AppendExact(dst []byte, s string) []byte { return appendSafe(dst, s, true) }

func appendSafe(dst []byte, s string, exact bool) []byte {
	c := scanner{marks: -1}
	for i := 0; i < len(s); {
		n := c.plain(s[i:], exact)
		dst = append(dst, s[i:i+n]...)
		if i += n; i == len(s) {
			break
		}
		if exact && s[i] == '\\' && i+1 < len(s) && strings.IndexByte("xuU", s[i+1]) >= 0 {
			dst, c.marks = append(dst, `\x5c`...), -1
			i++
			continue
		}
		r, size, safe := c.next(s[i:])
		switch {
		case safe:
			dst = append(dst, s[i:i+size]...)
		case r == utf8.RuneError && size == 1:
			dst = appendHex(append(dst, '\\', 'x'), uint32(s[i]), 2)
		case r < utf8.RuneSelf, r < 0x100 && !exact: // exact, \xNN is a byte
			dst = appendHex(append(dst, '\\', 'x'), uint32(r), 2)
		case r < 0x10000, !exact:
			dst = appendHex(append(dst, '\\', 'u'), uint32(r), 4)
		default:
			dst = appendHex(append(dst, '\\', 'U'), uint32(r), 8)
		}
		i += size
	}
	return dst
}

// Undo returns what AppendExact was given. What is no escape of AppendExact
// stays as it is.
func Undo(s string) string {
	at := strings.IndexByte(s, '\\')
	if at < 0 {
		return s
	}
	out := append(make([]byte, 0, len(s)), s[:at]...)
	for i := at; i < len(s); {
		digits := 0
		if s[i] == '\\' && i+1 < len(s) {
			switch s[i+1] {
			case 'x':
				digits = 2
			case 'u':
				digits = 4
			case 'U':
				digits = 8
			}
		}
		if end := i + 2 + digits; digits > 0 && end <= len(s) {
			v, err := strconv.ParseUint(s[i+2:end], 16, 32)
			if err == nil && (digits == 2 || utf8.ValidRune(rune(v)) && v <= unicode.MaxRune) {
				if digits == 2 {
					out = append(out, byte(v))
				} else {
					out = utf8.AppendRune(out, rune(v))
				}
				i = end
				continue
			}
		}
		out = append(out, s[i])
		i++
	}
	return string(out)
}

// AppendJSON appends s as a JSON string (RFC 8259, section 7). What is not safe
// is escaped, so that its value stays. Bytes that are no UTF-8 become U+FFFD.
func AppendJSON[T string | []byte](dst []byte, s T) []byte {
	c := scanner{marks: -1}
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		switch b := s[i]; {
		case b == '"' || b == '\\':
			dst, c.marks = append(dst, '\\', b), -1
			i++
		case b == '\n':
			dst, c.marks = append(dst, '\\', 'n'), -1
			i++
		case b >= ' ' && b < 0x7f:
			c.passed(b)
			dst = append(dst, b)
			i++
		default:
			r, size, safe := c.next(string(s[i:min(i+utf8.UTFMax, len(s))]))
			if safe || r == utf8.RuneError {
				dst = utf8.AppendRune(dst, r)
			} else {
				dst = appendUnits(dst, r)
			}
			i += size
		}
	}
	return append(dst, '"')
}

// SecureJSON escapes in a JSON document what is not safe in its strings. Outside
// of strings JSON has line ends and tabs alone that are not safe.
func SecureJSON(document []byte) []byte {
	c := scanner{marks: -1}
	var out []byte
	for i := 0; i < len(document); {
		b := document[i]
		if b < 0x7f {
			c.passed(b)
			out = append(out, b)
			i++
			continue
		}
		r, size, safe := c.next(string(document[i:min(i+utf8.UTFMax, len(document))]))
		if safe || r == utf8.RuneError {
			out = utf8.AppendRune(out, r)
		} else {
			out = appendUnits(out, r)
		}
		i += size
	}
	return out
}

// appendUnits appends \uXXXX, twice for a character beyond U+FFFF.
func appendUnits(dst []byte, r rune) []byte {
	if r >= 0x10000 {
		const high, low = 0xd800, 0xdc00
		r -= 0x10000
		dst = appendHex(append(dst, '\\', 'u'), uint32(high+r>>10), 4)
		r = low + r&0x3ff
	}
	return appendHex(append(dst, '\\', 'u'), uint32(r), 4)
}

// appendHex appends at least digits hexadecimal digits of v.
func appendHex(dst []byte, v uint32, digits int) []byte {
	const hex = "0123456789abcdef"
	for digits < 8 && v>>(4*digits) != 0 {
		digits++
	}
	for digits--; digits >= 0; digits-- {
		dst = append(dst, hex[v>>(4*digits)&15])
	}
	return dst
}
