package flowfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// What a CSV of flows may have. A row of `servmap flows` takes a few hundred
// bytes.
const (
	// maxRow is the longest row in bytes: encoding/csv takes up to 80 bytes of
	// memory for each of its bytes.
	maxRow = 256 << 10
	// maxApplication is the longest name of an application, which a map keeps.
	maxApplication = 256
	// maxQuoted is how much of a cell an error quotes.
	maxQuoted = 64
)

// errLongRow ends the reading before a row that is too long is in memory.
var errLongRow = errors.New("row too long")

// rowLimit passes a CSV through until a row is longer than maxRow.
type rowLimit struct {
	src io.Reader
	// line is the line at hand, start that on which its row began, counted from
	// 1; size is the row's length so far, quotes the number of its quotes: where
	// that is odd, the end of a line is part of a field.
	line, start  int
	size, quotes int
	exceeded     bool
}

func newRowLimit(src io.Reader) *rowLimit { return &rowLimit{src: src, line: 1, start: 1} }

// Read returns errLongRow where a row is too long, with what came before it.
func (l *rowLimit) Read(p []byte) (int, error) {
	if l.exceeded {
		return 0, errLongRow
	}
	n, err := l.src.Read(p)
	for at := 0; at < n; {
		end := n
		whole := bytes.IndexByte(p[at:n], '\n')
		if whole >= 0 {
			end = at + whole + 1
		}
		l.size += end - at
		l.quotes += bytes.Count(p[at:end], []byte{'"'})
		if l.size > maxRow {
			l.exceeded = true
			return at, errLongRow
		}
		if whole >= 0 {
			l.line++
			if l.quotes%2 == 0 {
				l.size, l.quotes, l.start = 0, 0, l.line
			}
		}
		at = end
	}
	return n, err
}

// rowError is what a *RowError says of a row that is too long.
func (l *rowLimit) rowError(file string) *RowError {
	return &RowError{File: file, Line: l.start, Reason: fmt.Sprintf("the row is longer than %d bytes", maxRow)}
}

// quoteCell quotes the beginning of a cell.
func quoteCell(s string) string {
	if len(s) > maxQuoted {
		return strconv.QuoteToASCII(s[:maxQuoted]) + "..."
	}
	return strconv.QuoteToASCII(s)
}
