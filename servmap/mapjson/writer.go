package mapjson

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"unicode/utf8"

	"servmap/flows/safetext"
)

// Columns is the length up to which an array stays on one line.
const Columns = 100

// AppendString appends s as a JSON string (RFC 8259, section 7): what is not safe
// to look at is escaped, and its value stays. Bytes that are no UTF-8 become U+FFFD.
func AppendString[T string | []byte](dst []byte, s T) []byte { return safetext.AppendJSON(dst, s) }

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

// Block is about how many bytes Drain writes at once.
const Block = 64 << 10

// Drain writes out to w where it is longer than a Block, and returns what is
// not written yet. A file of millions of pairs is not held in memory.
func Drain(w io.Writer, out []byte) ([]byte, error) {
	if len(out) <= Block {
		return out, nil
	}
	_, err := w.Write(out)
	return out[:0], err
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
// from the second line on, after prefix. Its strings are escaped as by AppendString.
func Indented(v any, prefix string) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent(prefix, "  ")
	err := enc.Encode(v)
	return safetext.SecureJSON(bytes.TrimSpace(buf.Bytes())), err
}
