package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"servmap/flows/safetext"
	"servmap/report/rows"
	"servmap/servmap/findings"
)

// WriteFindings writes findings for people: two lines and more each, at most width columns wide; 0 is any
// width.
func WriteFindings(w io.Writer, list []*findings.Finding, width int) error {
	for i, f := range list {
		var out []byte
		if i > 0 {
			out = append(out, '\n')
		}
		out = appendFinding(out, f, width)
		if _, err := w.Write(out); err != nil {
			return err
		}
	}
	return nil
}

// indent is where the second and further lines of a finding begin.
const indent = "        "

// appendFinding appends a finding: its level, kind and title; why; counts and times; who and its id.
func appendFinding(dst []byte, f *findings.Finding, width int) []byte {
	level := strings.ToUpper(f.Level)
	head := fmt.Sprintf("%-7s %-15s %s", level, f.Kind, safetext.String(f.Title))
	dst = appendWrapped(dst, head, 24, width)
	if f.Why != "" {
		dst = appendWrapped(dst, indent+safetext.String(f.Why), len(indent), width)
	}
	unit := "flows"
	if f.Flows == 1 {
		unit = "flow"
	}
	counts := fmt.Sprintf("%s%d %s, %s, %s", indent, f.Flows, unit, byteText(f.Bytes), spanText(f.First, f.Last))
	dst = appendWrapped(dst, counts, len(indent), width)
	return appendWrapped(dst, indent+strings.TrimLeft(ends(f)+"  id "+safetext.String(f.ID), " "), len(indent), width)
}

// ends names the addresses and ports of a finding, as far as they are few.
func ends(f *findings.Finding) string {
	var parts []string
	if n := len(f.Destination.Domains); n > 0 && n <= 3 {
		parts = append(parts, safetext.String(strings.Join(f.Destination.Domains, " ")))
	}
	for _, s := range []findings.Side{f.Source, f.Destination} {
		if n := len(s.Addresses); n > 0 && n <= 3 {
			parts = append(parts, safetext.String(strings.Join(s.Addresses, " ")))
		}
	}
	if n := len(f.Ports); n > 0 && n <= 5 {
		ports := make([]string, n)
		for i, p := range f.Ports {
			ports[i] = strconv.Itoa(int(p))
		}
		parts = append(parts, safetext.String(strings.Join(f.Transport, "/"))+" "+strings.Join(ports, " "))
	}
	return strings.Join(parts, ", ")
}

// byteText rounds a number of bytes as people read it.
func byteText(n uint64) string {
	for _, u := range []struct {
		size uint64
		name string
	}{{1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}} {
		if n >= u.size {
			return strconv.FormatFloat(float64(n)/float64(u.size), 'f', 1, 64) + " " + u.name
		}
	}
	return strconv.FormatUint(n, 10) + " B"
}

// spanText tells from when to when; the day once where it is the same.
func spanText(first, last string) string {
	a, err1 := time.Parse(time.RFC3339, first)
	b, err2 := time.Parse(time.RFC3339, last)
	if err1 != nil || err2 != nil {
		return safetext.String(first + " to " + last)
	}
	from := a.UTC().Format("2006-01-02 15:04:05")
	switch {
	case a.Truncate(time.Second).Equal(b.Truncate(time.Second)):
		return from
	case a.UTC().Format(time.DateOnly) == b.UTC().Format(time.DateOnly):
		return from + " to " + b.UTC().Format("15:04:05")
	}
	return from + " to " + b.UTC().Format("2006-01-02 15:04:05")
}

// appendWrapped appends a line, broken at blanks where it is wider than width; what follows is indented
// by so many columns. A word that is too long stays whole.
func appendWrapped(dst []byte, line string, hang, width int) []byte {
	for width > 0 && len(line) > width {
		start := len(line) - len(strings.TrimLeft(line, " "))
		at := strings.LastIndexByte(line[:width+1], ' ')
		if at <= max(start, hang) {
			if at = strings.IndexByte(line[max(start, hang):], ' '); at < 0 {
				break
			}
			at += max(start, hang)
		}
		dst = append(append(dst, strings.TrimRight(line[:at], " ")...), '\n')
		line = strings.Repeat(" ", hang) + strings.TrimLeft(line[at:], " ")
	}
	return append(append(dst, line...), '\n')
}

// findingColumns are the fields of findings-csv.
var findingColumns = []rows.Column[*findings.Finding]{
	{Name: "id", Value: func(dst []byte, f *findings.Finding) []byte { return append(dst, f.ID...) }},
	{Name: "level", Value: func(dst []byte, f *findings.Finding) []byte { return append(dst, f.Level...) }},
	{Name: "kind", Value: func(dst []byte, f *findings.Finding) []byte { return append(dst, f.Kind...) }},
	{Name: "title", Value: func(dst []byte, f *findings.Finding) []byte { return rows.AppendName(dst, f.Title) }},
	{Name: "why", Value: func(dst []byte, f *findings.Finding) []byte { return rows.AppendName(dst, f.Why) }},
	{Name: "source", Value: func(dst []byte, f *findings.Finding) []byte { return rows.AppendName(dst, f.Source.Host) }},
	{Name: "destination", Value: func(dst []byte, f *findings.Finding) []byte { return rows.AppendName(dst, f.Destination.Host) }},
	{Name: "source_addresses", Value: func(dst []byte, f *findings.Finding) []byte { return appendJoined(dst, f.Source.Addresses, ";") }},
	{Name: "destination_addresses", Value: func(dst []byte, f *findings.Finding) []byte {
		return appendJoined(dst, f.Destination.Addresses, ";")
	}},
	{Name: "applications", Value: func(dst []byte, f *findings.Finding) []byte { return appendJoined(dst, f.Applications, ";") }},
	{Name: "transport", Value: func(dst []byte, f *findings.Finding) []byte { return appendJoined(dst, f.Transport, ";") }},
	{Name: "ports", Value: func(dst []byte, f *findings.Finding) []byte {
		for i, p := range f.Ports {
			if i > 0 {
				dst = append(dst, ';')
			}
			dst = strconv.AppendUint(dst, uint64(p), 10)
		}
		return dst
	}},
	{Name: "flows", Number: true, Value: func(dst []byte, f *findings.Finding) []byte { return strconv.AppendUint(dst, f.Flows, 10) }},
	{Name: "packets", Number: true, Value: func(dst []byte, f *findings.Finding) []byte { return strconv.AppendUint(dst, f.Packets, 10) }},
	{Name: "bytes", Number: true, Value: func(dst []byte, f *findings.Finding) []byte { return strconv.AppendUint(dst, f.Bytes, 10) }},
	{Name: "first", Value: func(dst []byte, f *findings.Finding) []byte { return append(dst, f.First...) }},
	{Name: "last", Value: func(dst []byte, f *findings.Finding) []byte { return append(dst, f.Last...) }},
}

func writeFindingsCSV(w io.Writer, _ *Wording, s *findings.Set) error {
	out := rows.New(w, findingColumns)
	if err := out.CSVHeader(); err != nil {
		return err
	}
	for _, f := range s.All() {
		if err := out.CSVRow(f); err != nil {
			return err
		}
	}
	return nil
}

// writeFindingsNDJSON writes every finding as it stands in the report, a line each.
func writeFindingsNDJSON(w io.Writer, _ *Wording, s *findings.Set) error {
	for _, f := range s.All() {
		line, err := json.Marshal(f)
		if err != nil {
			return err
		}
		if _, err := w.Write(append(safetext.SecureJSON(line), '\n')); err != nil {
			return err
		}
	}
	return nil
}
