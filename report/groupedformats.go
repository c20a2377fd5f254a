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
		for src := range g.verdicts[v].Sources() {
			out = fmt.Appendf(out, "+ %-15s exchange %9d bytes with: \n", Name(src.Host.String()), src.Bytes)
			for p := range g.verdicts[v].Pairs(src) {
				out = appendUse(out, p, src.Bytes)
				if len(out) < writeBlock {
					continue
				}
				if _, err := w.Write(out); err != nil {
					return err
				}
				out = out[:0]
			}
		}
		if _, err := w.Write(append(out, '\n')); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "+++++++ On %d flows, %d anomalies +++++++\n", g.Flows, g.Anomalies)
	return err
}

// appendUse appends a line about a destination of a source that exchanged total bytes.
func appendUse(out []byte, p *servmap.Pair, total uint64) []byte {
	share := 0.0
	if total > 0 {
		share = 100 * float64(p.Bytes) / float64(total)
	}
	out = fmt.Appendf(out, "\t - %-15s, %9d bytes (%.2f%%) using [", Name(p.Dst.String()), p.Bytes, share)
	for i, a := range p.Applications {
		if i > 0 {
			out = append(out, ", "...)
		}
		out = append(AppendName(append(out, '\''), a), '\'')
	}
	return append(out, "]\n"...)
}

// groupedRow is a line of the report's csv.
type groupedRow struct {
	verdict servmap.Verdict
	src     servmap.Host
	pair    *servmap.Pair
}

// rows calls f with every row, in the report's order.
func (g *Grouped) rows(f func(groupedRow) error) error {
	for v := range g.verdicts {
		for src := range g.verdicts[v].Sources() {
			for p := range g.verdicts[v].Pairs(src) {
				if err := f(groupedRow{servmap.Verdict(v), src.Host, p}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

var groupedColumns = []column[groupedRow]{
	{name: "verdict", value: func(dst []byte, r groupedRow) []byte { return append(dst, r.verdict.Field()...) }},
	{name: "severity", value: func(dst []byte, r groupedRow) []byte { return append(dst, r.verdict.Severity().String()...) }},
	{name: "src", value: func(dst []byte, r groupedRow) []byte { return AppendName(dst, r.src.String()) }},
	{name: "dst", value: func(dst []byte, r groupedRow) []byte { return AppendName(dst, r.pair.Dst.String()) }},
	{name: "bytes", number: true, value: func(dst []byte, r groupedRow) []byte { return strconv.AppendUint(dst, r.pair.Bytes, 10) }},
	{name: "applications", value: func(dst []byte, r groupedRow) []byte { return appendJoined(dst, r.pair.Applications, ";") }},
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
		return t.Append(r.verdict.String(), r.verdict.Severity().String(), Name(r.src.String()), Name(r.pair.Dst.String()),
			strconv.FormatUint(r.pair.Bytes, 10), string(appendJoined(nil, r.pair.Applications, " ")))
	})
	if err != nil {
		return err
	}
	return t.Render()
}
