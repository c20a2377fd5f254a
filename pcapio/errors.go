package pcapio

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrInterrupted is what Next returns after Interrupt, or after the Done
// channel of the Options was closed.
var ErrInterrupted = errors.New("interrupted")

// ErrIdle is what Next returns where no packet came for as long as the
// Options' Idle says. The next call goes on waiting.
var ErrIdle = errors.New("no packet for now")

// InputError says that an input cannot be analysed at all: there is no such
// file, it is no capture, or it is named twice.
type InputError struct {
	// Path is the name as given.
	Path string
	// Reason is what is wrong with it, a clause without a full stop.
	Reason string
	// Err is the system's error, nil where there is none.
	Err error
}

// Error returns one line that begins with the path.
func (e *InputError) Error() string { return printable(e.Path) + ": " + e.Reason }

// Unwrap returns the system's error.
func (e *InputError) Unwrap() error { return e.Err }

// DamageError says where a capture is damaged. What stands before the place
// was read, and what stands behind it too where it could be found.
type DamageError struct {
	// Path is the file's name as given.
	Path string
	// Packet is the number of the damaged packet, or of the packet that would
	// have come next, in its own file, from 1.
	Packet uint64
	// Offset is where the damaged record or block begins, in bytes from the
	// beginning of the capture, after decompression.
	Offset int64
	// Compressed is set where Offset counts decompressed bytes.
	Compressed bool
	// Reason says what was expected there and what was found.
	Reason string
	// Err is the error below, nil where there is none.
	Err error
}

// Error returns one line: file, packet number, byte offset and what was
// expected.
func (e *DamageError) Error() string {
	what := "byte"
	if e.Compressed {
		what = "decompressed byte"
	}
	return fmt.Sprintf("%s: damaged at packet %d, %s %d: %s", printable(e.Path), e.Packet, what, e.Offset, e.Reason)
}

// Unwrap returns the error below.
func (e *DamageError) Unwrap() error { return e.Err }

// printable quotes a name that would disturb a terminal.
func printable(name string) string {
	if name == "-" {
		return "standard input"
	}
	for _, r := range name {
		if r == '\uFFFD' || !strconv.IsPrint(r) {
			return strconv.Quote(name)
		}
	}
	return name
}

// oneLine makes the text of a library's error fit for one line of a terminal.
func oneLine(err error) string {
	return strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return '?'
		}
		return r
	}, err.Error())
}
