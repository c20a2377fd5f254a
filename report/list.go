package report

import (
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"

	"servmap/flows/safetext"
	"servmap/report/rows"
	"servmap/servmap/findings"
)

// WriteFindings writes findings for people: a few lines each, as wide as the style says. Where there are more than
// mostAlike of one kind and level they are counted as one; a terminal shows few of them. It returns how many findings
// are left behind the first most entries; most 0 is all.
func WriteFindings(w io.Writer, list []*findings.Finding, most int, style *Style) (left int, err error) {
	for i, e := range entries(list, style) {
		if most > 0 && i >= most {
			left += max(1, len(e.alike))
			continue
		}
		var out []byte
		if i > 0 {
			out = append(out, '\n')
		}
		if _, err := w.Write(e.append(out, style)); err != nil {
			return 0, err
		}
	}
	return left, nil
}

// mostAlike is how many findings of one kind and level are shown one by one, fewOnScreen how many of them a terminal
// shows.
const (
	mostAlike   = 20
	fewOnScreen = 3
)

// entry is what is shown as one: a finding, or several of one kind and level.
type entry struct {
	*findings.Finding
	// alike are the findings that are counted in place of being shown, the first of them is Finding; rest tells that
	// others of them are shown before.
	alike []*findings.Finding
	rest  bool
}

// entries puts findings together that are alike. They are in order, so that those of a kind and level are neighbours.
func entries(list []*findings.Finding, style *Style) (out []entry) {
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].Kind == list[0].Kind && list[n].Level == list[0].Level {
			n++
		}
		same := list[:n]
		list = list[n:]
		shown := n
		switch {
		case style.width() > 0 && n > fewOnScreen+1:
			shown = fewOnScreen
		case style.width() == 0 && n > mostAlike:
			shown = 0
		}
		for _, f := range same[:shown] {
			out = append(out, entry{Finding: f})
		}
		if rest := same[shown:]; len(rest) > 0 {
			out = append(out, entry{rest[0], rest, shown > 0})
		}
	}
	return out
}

// indent is where the second and further lines of a finding begin.
const indent = "        "

// append appends an entry: level, kind and title; why; counts and times; who and the id.
func (e *entry) append(dst []byte, style *Style) []byte {
	if len(e.alike) > 0 {
		return e.appendCount(dst, style)
	}
	f := e.Finding
	dst = appendHead(dst, f, safetext.String(f.Title), style)
	width := style.width()
	more := func(text string) { dst = rows.AppendWrapped(dst, indent+fitWords(text, width), len(indent), width) }
	if f.Why != "" {
		more(safetext.String(f.Why))
	}
	more(rows.Plural(f.Flows, "flow") + ", " + rows.Bytes(f.Bytes) + ", " + rows.Span(f.First, f.Last))
	more(strings.TrimLeft(ends(f)+"  id "+safetext.String(f.ID), " "))
	if e, tcpdump := f.Expression(); e != "" {
		word := "--filter"
		if tcpdump {
			word = "tcpdump"
		}
		if f.IsWide() {
			word += " (and more)"
		}
		dst = rows.AppendWrapped(dst, indent+word+" '"+safetext.String(e)+"'", len(indent), width)
	}
	return dst
}

// WriteNews writes the first line of a finding that has just come, and its id.
func WriteNews(w io.Writer, f *findings.Finding, style *Style) error {
	narrower := *style
	if narrower.Width > 0 {
		narrower.Width = max(narrower.Width-len("NEW "), 1)
	}
	style = &narrower
	_, err := w.Write(appendHead([]byte("NEW "), f, safetext.String(f.Title)+"  id "+safetext.String(f.ID), style))
	return err
}

// appendHead appends the first line: level, kind and what it is.
func appendHead(dst []byte, f *findings.Finding, title string, style *Style) []byte {
	level := strings.ToUpper(f.Level)
	at, width := len(dst), style.width()
	dst = rows.AppendWrapped(dst, fmt.Sprintf("%-7s %-15s %s", level, f.Kind, fitWords(title, width)), 24, width)
	begin, end := style.Colour(f.Level)
	if begin == "" {
		return dst
	}
	rest := string(dst[at+len(level):])
	return append(append(append(append(dst[:at], begin...), level...), end...), rest...)
}

// appendCount appends a line for findings that are counted, and how to see them.
func (e *entry) appendCount(dst []byte, style *Style) []byte {
	var flows, bytes uint64
	sources := map[string]struct{}{}
	for _, f := range e.alike {
		flows, bytes = flows+f.Flows, bytes+f.Bytes
		sources[f.Source.Host] = struct{}{}
	}
	n := fmt.Sprintf("%d findings", len(e.alike))
	if e.rest {
		n = fmt.Sprintf("and %d more", len(e.alike))
	}
	title := fmt.Sprintf("%s, by %s: %s, %s", n, rows.Plural(uint64(len(sources)), "source"), rows.Plural(flows, "flow"), rows.Bytes(bytes))
	dst = appendHead(dst, e.Finding, title, style)
	width := style.width()
	if !e.rest {
		dst = rows.AppendWrapped(dst, indent+fitWords("the first: "+safetext.String(e.Title), width), len(indent), width)
	}
	return rows.AppendWrapped(dst, indent+"--format findings-csv and findings-ndjson list them", len(indent), width)
}

// longWord is how wide a word of a finding may be on a terminal: a longer name, or an IPv6 address that is longer than
// mostAddress, loses its middle.
const (
	longWord    = 44
	mostAddress = 21
)

// fitWords shortens the long names and IPv6 addresses of a text for a terminal.
func fitWords(text string, width int) string {
	if width == 0 {
		return text
	}
	words := strings.Split(text, " ")
	for i, w := range words {
		core := strings.Trim(w, "(),;")
		most := min(longWord, max(10, width/2))
		if a, err := netip.ParseAddr(core); err == nil && a.Is6() && width < 2*80 {
			most = mostAddress
		}
		if short := rows.Fit(core, most); short != core {
			words[i] = strings.Replace(w, core, short, 1)
		}
	}
	return strings.Join(words, " ")
}

// writeFindingsText writes all findings for people.
func writeFindingsText(w io.Writer, style *Style, s *findings.Set) error {
	_, err := WriteFindings(w, s.All(), 0, style)
	return err
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
	{Name: "file", Value: func(dst []byte, f *findings.Finding) []byte { return appendJoined(dst, f.Files, ";") }},
}

func writeFindingsCSV(w io.Writer, _ *Style, s *findings.Set) error {
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
func writeFindingsNDJSON(w io.Writer, _ *Style, s *findings.Set) error {
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
