package ordered

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// Columns is the width up to which an array stays on one line.
const Columns = 100

// AppendString appends s as a JSON string. Only what must be is escaped, and
// what a terminal would take for a command.
func AppendString(dst []byte, s string) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil { // a string always can be encoded
		return strconv.AppendQuoteToASCII(dst, s)
	}
	for _, r := range string(bytes.TrimSuffix(buf.Bytes(), []byte{'\n'})) {
		if r == 0x7f || r >= 0x80 && r < 0xa0 {
			dst = append(dst, `\u00`...)
			dst = append(dst, "0123456789abcdef"[r>>4], "0123456789abcdef"[r&15])
			continue
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

// AppendPair appends the array of bytes and applications to a line that
// begins at lineStart in dst: on that line where it ends within Columns, else
// an element a line, indented by indent and two spaces more.
func AppendPair(dst []byte, lineStart int, indent string, bytes uint64, applications []string) []byte {
	long := appendElements(dst, ", ", bytes, applications)
	if len(applications) == 0 || utf8.RuneCount(long[lineStart:]) <= Columns {
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
