// Package flowfile reads files of flows that this or another program wrote.
// Each kind of file is one Format and one line in Formats.
package flowfile

import (
	"fmt"
	"io"
	"strings"

	"servmap/flows"
)

// Format is a kind of file of flows.
type Format struct {
	// Name is what messages call it.
	Name string
	// Is reports whether a file that begins with head is of this kind. head
	// may end anywhere.
	Is func(head []byte) bool
	// Read reads the flows in the order of the file and calls emit with each;
	// the Flow is borrowed for the call. name is the file's name in errors. A
	// file that lacks what is needed is a *HeaderError. A bad row ends the
	// reading with a *RowError: all rows before it were emitted. An error of
	// emit is returned as it is.
	Read func(name string, r io.Reader, emit func(*flows.Flow) error) error
}

// Formats are all kinds of files of flows.
var Formats = []*Format{&NFStream}

// Find returns the format of a file that begins with head, nil where it is
// none of Formats.
func Find(head []byte) *Format {
	for _, f := range Formats {
		if f.Is(head) {
			return f
		}
	}
	return nil
}

// RowError tells a row that is not what its header says.
type RowError struct {
	// File is the file's name; Line counts from 1, the header among them.
	File string
	Line int
	// Reason says what is wrong.
	Reason string
	// Err is the error of the source, nil where it is the row that is wrong.
	Err error
}

// Error gives "file:line: reason".
func (e *RowError) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Reason) }

// Unwrap returns the error of the source.
func (e *RowError) Unwrap() error { return e.Err }

// HeaderError tells that a file of flows lacks a column that the map needs.
type HeaderError struct {
	File    string
	Missing []string
}

// Error names the columns.
func (e *HeaderError) Error() string {
	return fmt.Sprintf("%s: CSV of flows without the column %s", e.File, strings.Join(e.Missing, ", "))
}
