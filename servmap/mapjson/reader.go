// Package mapjson reads and writes the two JSON files of the program, the map
// and the report: objects whose keys have an order, errors that say line and
// column, arrays that stay on one line while they are short.
package mapjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"
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

// Bounds of a document. What is above is refused with the place where that began.
const (
	// MaxSize is the largest file in bytes.
	MaxSize = 256 << 20
	// MaxKeys is the most keys in all objects together.
	MaxKeys = 4_000_000
	// MaxString is the longest string in bytes.
	MaxString = 64 << 10
	// MaxValue is the longest text in bytes of what Value reads, MaxObjects the
	// most objects in it.
	MaxValue   = 4 << 20
	MaxObjects = 1 << 16
	// MaxApplications is the most applications of a pair, and the most different
	// ones in the file.
	MaxApplications = 1 << 17
)

// Reader reads one JSON document (RFC 8259) from front to back and knows where
// it stands.
type Reader struct {
	file string
	data []byte
	// at is where the reading stands, last where the token read last began.
	at, last int
	// words are the applications read so far: they come many times.
	words map[string]string
	// applications is what Pair returned last.
	applications []string
	// keys counts those of all objects, of which there may be maxKeys.
	keys, maxKeys int
	// placed is what Place was asked for last.
	placed place
}

// byteOrderMark is what some editors put in front of UTF-8.
const byteOrderMark = "\xef\xbb\xbf"

// NewReader returns a Reader over data; file is its name in errors.
func NewReader(file string, data []byte) *Reader {
	return &Reader{file: file, data: bytes.TrimPrefix(data, []byte(byteOrderMark)), words: map[string]string{}, maxKeys: MaxKeys}
}

// next skips white space and returns the byte that a token begins with, 0 at
// the end.
func (r *Reader) next() byte {
	for ; r.at < len(r.data); r.at++ {
		switch b := r.data[r.at]; b {
		case ' ', '\t', '\r', '\n':
		default:
			r.last = r.at
			return b
		}
	}
	r.last = r.at
	return 0
}

// mark takes the byte b, or says that expected was not there.
func (r *Reader) mark(b byte, expected string) error {
	if r.next() != b {
		return r.unexpected(expected)
	}
	r.at++
	return nil
}

// errorAt returns a SyntaxError for an offset.
func (r *Reader) errorAt(at int, expected, found string) error {
	line, column := r.place(at)
	return &SyntaxError{File: r.file, Line: line, Column: column, Expected: expected, Found: found}
}

// place returns the line and the column of an offset.
func (r *Reader) place(at int) (line, column int) {
	before := r.data[:at]
	return bytes.Count(before, []byte{'\n'}) + 1, len(before) - bytes.LastIndexByte(before, '\n')
}

// enough is how much of a file an error quotes.
const enough = 24

// Quote quotes the beginning of a text that an error tells.
func Quote(s string) string {
	if len(s) > 4*enough {
		return strconv.QuoteToASCII(s[:4*enough]) + "..."
	}
	return strconv.QuoteToASCII(s)
}

// unexpected returns an error for the token at hand, and quotes a little of
// what stands there.
func (r *Reader) unexpected(expected string) error {
	rest := r.data[r.last:]
	if len(rest) == 0 {
		return r.errorAt(r.last, expected, "the end of the file")
	}
	dots := ""
	if len(rest) > enough {
		rest, dots = rest[:enough], "..."
	}
	if i := bytes.IndexAny(rest, "\r\n"); i >= 0 {
		rest, dots = rest[:i], ""
	}
	return r.errorAt(r.last, expected, strconv.QuoteToASCII(string(rest))+dots)
}

// Fail returns an error for the token read last: it is well-formed, and still not
// what belongs there.
func (r *Reader) Fail(expected, found string) error { return r.errorAt(r.last, expected, found) }

// Place returns the line and the column of a mark, both from 1; the column counts bytes. It is fast where
// marks grow from call to call.
func (r *Reader) Place(mark int) (line, column int) {
	if mark < r.placed.at {
		r.placed = place{}
	}
	between := r.data[r.placed.at:mark]
	if n := bytes.Count(between, []byte{'\n'}); n > 0 {
		r.placed.lines += n
		r.placed.start = r.placed.at + bytes.LastIndexByte(between, '\n') + 1
	}
	r.placed.at = mark
	return r.placed.lines + 1, mark - r.placed.start + 1
}

// place is an offset, how many lines end before it, and where its own line starts.
type place struct{ at, lines, start int }

// Mark returns the place of the token read last, for FailAt.
func (r *Reader) Mark() int { return r.last }

// FailAt is Fail for a token read before.
func (r *Reader) FailAt(mark int, expected, found string) error {
	return r.errorAt(mark, expected, found)
}

// Object reads an object and calls member with each of its keys; member must
// read the value. A key that comes twice is an error.
func (r *Reader) Object(expected string, member func(key string) error) error {
	seen := map[string]struct{}{}
	return r.Members(expected, func(key string) error {
		if _, twice := seen[key]; twice {
			return r.Twice(key)
		}
		seen[key] = struct{}{}
		return member(key)
	})
}

// maxFields is the most keys of an object that Fields reads.
const maxFields = 64

// Fields reads an object of few keys, each once, and calls member with each. They do not count towards
// MaxKeys.
func (r *Reader) Fields(expected string, member func(key string) error) error {
	var room [8]string
	seen := room[:0]
	return r.members(expected, func(key string) error {
		switch {
		case slices.Contains(seen, key):
			return r.Twice(key)
		case len(seen) == maxFields:
			return r.Fail(fmt.Sprintf("at most %d keys here", maxFields), "more")
		}
		seen = append(seen, key)
		return member(key)
	})
}

// Twice returns an error for a key, read last, that came before.
func (r *Reader) Twice(key string) error { return r.Fail("each key once", Quote(key)+" again") }

// Members reads an object as Object does, but leaves it to member to notice a
// key that comes twice.
func (r *Reader) Members(expected string, member func(key string) error) error {
	return r.members(expected, func(key string) error {
		if r.keys++; r.keys > r.maxKeys {
			return r.Fail(fmt.Sprintf("at most %d keys in the file", r.maxKeys), "more")
		}
		return member(key)
	})
}

// members reads an object.
func (r *Reader) members(expected string, member func(key string) error) error {
	if err := r.mark('{', expected); err != nil {
		return err
	}
	for first := true; ; first = false {
		b := r.next()
		if b == '}' && first {
			r.at++
			return nil
		}
		key, err := r.String("a key in double quotes")
		if err != nil {
			return err
		}
		at := r.last
		if err := r.mark(':', "a colon"); err != nil {
			return err
		}
		r.last = at
		if err := member(key); err != nil {
			return err
		}
		if r.next() == '}' {
			r.at++
			return nil
		}
		if err := r.mark(',', "a comma or }"); err != nil {
			return err
		}
	}
}

// Array reads an array and calls element before each of its elements; element
// must read it.
func (r *Reader) Array(expected string, element func(index int) error) error {
	if err := r.mark('[', expected); err != nil {
		return err
	}
	for i := 0; ; i++ {
		if r.next() == ']' && i == 0 {
			r.at++
			return nil
		}
		if err := element(i); err != nil {
			return err
		}
		if r.next() == ']' {
			r.at++
			return nil
		}
		if err := r.mark(',', "a comma or ]"); err != nil {
			return err
		}
	}
}

// String reads a string.
func (r *Reader) String(expected string) (string, error) {
	text, err := r.text(expected)
	return string(text), err
}

// text reads a string into bytes that are borrowed from the document, or new
// where it has escapes or letters beyond ASCII.
func (r *Reader) text(expected string) ([]byte, error) {
	if r.next() != '"' {
		return nil, r.unexpected(expected)
	}
	plain := true
	for i := r.at + 1; i < len(r.data); i++ {
		if i > r.at+MaxString {
			return nil, r.unexpected(fmt.Sprintf("%s of at most %d bytes", expected, MaxString))
		}
		switch b := r.data[i]; {
		case b == '"':
			text := r.data[r.at+1 : i]
			if !plain {
				return r.escaped(r.data[r.at:i+1], expected)
			}
			r.at = i + 1
			return text, nil
		case b == '\\':
			plain = false
			i++
		case b < 0x20:
			return nil, r.unexpected(expected)
		case b >= utf8.RuneSelf:
			plain = false
		}
	}
	r.last = len(r.data)
	return nil, r.unexpected(expected)
}

// escaped reads a string with escapes or letters beyond ASCII, quotes included.
func (r *Reader) escaped(token []byte, expected string) ([]byte, error) {
	var s string
	if json.Unmarshal(token, &s) != nil {
		return nil, r.unexpected(expected)
	}
	r.at += len(token)
	return []byte(s), nil
}

// Word reads a string that comes many times: the same text is the same string. A document has at most
// MaxApplications different ones.
func (r *Reader) Word(expected string) (string, error) {
	text, err := r.text(expected)
	if err != nil {
		return "", err
	}
	w, ok := r.words[string(text)]
	if !ok {
		if len(r.words) == MaxApplications {
			return "", r.Fail(fmt.Sprintf("at most %d different applications", MaxApplications), "more")
		}
		w = string(text)
		r.words[w] = w
	}
	return w, nil
}

// Uint reads a whole number from 0 to 2^64-1.
func (r *Reader) Uint(expected string) (uint64, error) {
	r.next()
	// Nearly all numbers are short and plain.
	v, at := uint64(0), r.at
	for ; at < len(r.data) && at < r.at+18 && r.data[at]-'0' <= 9; at++ {
		v = 10*v + uint64(r.data[at]-'0')
	}
	if at > r.at && at < len(r.data) && (r.data[at] == ',' || r.data[at] == ']' || r.data[at] == '}') && (r.data[r.at] != '0' || at == r.at+1) {
		r.at = at
		return v, nil
	}
	end := r.at
	for end < len(r.data) && !bytes.ContainsRune([]byte(" \t\r\n,:[]{}"), rune(r.data[end])) {
		end++
	}
	token := string(r.data[r.at:end])
	v, err := strconv.ParseUint(token, 10, 64)
	if err != nil || len(token) > 1 && token[0] == '0' {
		return 0, r.unexpected(expected)
	}
	r.at = end
	return v, nil
}

// End makes sure that nothing follows the document.
func (r *Reader) End() error {
	if r.next(); r.at < len(r.data) {
		return r.unexpected("nothing after the closing }")
	}
	return nil
}

// Pair reads an array of bytes and applications: [87215, "DNS", "TLS"]. The
// slice is borrowed until Pair is called again.
func (r *Reader) Pair() (bytes uint64, applications []string, err error) {
	empty := true
	applications = r.applications[:0]
	err = r.Array("an array of bytes and applications", func(i int) (err error) {
		if i == 0 {
			empty = false
			bytes, err = r.Uint("a whole number of bytes")
			return err
		}
		if i > MaxApplications {
			return r.Fail(fmt.Sprintf("at most %d applications of a pair", MaxApplications), "more")
		}
		app, err := r.Word("the name of an application in double quotes")
		if err == nil && app == "" {
			err = r.Fail("the name of an application", "an empty string")
		}
		applications = append(applications, app)
		return err
	})
	if err == nil && empty {
		err = r.Fail("a whole number of bytes", "]")
	}
	r.applications = applications
	return bytes, applications, err
}
