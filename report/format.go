// Package report writes everything the program prints or stores but the map:
// flows, verdicts, reports and listings, as text, tables, CSV and JSON. Each way
// to write a type is a Format in a table.
package report

import (
	"io"

	"servmap/report/rows"
	"servmap/servmap"
)

// A Writer writes values one after the other, and at the end what the format
// has there: a footer, or everything.
type Writer[T any] interface {
	Write(T) error
	// Close writes the end. It does not close what is written to.
	Close() error
}

// A Format is one way to write values of a type. Adding one is a row in a table
// of formats and a golden.
type Format[T any] struct {
	// Name is the word of --format.
	Name string
	// Whole is set where nothing is written before Close, so that a file can
	// appear whole or not at all.
	Whole bool
	// CI is set where findings.Held shows: what --fail-on says, and where findings belong in the map.
	CI bool
	// Flows is set where flows are shown one by one beside a report: check then keeps some of them.
	Flows bool
	// New returns a writer to w, and writes the heading if the format has one.
	// The style is for text; it may be nil.
	New func(w io.Writer, style *Style) (Writer[T], error)
}

// Wording holds the verdicts' names in text output; empty ones keep their own.
type Wording [servmap.Verdicts]string

// Style says how text looks.
type Style struct {
	Wording
	// Width is how many columns the terminal has, 0 where the output is for no terminal: then nothing is shortened.
	Width int
	// Color has levels shown by colour, too.
	Color bool
}

// width returns Width; 0 without a style.
func (s *Style) width() int {
	if s == nil {
		return 0
	}
	return s.Width
}

// of returns what text output calls the verdict.
func (s *Style) of(v servmap.Verdict) string {
	if s == nil {
		return v.String()
	}
	return s.Wording.Of(v)
}

// brief is of in few letters, unless the user has a word for it.
func (s *Style) brief(v servmap.Verdict) string {
	if s != nil && s.Wording[v] != "" {
		return s.of(v)
	}
	return v.Brief()
}

// The colours (ECMA-48, SGR).
const (
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	dim    = "\x1b[2m"
	plain  = "\x1b[0m"
)

// colours are those of the levels: a colour is never the only sign of a level.
var colours = map[string]string{"critical": red, "high": red, "medium": yellow, "info": dim}

// Colour returns what begins and ends the colour of a level; both are empty where there is none.
func (s *Style) Colour(level string) (begin, end string) {
	if s == nil || !s.Color || colours[level] == "" {
		return "", ""
	}
	return colours[level], plain
}

// Of returns what text output calls the verdict.
func (w *Wording) Of(v servmap.Verdict) string {
	if w != nil && w[v] != "" {
		return rows.Name(w[v])
	}
	return v.String()
}

// Names returns the names of formats, the default first.
func Names[T any](formats []Format[T]) []string {
	names := make([]string, len(formats))
	for i := range formats {
		names[i] = formats[i].Name
	}
	return names
}

// Named returns the format of that name, nil where there is none.
func Named[T any](formats []Format[T], name string) *Format[T] {
	for i := range formats {
		if formats[i].Name == name {
			return &formats[i]
		}
	}
	return nil
}

// writeOnce writes a single value in a format.
func (f *Format[T]) writeOnce(w io.Writer, style *Style, value T) error {
	out, err := f.New(w, style)
	if err != nil {
		return err
	}
	if err := out.Write(value); err != nil {
		return err
	}
	return out.Close()
}

// Print writes a single value in the format of that name, which must be one of
// Names.
func Print[T any](formats []Format[T], name string, w io.Writer, style *Style, value T) error {
	return Named(formats, name).writeOnce(w, style, value)
}

// single makes New of a function that writes a value by itself, at the end.
func single[T any](write func(w io.Writer, style *Style, value T) error) func(io.Writer, *Style) (Writer[T], error) {
	return func(w io.Writer, style *Style) (Writer[T], error) {
		return &singleWriter[T]{w: w, style: style, write: write}, nil
	}
}

// wrapped is write with lines that are broken at the width of the terminal.
func wrapped[T any](write func(w io.Writer, style *Style, value T) error) func(io.Writer, *Style, T) error {
	return func(w io.Writer, style *Style, value T) error {
		if style.width() == 0 {
			return write(w, style, value)
		}
		lines := &rows.Wrapper{To: w, Width: style.width(), Hang: 4}
		if err := write(lines, style, value); err != nil {
			return err
		}
		return lines.Flush()
	}
}

type singleWriter[T any] struct {
	w     io.Writer
	style *Style
	write func(io.Writer, *Style, T) error
	value T
}

func (s *singleWriter[T]) Write(value T) error {
	s.value = value
	return nil
}

func (s *singleWriter[T]) Close() error { return s.write(s.w, s.style, s.value) }

// csvOf makes Format.New of columns: CSV with a header.
func csvOf[T any](columns []rows.Column[T]) func(io.Writer, *Style) (Writer[T], error) {
	return func(w io.Writer, _ *Style) (Writer[T], error) {
		out := csvWriter[T]{rows.New(w, columns)}
		return out, out.CSVHeader()
	}
}

// ndjsonOf makes Format.New of columns: a JSON object a line.
func ndjsonOf[T any](columns []rows.Column[T]) func(io.Writer, *Style) (Writer[T], error) {
	return func(w io.Writer, _ *Style) (Writer[T], error) { return ndjsonWriter[T]{rows.New(w, columns)}, nil }
}

type csvWriter[T any] struct{ *rows.Writer[T] }

func (w csvWriter[T]) Write(row T) error { return w.CSVRow(row) }

func (w csvWriter[T]) Close() error { return nil }

type ndjsonWriter[T any] struct{ *rows.Writer[T] }

func (w ndjsonWriter[T]) Write(row T) error { return w.JSONRow(row) }

func (w ndjsonWriter[T]) Close() error { return nil }
