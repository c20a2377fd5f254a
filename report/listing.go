package report

import (
	"fmt"
	"io"
	"strings"

	"servmap/report/rows"
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
		return rows.Name(strings.Join(words, sep))
	}
	return rows.Name(fmt.Sprint(v))
}

func writeListingText(w io.Writer, style *Style, l *Listing) error {
	header := make([]string, len(l.Fields))
	for i, f := range l.Fields {
		header[i] = strings.ReplaceAll(f, "_", " ")
	}
	all := make([][]string, len(l.Rows))
	for i, row := range l.Rows {
		for _, v := range row {
			all[i] = append(all[i], cell(v, " "))
		}
	}
	return writeTable(w, style, header, all)
}

// writeTable writes a table whose rows take a line each. On a terminal the widest columns are narrowed, and the first
// last.
func writeTable(w io.Writer, style *Style, header []string, all [][]string) error {
	if width := style.width(); width > 0 {
		fitTable(header, all, width)
	}
	titles := make([]any, len(header))
	for i, h := range header {
		titles[i] = h
	}
	t := rows.NewTable(w, titles...)
	for _, row := range all {
		cells := make([]any, len(row))
		for i, c := range row {
			cells[i] = c
		}
		if err := t.Append(cells...); err != nil {
			return err
		}
	}
	return t.Render()
}

// fitTable shortens the cells of a table so that it takes at most width columns.
func fitTable(header []string, all [][]string, width int) {
	const around = 3 // two blanks and a bar
	widths, floors := make([]int, len(header)), make([]int, len(header))
	each := func(do func(i int, text *string)) {
		for i := range header {
			do(i, &header[i])
			for _, row := range all {
				do(i, &row[i])
			}
		}
	}
	each(func(i int, text *string) { widths[i] = max(widths[i], rows.Cells(*text)) })
	for i := range floors {
		floors[i] = 5
	}
	floors[0] = 15
	rows.Squeeze(widths, floors, width-around*len(header))
	each(func(i int, text *string) { *text = rows.Fit(*text, widths[i]) })
}

func writeListingCSV(w io.Writer, _ *Style, l *Listing) error {
	var columns []rows.Column[[]any]
	for i, name := range l.Fields {
		columns = append(columns, rows.Column[[]any]{Name: name, Value: func(dst []byte, row []any) []byte {
			return append(dst, cell(row[i], ";")...)
		}})
	}
	out := rows.New(w, columns)
	if err := out.CSVHeader(); err != nil {
		return err
	}
	for _, row := range l.Rows {
		if err := out.CSVRow(row); err != nil {
			return err
		}
	}
	return nil
}

// writeListingJSON writes an array of objects, one a line.
func writeListingJSON(w io.Writer, _ *Style, l *Listing) error {
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
		return mapjson.AppendString(out, rows.Name(v))
	case []string:
		out = append(out, '[')
		for i, s := range v {
			if i > 0 {
				out = append(out, ", "...)
			}
			out = mapjson.AppendString(out, rows.Name(s))
		}
		return append(out, ']')
	}
	return fmt.Append(out, v)
}
