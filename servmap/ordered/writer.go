package ordered

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// Columns is the length up to which an array stays on one line.
const Columns = 100

// AppendString appends s as a JSON string (RFC 8259, section 7). Only what must
// be is escaped, and what a terminal would take for a command. Bytes that are
// no UTF-8 become U+FFFD.
func AppendString[T string | []byte](dst []byte, s T) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		b := s[i]
		switch {
		case b == '"' || b == '\\':
			dst = append(dst, '\\', b)
		case b == '\n':
			dst = append(dst, '\\', 'n')
		case b < 0x20 || b == 0x7f:
			dst = appendEscape(dst, rune(b))
		case b < utf8.RuneSelf:
			dst = append(dst, b)
		default:
			r, size := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
			if r < 0xa0 || r == '\u2028' || r == '\u2029' {
				dst = appendEscape(dst, r)
			} else {
				dst = utf8.AppendRune(dst, r)
			}
			i += size
			continue
		}
		i++
	}
	return append(dst, '"')
}

// appendEscape appends \uXXXX for a character below 0x10000.
func appendEscape(dst []byte, r rune) []byte {
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}

// AppendPair appends the array of bytes and applications: on one line where it
// is no longer than Columns, else an element a line, indented by indent and two
// spaces more.
func AppendPair(dst []byte, indent string, bytes uint64, applications []string) []byte {
	long := appendElements(dst, ", ", bytes, applications)
	if len(applications) == 0 || utf8.RuneCount(long[len(dst):]) <= Columns {
		return long
	}
	dst = append(dst, '[', '\n')
	dst = append(dst, indent...)
	dst = append(dst, "  "...)
	dst = strconv.AppendUint(dst, bytes, 10)
	for _, a := range applications {
		dst = append(dst, ",\n"...)
		dst = append(dst, indent...)
		dst = append(dst, "  "...)
		dst = AppendString(dst, a)
	}
	dst = append(dst, '\n')
	dst = append(dst, indent...)
	return append(dst, ']')
}

func appendElements(dst []byte, sep string, bytes uint64, applications []string) []byte {
	dst = append(dst, '[')
	dst = strconv.AppendUint(dst, bytes, 10)
	for _, a := range applications {
		dst = append(dst, sep...)
		dst = AppendString(dst, a)
	}
	return append(dst, ']')
}

// Indented returns v as encoding/json has it, indented by two spaces a level
// from the second line on, after prefix.
func Indented(v any, prefix string) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent(prefix, "  ")
	err := enc.Encode(v)
	return bytes.TrimSpace(buf.Bytes()), err
}
