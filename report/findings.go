package report

import (
	"fmt"
	"io"
	"strconv"

	"servmap/servmap"
	"servmap/servmap/findings"
)

// FindingsFormats are the formats of `servmap report`, the default first.
var FindingsFormats = []Format[*findings.Set]{
	{Name: "text", New: single(writeReportText)},
	{Name: "table", New: single(writeReportTable)},
	{Name: "csv", New: single(writeReportCSV)},
	{Name: "json", New: single(func(w io.Writer, _ *Wording, s *findings.Set) error { return s.WriteJSON(w) })},
}

func writeReportText(w io.Writer, wording *Wording, s *findings.Set) error {
	for v := range servmap.Verdict(servmap.Verdicts) {
		pairs := s.Of(v)
		out := fmt.Appendf(nil, "+++++++ %s anomaly flows +++++++\n", wording.Of(v))
		for src := range pairs.Sources() {
			out = fmt.Appendf(out, "+ %-15s exchange %9d bytes with: \n", Name(src.Host.String()), src.Bytes)
			for p := range pairs.Pairs(src) {
				out = appendUse(out, p, src.Bytes)
				if len(out) < writeSize {
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
	_, err := fmt.Fprintf(w, "+++++++ On %d flows, %d anomalies +++++++\n", s.Flows, s.Anomalies)
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

// writeSize is about how much is written at once.
const writeSize = 64 << 10

// reportRow is a line of the report's csv.
type reportRow struct {
	verdict servmap.Verdict
	src     servmap.Host
	pair    *servmap.Pair
}

// eachRow calls f with every row, in the report's order.
func eachRow(s *findings.Set, f func(reportRow) error) error {
	for v := range servmap.Verdict(servmap.Verdicts) {
		pairs := s.Of(v)
		for src := range pairs.Sources() {
			for p := range pairs.Pairs(src) {
				if err := f(reportRow{v, src.Host, p}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

var reportColumns = []column[reportRow]{
	{name: "verdict", value: func(dst []byte, r reportRow) []byte { return append(dst, r.verdict.Field()...) }},
	{name: "severity", value: func(dst []byte, r reportRow) []byte { return append(dst, r.verdict.Severity().String()...) }},
	{name: "src", value: func(dst []byte, r reportRow) []byte { return AppendName(dst, r.src.String()) }},
	{name: "dst", value: func(dst []byte, r reportRow) []byte { return AppendName(dst, r.pair.Dst.String()) }},
	{name: "bytes", number: true, value: func(dst []byte, r reportRow) []byte { return strconv.AppendUint(dst, r.pair.Bytes, 10) }},
	{name: "applications", value: func(dst []byte, r reportRow) []byte { return appendJoined(dst, r.pair.Applications, ";") }},
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

func writeReportCSV(w io.Writer, _ *Wording, s *findings.Set) error {
	out := rowWriter[reportRow]{w: w, columns: reportColumns}
	if err := out.csvHeader(); err != nil {
		return err
	}
	return eachRow(s, out.csvRow)
}

func writeReportTable(w io.Writer, _ *Wording, s *findings.Set) error {
	t := newTable(w, "verdict", "severity", "source", "destination", "bytes", "applications")
	err := eachRow(s, func(r reportRow) error {
		return t.Append(r.verdict.String(), r.verdict.Severity().String(), Name(r.src.String()), Name(r.pair.Dst.String()),
			strconv.FormatUint(r.pair.Bytes, 10), string(appendJoined(nil, r.pair.Applications, " ")))
	})
	if err != nil {
		return err
	}
	return t.Render()
}
