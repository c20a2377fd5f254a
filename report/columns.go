// Package report writes everything the program prints or stores but the map:
// flows, verdicts and the grouped report, as text, tables, CSV and JSON; and it
// reads the two that can be fed back, the report file and the CSV of flows.
package report

import (
	"io"

	"servmap/flows/safetext"
)

// A column is one field of a row of type T.
type column[T any] struct {
	name string
	// number is set where the field is a number in JSON.
	number bool
	// value appends the field as it is; names come escaped by AppendName.
	value func(dst []byte, row T) []byte
	// exact, where there is one, is the field in CSV: so that it can be read back.
	exact func(dst []byte, row T) []byte
}

// rowWriter writes rows of columns, a line each.
type rowWriter[T any] struct {
	w       io.Writer
	columns []column[T]
	line    []byte
	cell    []byte
}

// csvHeader writes the names of the columns.
func (r *rowWriter[T]) csvHeader() error {
	r.line = r.line[:0]
	for i := range r.columns {
		if i > 0 {
			r.line = append(r.line, ',')
		}
		r.line = append(r.line, r.columns[i].name...)
	}
	return r.flush()
}

// csvRow writes a row as RFC 4180 has it, ended by a line feed.
func (r *rowWriter[T]) csvRow(row T) error {
	r.line = r.line[:0]
	for i := range r.columns {
		if i > 0 {
			r.line = append(r.line, ',')
		}
		if c := &r.columns[i]; c.number {
			r.line = c.value(r.line, row)
		} else {
			value := c.value
			if c.exact != nil {
				value = c.exact
			}
			r.cell = value(r.cell[:0], row)
			r.line = safetext.AppendCell(r.line, r.cell)
		}
	}
	return r.flush()
}

// jsonRow writes a row as a JSON object on a line of its own.
func (r *rowWriter[T]) jsonRow(row T) error {
	r.line = append(r.line[:0], '{')
	for i := range r.columns {
		if i > 0 {
			r.line = append(r.line, ',')
		}
		c := &r.columns[i]
		r.line = append(r.line, '"')
		r.line = append(r.line, c.name...)
		r.line = append(r.line, '"', ':')
		if c.number {
			r.line = c.value(r.line, row)
		} else {
			r.cell = c.value(r.cell[:0], row)
			r.line = safetext.AppendJSON(r.line, r.cell)
		}
	}
	r.line = append(r.line, '}')
	return r.flush()
}

func (r *rowWriter[T]) flush() error {
	r.line = append(r.line, '\n')
	_, err := r.w.Write(r.line)
	return err
}

// csvOf makes Format.New of columns: CSV with a header.
func csvOf[T any](columns []column[T]) func(io.Writer, *Wording) (Writer[T], error) {
	return func(w io.Writer, _ *Wording) (Writer[T], error) {
		r := &rowWriter[T]{w: w, columns: columns}
		return csvWriter[T]{r}, r.csvHeader()
	}
}

// ndjsonOf makes Format.New of columns: a JSON object a line.
func ndjsonOf[T any](columns []column[T]) func(io.Writer, *Wording) (Writer[T], error) {
	return func(w io.Writer, _ *Wording) (Writer[T], error) {
		return ndjsonWriter[T]{&rowWriter[T]{w: w, columns: columns}}, nil
	}
}

type csvWriter[T any] struct{ *rowWriter[T] }

func (w csvWriter[T]) Write(row T) error { return w.csvRow(row) }

type ndjsonWriter[T any] struct{ *rowWriter[T] }

func (w ndjsonWriter[T]) Write(row T) error { return w.jsonRow(row) }

// Close implements Writer: rows have no footer.
func (r *rowWriter[T]) Close() error { return nil }
