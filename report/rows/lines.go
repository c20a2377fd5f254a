package rows

import (
	"io"
	"strings"
	"unicode/utf8"
)

// Lines writes lines of padded cells. A cell wider than its column widens its
// line only, so that rows can be written as they come.
type Lines struct {
	W io.Writer
	// Line is the line at hand.
	Line []byte
}

// A Width is a column of a streamed table.
type Width struct {
	Name  string
	Cells int
	// Right is set where the column is flush right.
	Right bool
}

// Left is a column flush left, of so many characters.
func Left(name string, cells int) Width { return Width{name, cells, false} }

// Right is a column flush right, of so many characters.
func Right(name string, cells int) Width { return Width{name, cells, true} }

// Begin starts a line.
func (l *Lines) Begin() { l.Line = l.Line[:0] }

// End writes the line, without blanks at its end.
func (l *Lines) End() error {
	n := len(l.Line)
	for n > 0 && l.Line[n-1] == ' ' {
		n--
	}
	l.Line = append(l.Line[:n], '\n')
	_, err := l.W.Write(l.Line)
	return err
}

// Text appends s as it stands.
func (l *Lines) Text(s string) { l.Line = append(l.Line, s...) }

const blanks = "                                "

// Pad makes what was appended since start at least cells wide.
func (l *Lines) Pad(start, cells int, right bool) {
	missing := cells - utf8.RuneCount(l.Line[start:])
	if missing <= 0 {
		return
	}
	for left := missing; left > 0; left -= len(blanks) {
		l.Line = append(l.Line, blanks[:min(left, len(blanks))]...)
	}
	if right {
		copy(l.Line[start+missing:], l.Line[start:len(l.Line)-missing])
		for i := range missing {
			l.Line[start+i] = ' '
		}
	}
}

// Row writes a line of cells, two blanks between them. Each of the cells
// appends its text.
func (l *Lines) Row(widths []Width, cells ...func(dst []byte) []byte) error {
	l.Begin()
	for i, cell := range cells {
		if i > 0 {
			l.Text("  ")
		}
		start := len(l.Line)
		l.Line = cell(l.Line)
		l.Pad(start, widths[i].Cells, widths[i].Right)
	}
	return l.End()
}

// Heading writes the names of the columns and a rule below them.
func (l *Lines) Heading(widths []Width) error {
	names := make([]func([]byte) []byte, len(widths))
	rules := make([]func([]byte) []byte, len(widths))
	for i, w := range widths {
		names[i] = func(dst []byte) []byte { return append(dst, w.Name...) }
		rules[i] = func(dst []byte) []byte { return append(dst, strings.Repeat("-", w.Cells)...) }
	}
	if err := l.Row(widths, names...); err != nil {
		return err
	}
	return l.Row(widths, rules...)
}

// Close implements Writer: lines have no footer.
func (l *Lines) Close() error { return nil }

// List joins words for a sentence: "text, csv or json".
func List(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
