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
	// The wording is for text; it may be nil.
	New func(w io.Writer, wording *Wording) (Writer[T], error)
}

// Wording holds the verdicts' names in text output; empty ones keep their own.
type Wording [servmap.Verdicts]string

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
func (f *Format[T]) writeOnce(w io.Writer, wording *Wording, value T) error {
	out, err := f.New(w, wording)
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
func Print[T any](formats []Format[T], name string, w io.Writer, wording *Wording, value T) error {
	return Named(formats, name).writeOnce(w, wording, value)
}

// single makes New of a function that writes a value by itself, at the end.
func single[T any](write func(w io.Writer, wording *Wording, value T) error) func(io.Writer, *Wording) (Writer[T], error) {
	return func(w io.Writer, wording *Wording) (Writer[T], error) {
		return &singleWriter[T]{w: w, wording: wording, write: write}, nil
	}
}

type singleWriter[T any] struct {
	w       io.Writer
	wording *Wording
	write   func(io.Writer, *Wording, T) error
	value   T
}

func (s *singleWriter[T]) Write(value T) error {
	s.value = value
	return nil
}

func (s *singleWriter[T]) Close() error { return s.write(s.w, s.wording, s.value) }

// csvOf makes Format.New of columns: CSV with a header.
func csvOf[T any](columns []rows.Column[T]) func(io.Writer, *Wording) (Writer[T], error) {
	return func(w io.Writer, _ *Wording) (Writer[T], error) {
		out := csvWriter[T]{rows.New(w, columns)}
		return out, out.CSVHeader()
	}
}

// ndjsonOf makes Format.New of columns: a JSON object a line.
func ndjsonOf[T any](columns []rows.Column[T]) func(io.Writer, *Wording) (Writer[T], error) {
	return func(w io.Writer, _ *Wording) (Writer[T], error) { return ndjsonWriter[T]{rows.New(w, columns)}, nil }
}

type csvWriter[T any] struct{ *rows.Writer[T] }

func (w csvWriter[T]) Write(row T) error { return w.CSVRow(row) }

func (w csvWriter[T]) Close() error { return nil }

type ndjsonWriter[T any] struct{ *rows.Writer[T] }

func (w ndjsonWriter[T]) Write(row T) error { return w.JSONRow(row) }

func (w ndjsonWriter[T]) Close() error { return nil }
