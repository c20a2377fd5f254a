package mapjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Value reads any value into v as encoding/json does.
func (r *Reader) Value(expected string, v any) error {
	return r.value(expected, v, MaxValue, MaxObjects)
}

// LargeValue is Value for what may be 16 times as large.
func (r *Reader) LargeValue(expected string, v any) error {
	return r.value(expected, v, 16*MaxValue, 16*MaxObjects)
}

func (r *Reader) value(expected string, v any, maxValue, maxObjects int) error {
	r.next()
	at := r.at
	rest := r.data[at:]
	dec := json.NewDecoder(bytes.NewReader(rest[:min(len(rest), maxValue)]))
	var text json.RawMessage
	err := dec.Decode(&text)
	if len(rest) > maxValue && errors.Is(err, io.ErrUnexpectedEOF) {
		return r.errorAt(at, fmt.Sprintf("%s in at most %d bytes", expected, maxValue), "more")
	}
	if bytes.Count(text, []byte{'{'}) > maxObjects {
		return r.errorAt(at, fmt.Sprintf("%s with at most %d objects", expected, maxObjects), "more")
	}
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	var wrong *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		r.at += int(dec.InputOffset())
		return nil
	case errors.As(err, &wrong):
		if wrong.Field != "" {
			expected += ": " + wrong.Type.String() + " for " + wrong.Field
		}
		return r.errorAt(min(at+max(0, int(wrong.Offset)-1), len(r.data)), expected, "a "+wrong.Value)
	case errors.As(err, &syntax):
		return r.errorAt(min(at+max(0, int(syntax.Offset)-1), len(r.data)), expected, err.Error())
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return r.errorAt(len(r.data), expected, "the end of the file")
	}
	return r.errorAt(at, expected, err.Error())
}

// Skip reads a value, of which nothing is looked at but brackets and quotation marks. It is for documents
// that were read as a whole before.
func (r *Reader) Skip() error {
	for depth := 0; ; {
		switch r.next() {
		case 0:
			return r.unexpected("a value")
		case '"':
			r.skipString()
		case '{', '[':
			depth++
			r.at++
		case '}', ']':
			depth--
			r.at++
		default:
			for r.at++; r.at < len(r.data) && !bytes.ContainsRune([]byte(" \t\r\n,:[]{}\""), rune(r.data[r.at])); {
				r.at++
			}
		}
		if depth <= 0 {
			return nil
		}
	}
}

// skipString goes behind the string at hand.
func (r *Reader) skipString() {
	for r.at++; r.at < len(r.data) && r.data[r.at] != '"'; r.at++ {
		if r.data[r.at] == '\\' {
			r.at++
		}
	}
	r.at = min(r.at+1, len(r.data))
}
