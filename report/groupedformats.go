package report

import (
	"fmt"
	"io"
	"strconv"

	"servmap/servmap"
)

// GroupedFormats are the formats of `servmap report`, the default first.
var GroupedFormats = []Format[*Grouped]{
	{Name: "text", New: single(writeGroupedText)},
	{Name: "table", New: single(writeGroupedTable)},
	{Name: "csv", New: single(writeGroupedCSV)},
	{Name: "json", New: single(func(w io.Writer, _ *Wording, g *Grouped) error { return g.WriteJSON(w) })},
}

func writeGroupedText(w io.Writer, wording *Wording, g *Grouped) error {
	for v := range g.verdicts {
		out := fmt.Appendf(nil, "+++++++ %s anomaly flows +++++++\n", wording.Of(servmap.Verdict(v)))
		for _, s := range g.verdicts[v].sources {
			out = fmt.Appendf(out, "+ %-15s exchange %9d bytes with: \n", Name(s.host.String()), s.bytes)
			for _, d := range s.destinations {
				share := 0.0
				if s.bytes > 0 {
					share = 100 * float64(d.Bytes) / float64(s.bytes)
				}
				out = fmt.Appendf(out, "\t - %-15s, %9d bytes (%.2f%%) using [", Name(d.host.String()), d.Bytes, share)
				for i, a := range d.Applications {
					if i > 0 {
						out = append(out, ", "...)
					}
					out = append(AppendName(append(out, '\''), a), '\'')
				}
				out = append(out, "]\n"...)
			}
			if _, err := w.Write(out); err != nil {
				return err
			}
			out = out[:0]
		}
		if _, err := w.Write(append(out, '\n')); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "+++++++ On %d flows, %d anomalies +++++++\n", g.Flows, g.Anomalies)
	return err
}

// groupedRow is a line of the report's csv.
type groupedRow struct {
	verdict  servmap.Verdict
	src, dst servmap.Host
	pair     *servmap.Pair
}

// rows calls f with every row, in the report's order.
func (g *Grouped) rows(f func(groupedRow) error) error {
	for v := range g.verdicts {
		for _, s := range g.verdicts[v].sources {
			for _, d := range s.destinations {
				if err := f(groupedRow{servmap.Verdict(v), s.host, d.host, &d.Pair}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

var groupedColumns = []column[groupedRow]{
	{"verdict", false, func(dst []byte, r groupedRow) []byte { return append(dst, r.verdict.Field()...) }},
	{"severity", false, func(dst []byte, r groupedRow) []byte { return append(dst, r.verdict.Severity().String()...) }},
	{"src", false, func(dst []byte, r groupedRow) []byte { return AppendName(dst, r.src.String()) }},
	{"dst", false, func(dst []byte, r groupedRow) []byte { return AppendName(dst, r.dst.String()) }},
	{"bytes", true, func(dst []byte, r groupedRow) []byte { return strconv.AppendUint(dst, r.pair.Bytes, 10) }},
	{"applications", false, func(dst []byte, r groupedRow) []byte { return appendJoined(dst, r.pair.Applications, ";") }},
}

func appendJoined(dst []byte, names []string, sep string) []byte {
	for i, n := range names {
		if i > 0 {
			dst = append(dst, sep...)
		}
		dst = AppendName(dst, n)
	}
	return dst
}

func writeGroupedCSV(w io.Writer, _ *Wording, g *Grouped) error {
	out := rowWriter[groupedRow]{w: w, columns: groupedColumns}
	if err := out.csvHeader(); err != nil {
		return err
	}
	return g.rows(out.csvRow)
}

func writeGroupedTable(w io.Writer, _ *Wording, g *Grouped) error {
	t := newTable(w, "verdict", "severity", "source", "destination", "bytes", "applications")
	err := g.rows(func(r groupedRow) error {
		return t.Append(r.verdict.String(), r.verdict.Severity().String(), Name(r.src.String()), Name(r.dst.String()),
			strconv.FormatUint(r.pair.Bytes, 10), string(appendJoined(nil, r.pair.Applications, " ")))
	})
	if err != nil {
		return err
	}
	return t.Render()
}
