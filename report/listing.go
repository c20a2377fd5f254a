package report

import (
	"fmt"
	"io"
	"strings"

	"servmap/servmap/mapjson"
)

// ListingFormats are the formats of lists that the program knows by itself,
// the default first.
var ListingFormats = []Format[*Listing]{
	{Name: "text", New: single(writeListingText)},
	{Name: "csv", New: single(writeListingCSV)},
	{Name: "json", New: single(writeListingJSON)},
}

// Listing is a list of things that all have the same fields.
type Listing struct {
	// Fields names the fields.
	Fields []string
	// Rows hold a value a field: a string, a number, or a []string.
	Rows [][]any
}

// cell is a value as text; the words of a list are joined by sep.
func cell(v any, sep string) string {
	if words, ok := v.([]string); ok {
		return Name(strings.Join(words, sep))
	}
	return Name(fmt.Sprint(v))
}

func writeListingText(w io.Writer, _ *Wording, l *Listing) error {
	header := make([]any, len(l.Fields))
	for i, f := range l.Fields {
		header[i] = strings.ReplaceAll(f, "_", " ")
	}
	t := newTable(w, header...)
	for _, row := range l.Rows {
		cells := make([]any, len(row))
		for i, v := range row {
			cells[i] = cell(v, " ")
		}
		if err := t.Append(cells...); err != nil {
			return err
		}
	}
	return t.Render()
}

func writeListingCSV(w io.Writer, _ *Wording, l *Listing) error {
	rows := rowWriter[[]any]{w: w}
	for i, name := range l.Fields {
		rows.columns = append(rows.columns, column[[]any]{name: name, value: func(dst []byte, row []any) []byte {
			return append(dst, cell(row[i], ";")...)
		}})
	}
	if err := rows.csvHeader(); err != nil {
		return err
	}
	for _, row := range l.Rows {
		if err := rows.csvRow(row); err != nil {
			return err
		}
	}
	return nil
}

// writeListingJSON writes an array of objects, one a line.
func writeListingJSON(w io.Writer, _ *Wording, l *Listing) error {
	out := []byte{'['}
	for i, row := range l.Rows {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, "\n  {"...)
		for k, v := range row {
			if k > 0 {
				out = append(out, ", "...)
			}
			out = append(mapjson.AppendString(out, l.Fields[k]), ": "...)
			out = appendValue(out, v)
		}
		out = append(out, '}')
	}
	_, err := w.Write(append(out, "\n]\n"...))
	return err
}

func appendValue(out []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return mapjson.AppendString(out, Name(v))
	case []string:
		out = append(out, '[')
		for i, s := range v {
			if i > 0 {
				out = append(out, ", "...)
			}
			out = mapjson.AppendString(out, Name(s))
		}
		return append(out, ']')
	}
	return fmt.Append(out, v)
}
