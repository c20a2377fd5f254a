package mapjson

import (
	"bytes"
	"strings"
)

// Line returns the line of the token read last, as SyntaxError counts it. It counts on from where it was asked
// last, so that asking for every key of a file reads the file once.
func (r *Reader) Line() int {
	if r.last > r.counted {
		r.lines += bytes.Count(r.data[r.counted:r.last], []byte{'\n'})
		r.counted = r.last
	}
	return r.lines + 1
}

// Skip passes over a value of any size. Of what is in it, it looks at strings and brackets alone.
func (r *Reader) Skip(expected string) error {
	for depth := 0; ; {
		switch b := r.next(); {
		case r.at == len(r.data):
			return r.unexpected(expected)
		case b == '"':
			if !r.skipString() {
				return r.unexpected(expected)
			}
		case b == '{' || b == '[':
			depth++
			r.at++
		case depth == 0 && strings.IndexByte("}],:", b) >= 0:
			return r.unexpected(expected)
		case b == '}' || b == ']':
			depth--
			r.at++
		case b == ',' || b == ':':
			r.at++
			continue
		default:
			for r.at < len(r.data) && strings.IndexByte(" \t\r\n,:[]{}\"", r.data[r.at]) < 0 {
				r.at++
			}
		}
		if depth == 0 {
			return nil
		}
	}
}

// skipString passes over a string, and reports whether it ends.
func (r *Reader) skipString() bool {
	for i := r.at + 1; i < len(r.data); i++ {
		switch r.data[i] {
		case '\\':
			i++
		case '"':
			r.at = i + 1
			return true
		}
	}
	return false
}
