package report

import (
	"io"
	"strings"
	"unicode/utf8"
)

// lines writes lines of padded cells. A cell wider than its column widens its
// line only, so that rows can be written as they come.
type lines struct {
	w    io.Writer
	line []byte
}

// A width is a column of a streamed table.
type width struct {
	name  string
	cells int
	// right is set where the column is flush right.
	right bool
}

// begin starts a line.
func (l *lines) begin() { l.line = l.line[:0] }

// end writes the line, without blanks at its end.
func (l *lines) end() error {
	n := len(l.line)
	for n > 0 && l.line[n-1] == ' ' {
		n--
	}
	l.line = append(l.line[:n], '\n')
	_, err := l.w.Write(l.line)
	return err
}

// text appends s as it stands.
func (l *lines) text(s string) { l.line = append(l.line, s...) }

const blanks = "                                "

// pad makes what was appended since start at least cells wide.
func (l *lines) pad(start, cells int, right bool) {
	missing := cells - utf8.RuneCount(l.line[start:])
	if missing <= 0 {
		return
	}
	for left := missing; left > 0; left -= len(blanks) {
		l.line = append(l.line, blanks[:min(left, len(blanks))]...)
	}
	if right {
		copy(l.line[start+missing:], l.line[start:len(l.line)-missing])
		for i := range missing {
			l.line[start+i] = ' '
		}
	}
}

// row writes a line of cells, two blanks between them. Each of the cells
// appends its text.
func (l *lines) row(widths []width, cells ...func(dst []byte) []byte) error {
	l.begin()
	for i, cell := range cells {
		if i > 0 {
			l.text("  ")
		}
		start := len(l.line)
		l.line = cell(l.line)
		l.pad(start, widths[i].cells, widths[i].right)
	}
	return l.end()
}

// heading writes the names of the columns and a rule below them.
func (l *lines) heading(widths []width) error {
	names := make([]func([]byte) []byte, len(widths))
	rules := make([]func([]byte) []byte, len(widths))
	for i, w := range widths {
		names[i] = func(dst []byte) []byte { return append(dst, w.name...) }
		rules[i] = func(dst []byte) []byte { return append(dst, strings.Repeat("-", w.cells)...) }
	}
	if err := l.row(widths, names...); err != nil {
		return err
	}
	return l.row(widths, rules...)
}

// Close implements Writer: lines have no footer.
func (l *lines) Close() error { return nil }

// List joins words for a sentence: "text, csv or json".
func List(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
