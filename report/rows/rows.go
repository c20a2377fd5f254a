// Package rows writes rows of fields as CSV, NDJSON, padded lines and tables, and
// the text that goes into them so that it is safe to show.
package rows

import (
	"io"

	"servmap/flows/safetext"
)

// A Column is one field of a row of type T.
type Column[T any] struct {
	Name string
	// Number is set where the field is a number in JSON.
	Number bool
	// Value appends the field as it is; names come escaped by AppendName.
	Value func(dst []byte, row T) []byte
	// Exact, where there is one, is the field in CSV: so that it can be read back.
	Exact func(dst []byte, row T) []byte
}

// Writer writes rows of columns, a line each.
type Writer[T any] struct {
	w       io.Writer
	columns []Column[T]
	line    []byte
	cell    []byte
}

// New returns a Writer to w.
func New[T any](w io.Writer, columns []Column[T]) *Writer[T] {
	return &Writer[T]{w: w, columns: columns}
}

// CSVHeader writes the names of the columns.
func (r *Writer[T]) CSVHeader() error {
	r.line = r.line[:0]
	for i := range r.columns {
		if i > 0 {
			r.line = append(r.line, ',')
		}
		r.line = append(r.line, r.columns[i].Name...)
	}
	return r.flush()
}

// CSVRow writes a row as RFC 4180 has it, ended by a line feed.
func (r *Writer[T]) CSVRow(row T) error {
	r.line = r.line[:0]
	for i := range r.columns {
		if i > 0 {
			r.line = append(r.line, ',')
		}
		if c := &r.columns[i]; c.Number {
			r.line = c.Value(r.line, row)
		} else {
			value := c.Value
			if c.Exact != nil {
				value = c.Exact
			}
			r.cell = value(r.cell[:0], row)
			r.line = safetext.AppendCell(r.line, r.cell)
		}
	}
	return r.flush()
}

// JSONRow writes a row as a JSON object on a line of its own.
func (r *Writer[T]) JSONRow(row T) error {
	r.line = append(r.line[:0], '{')
	for i := range r.columns {
		if i > 0 {
			r.line = append(r.line, ',')
		}
		c := &r.columns[i]
		r.line = append(r.line, '"')
		r.line = append(r.line, c.Name...)
		r.line = append(r.line, '"', ':')
		if c.Number {
			r.line = c.Value(r.line, row)
		} else {
			r.cell = c.Value(r.cell[:0], row)
			r.line = safetext.AppendJSON(r.line, r.cell)
		}
	}
	r.line = append(r.line, '}')
	return r.flush()
}

func (r *Writer[T]) flush() error {
	r.line = append(r.line, '\n')
	_, err := r.w.Write(r.line)
	return err
}
