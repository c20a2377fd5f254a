// Package ordered reads and writes the two JSON files of the program, the map
// and the report: objects whose keys have an order, errors that say line and
// column, arrays that stay on one line while they are short.
package ordered

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// SyntaxError says where a file is not what it should be.
type SyntaxError struct {
	// File is the file's name, empty where unknown.
	File string
	// Line and Column count from 1; Column counts bytes.
	Line, Column int
	// Expected says what should have stood there, Found what did.
	Expected, Found string
}

// Error gives "file:line:column: expected …, found …".
func (e *SyntaxError) Error() string {
	s := fmt.Sprintf("%s:%d:%d: expected %s", e.File, e.Line, e.Column, e.Expected)
	if e.Found != "" {
		s += ", found " + e.Found
	}
	return s
}

// Reader reads one JSON document token by token and knows where it stands.
type Reader struct {
	file string
	data []byte
	dec  *json.Decoder
}

// NewReader returns a Reader over data; file is its name in errors.
func NewReader(file string, data []byte) *Reader {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	return &Reader{file: file, data: data, dec: dec}
}

// position returns the offset of the next token.
func (r *Reader) position() int64 {
	at := r.dec.InputOffset()
	for at < int64(len(r.data)) && bytes.IndexByte([]byte(" \t\r\n,:"), r.data[at]) >= 0 {
		at++
	}
	return at
}

// errorAt returns a SyntaxError for an offset.
func (r *Reader) errorAt(at int64, expected, found string) error {
	at = max(0, min(at, int64(len(r.data))))
	before := r.data[:at]
	line := bytes.Count(before, []byte{'\n'}) + 1
	column := len(before) - (bytes.LastIndexByte(before, '\n') + 1) + 1
	return &SyntaxError{File: r.file, Line: line, Column: column, Expected: expected, Found: found}
}

// token reads the next token; expected is what an error says was wanted.
func (r *Reader) token(expected string) (json.Token, int64, error) {
	at := r.position()
	t, err := r.dec.Token()
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		return t, at, nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, at, r.errorAt(int64(len(r.data)), expected, "the end of the file")
	case errors.As(err, &syntax) && at < int64(len(r.data)):
		return nil, at, r.errorAt(at, expected, r.text(at))
	}
	return nil, at, r.errorAt(at, expected, "")
}

// text quotes a little of what stands at an offset.
func (r *Reader) text(at int64) string {
	rest := r.data[at:]
	if i := bytes.IndexAny(rest, "\r\n"); i >= 0 {
		rest = rest[:i]
	}
	const enough = 24
	if len(rest) > enough {
		return strconv.QuoteToASCII(string(rest[:enough])) + "..."
	}
	return strconv.QuoteToASCII(string(rest))
}

func (r *Reader) unexpected(at int64, expected string) error {
	if at >= int64(len(r.data)) {
		return r.errorAt(at, expected, "the end of the file")
	}
	return r.errorAt(at, expected, r.text(at))
}

// Object reads an object and calls member with each of its keys; member must
// read the value. A key that comes twice is an error.
func (r *Reader) Object(expected string, member func(key string) error) error {
	t, at, err := r.token(expected)
	if err != nil {
		return err
	}
	if t != json.Delim('{') {
		return r.unexpected(at, expected)
	}
	seen := map[string]struct{}{}
	for r.dec.More() {
		if err := r.comma(len(seen), "a comma or }"); err != nil {
			return err
		}
		t, at, err := r.token("a key in double quotes")
		if err != nil {
			return err
		}
		key, ok := t.(string)
		if !ok {
			return r.unexpected(at, "a key in double quotes")
		}
		if _, twice := seen[key]; twice {
			return r.errorAt(at, "each key once", strconv.Quote(key)+" again")
		}
		seen[key] = struct{}{}
		if err := member(key); err != nil {
			return err
		}
	}
	return r.closing('}', "a comma or }")
}

// Array reads an array and calls element before each of its elements; element
// must read it.
func (r *Reader) Array(expected string, element func(index int) error) error {
	t, at, err := r.token(expected)
	if err != nil {
		return err
	}
	if t != json.Delim('[') {
		return r.unexpected(at, expected)
	}
	for i := 0; r.dec.More(); i++ {
		if err := r.comma(i, "a comma or ]"); err != nil {
			return err
		}
		if err := element(i); err != nil {
			return err
		}
	}
	return r.closing(']', "a comma or ]")
}

// comma makes sure that a comma stands before every element but the first.
func (r *Reader) comma(index int, expected string) error {
	from, at := r.dec.InputOffset(), r.position()
	if index > 0 && bytes.IndexByte(r.data[from:at], ',') < 0 {
		return r.unexpected(at, expected)
	}
	return nil
}

func (r *Reader) closing(want json.Delim, expected string) error {
	t, at, err := r.token(expected)
	if err == nil && t != want {
		err = r.unexpected(at, expected)
	}
	return err
}

// String reads a string.
func (r *Reader) String(expected string) (string, error) {
	t, at, err := r.token(expected)
	if err != nil {
		return "", err
	}
	s, ok := t.(string)
	if !ok {
		return "", r.unexpected(at, expected)
	}
	return s, nil
}

// Uint reads a whole number from 0 to 2^64-1.
func (r *Reader) Uint(expected string) (uint64, error) {
	t, at, err := r.token(expected)
	if err != nil {
		return 0, err
	}
	n, ok := t.(json.Number)
	if !ok {
		return 0, r.unexpected(at, expected)
	}
	v, err := strconv.ParseUint(n.String(), 10, 64)
	if err != nil {
		return 0, r.unexpected(at, expected)
	}
	return v, nil
}

// Value reads any value into v as encoding/json does.
func (r *Reader) Value(expected string, v any) error {
	at := r.position()
	var raw json.RawMessage
	if err := r.dec.Decode(&raw); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return r.errorAt(max(at, r.dec.InputOffset()), expected, err.Error())
		}
		return r.errorAt(int64(len(r.data)), expected, "the end of the file")
	}
	err := json.Unmarshal(raw, v)
	if err == nil {
		return nil
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return r.errorAt(at+wrong.Offset-1, expected+": "+wrong.Type.String()+" for "+wrong.Field, "a "+wrong.Value)
	}
	return r.errorAt(at, expected, err.Error())
}

// End makes sure that nothing follows the document.
func (r *Reader) End() error {
	at := r.position()
	if at < int64(len(r.data)) {
		return r.unexpected(at, "nothing after the closing }")
	}
	return nil
}

// Pair reads an array of bytes and applications: [87215, "DNS", "TLS"].
func (r *Reader) Pair() (bytes uint64, applications []string, err error) {
	empty := true
	err = r.Array("an array of bytes and applications", func(i int) (err error) {
		if i == 0 {
			empty = false
			bytes, err = r.Uint("a whole number of bytes")
			return err
		}
		at := r.position()
		app, err := r.String("the name of an application in double quotes")
		if err == nil && app == "" {
			err = r.errorAt(at, "the name of an application", "an empty string")
		}
		applications = append(applications, app)
		return err
	})
	if err == nil && empty {
		err = r.errorAt(r.dec.InputOffset()-1, "a whole number of bytes", "]")
	}
	return bytes, applications, err
}

// Fail returns an error for what was read last: the key or value was
// well-formed, and still not what belongs there.
func (r *Reader) Fail(expected, found string) error {
	return r.errorAt(max(0, r.dec.InputOffset()-1), expected, found)
}
