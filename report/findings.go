package report

import (
	"fmt"
	"io"
	"strconv"

	"servmap/report/page"
	"servmap/report/rows"
	"servmap/servmap"
	"servmap/servmap/findings"
)

// FindingsFormats are the formats of a report: of `servmap report`, the default
// first, and of `servmap check`, where no row of CheckFormats has the name.
var FindingsFormats = []Format[*findings.Set]{
	{Name: "text", New: single(wrapped(writeReportText))},
	{Name: "table", New: single(writeReportTable)},
	{Name: "csv", New: single(writeReportCSV)},
	{Name: "findings", New: single(writeFindingsText)},
	{Name: "findings-csv", New: single(writeFindingsCSV)},
	{Name: "findings-ndjson", New: single(writeFindingsNDJSON)},
	{Name: "ecs", New: single(writeECS)},
	{Name: "markdown", CI: true, New: single(writeMarkdown)},
	{Name: "junit", Whole: true, CI: true, New: single(writeJUnit)},
	{Name: "sarif", Whole: true, CI: true, New: single(writeSARIF)},
	{Name: "github", CI: true, New: single(writeGitHub)},
	{Name: "html", Whole: true, Flows: true, New: single(func(w io.Writer, _ *Style, s *findings.Set) error { return page.Write(w, GraphOf(s), s) })},
	{Name: "json", Whole: true, New: single(func(w io.Writer, _ *Style, s *findings.Set) error { return s.WriteJSON(w) })},
}

func writeReportText(w io.Writer, style *Style, s *findings.Set) error {
	for v := range servmap.Verdict(servmap.Verdicts) {
		pairs := s.Of(v)
		out := fmt.Appendf(nil, "+++++++ %s anomaly flows +++++++\n", style.of(v))
		for src := range pairs.Sources() {
			out = fmt.Appendf(out, "+ %-15s exchange %9d bytes with: \n", rows.Name(src.Host.String()), src.Bytes)
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
	out = fmt.Appendf(out, "\t - %-15s, %9d bytes (%.2f%%) using [", rows.Name(p.Dst.String()), p.Bytes, share)
	for i, a := range p.Applications {
		if i > 0 {
			out = append(out, ", "...)
		}
		out = append(rows.AppendName(append(out, '\''), a), '\'')
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

var reportColumns = []rows.Column[reportRow]{
	{Name: "verdict", Value: func(dst []byte, r reportRow) []byte { return append(dst, r.verdict.Field()...) }},
	{Name: "severity", Value: func(dst []byte, r reportRow) []byte { return append(dst, r.verdict.Severity().String()...) }},
	{Name: "src", Value: func(dst []byte, r reportRow) []byte { return rows.AppendName(dst, r.src.String()) }},
	{Name: "dst", Value: func(dst []byte, r reportRow) []byte { return rows.AppendName(dst, r.pair.Dst.String()) }},
	{Name: "bytes", Number: true, Value: func(dst []byte, r reportRow) []byte { return strconv.AppendUint(dst, r.pair.Bytes, 10) }},
	{Name: "applications", Value: func(dst []byte, r reportRow) []byte { return appendJoined(dst, r.pair.Applications, ";") }},
}

func appendJoined(dst []byte, names []string, sep string) []byte {
	for i, n := range names {
		if i > 0 {
			dst = append(dst, sep...)
		}
		dst = rows.AppendName(dst, n)
	}
	return dst
}

func writeReportCSV(w io.Writer, _ *Style, s *findings.Set) error {
	out := rows.New(w, reportColumns)
	if err := out.CSVHeader(); err != nil {
		return err
	}
	return eachRow(s, out.CSVRow)
}

func writeReportTable(w io.Writer, style *Style, s *findings.Set) error {
	var all [][]string
	_ = eachRow(s, func(r reportRow) error { // which never fails
		all = append(all, []string{r.verdict.String(), r.verdict.Severity().String(), rows.Name(r.src.String()), rows.Name(r.pair.Dst.String()),
			strconv.FormatUint(r.pair.Bytes, 10), string(appendJoined(nil, r.pair.Applications, " "))})
		return nil
	})
	return writeTable(w, style, []string{"verdict", "severity", "source", "destination", "bytes", "applications"}, all)
}
