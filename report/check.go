package report

import (
	"io"
	"strconv"

	"servmap/servmap"
)

// CheckFormats are the formats of `servmap check`, the default first.
var CheckFormats = []Format[*servmap.Finding]{
	{Name: "text", New: func(w io.Writer, wording *Wording) (Writer[*servmap.Finding], error) {
		return &checkText{lines{w: w}, wording}, nil
	}},
	{Name: "table", New: func(w io.Writer, _ *Wording) (Writer[*servmap.Finding], error) {
		t := &checkTable{lines{w: w}}
		return t, t.heading(checkTableWidths)
	}},
	{Name: "csv", New: csvOf(checkColumns)},
	{Name: "ndjson", New: ndjsonOf(checkColumns)},
	{Name: "json", Whole: true, New: func(w io.Writer, _ *Wording) (Writer[*servmap.Finding], error) {
		return &groupedWriter{w: w}, nil
	}},
}

// groupedWriter writes the report file when it is closed.
type groupedWriter struct {
	w io.Writer
	Grouped
}

func (g *groupedWriter) Write(f *servmap.Finding) error {
	g.Add(f)
	return nil
}

func (g *groupedWriter) Close() error { return g.WriteJSON(g.w) }

type checkText struct {
	lines
	wording *Wording
}

// Write writes what printf("%3d. %-15s --> %-15s , %-20s | %s\n") would.
func (t *checkText) Write(f *servmap.Finding) error {
	t.begin()
	t.line = strconv.AppendUint(t.line, f.N, 10)
	t.pad(0, 3, true)
	t.text(". ")
	at := len(t.line)
	t.line = appendHost(t.line, f.Src)
	t.pad(at, 15, false)
	t.text(" --> ")
	at = len(t.line)
	t.line = appendHost(t.line, f.Dst)
	t.pad(at, 15, false)
	t.text(" , ")
	at = len(t.line)
	t.line = AppendName(t.line, f.Flow.Application)
	t.pad(at, 20, false)
	t.text(" | ")
	t.text(t.wording.Of(f.Verdict))
	t.line = append(t.line, '\n')
	_, err := t.w.Write(t.line)
	return err
}

// appendHost appends a host's name as the map has it.
func appendHost(dst []byte, h servmap.Host) []byte { return h.AppendTo(dst) }

var checkTableWidths = []width{
	{"n", 6, true}, {"source", 15, false}, {"destination", 15, false}, {"application", 20, false}, {"bytes", 12, true},
	{"packets", 9, true}, {"verdict", 22, false}, {"severity", 8, false},
}

type checkTable struct{ lines }

func (t *checkTable) Write(f *servmap.Finding) error {
	number := func(v uint64) func([]byte) []byte {
		return func(dst []byte) []byte { return strconv.AppendUint(dst, v, 10) }
	}
	return t.row(checkTableWidths, number(f.N),
		func(dst []byte) []byte { return appendHost(dst, f.Src) },
		func(dst []byte) []byte { return appendHost(dst, f.Dst) },
		func(dst []byte) []byte { return AppendName(dst, f.Flow.Application) },
		number(f.Flow.Bytes()), number(f.Flow.Packets()),
		func(dst []byte) []byte { return append(dst, f.Verdict.String()...) },
		func(dst []byte) []byte { return append(dst, f.Severity.String()...) })
}

// checkColumns are the fields of csv and ndjson.
var checkColumns = []column[*servmap.Finding]{
	{name: "n", number: true, value: func(dst []byte, f *servmap.Finding) []byte { return strconv.AppendUint(dst, f.N, 10) }},
	{name: "first_seen", value: func(dst []byte, f *servmap.Finding) []byte { return appendTime(dst, f.Flow.First()) }},
	{name: "src_ip", value: func(dst []byte, f *servmap.Finding) []byte { return servmap.AppendAddr(dst, f.Flow.Src) }},
	{name: "src_port", number: true, value: func(dst []byte, f *servmap.Finding) []byte {
		return strconv.AppendUint(dst, uint64(f.Flow.SrcPort), 10)
	}},
	{name: "dst_ip", value: func(dst []byte, f *servmap.Finding) []byte { return servmap.AppendAddr(dst, f.Flow.Dst) }},
	{name: "dst_port", number: true, value: func(dst []byte, f *servmap.Finding) []byte {
		return strconv.AppendUint(dst, uint64(f.Flow.DstPort), 10)
	}},
	{name: "src", value: func(dst []byte, f *servmap.Finding) []byte { return appendHost(dst, f.Src) }},
	{name: "dst", value: func(dst []byte, f *servmap.Finding) []byte { return appendHost(dst, f.Dst) }},
	{name: "transport", value: func(dst []byte, f *servmap.Finding) []byte { return appendTransport(dst, f.Flow.Protocol) }},
	{name: "application", value: func(dst []byte, f *servmap.Finding) []byte { return AppendName(dst, f.Flow.Application) }},
	{name: "server_name", value: func(dst []byte, f *servmap.Finding) []byte { return AppendName(dst, f.Flow.Info.ServerName()) }},
	{name: "bytes", number: true, value: func(dst []byte, f *servmap.Finding) []byte { return strconv.AppendUint(dst, f.Flow.Bytes(), 10) }},
	{name: "packets", number: true, value: func(dst []byte, f *servmap.Finding) []byte { return strconv.AppendUint(dst, f.Flow.Packets(), 10) }},
	{name: "verdict", value: func(dst []byte, f *servmap.Finding) []byte { return append(dst, f.Verdict.Field()...) }},
	{name: "severity", value: func(dst []byte, f *servmap.Finding) []byte { return append(dst, f.Severity.String()...) }},
}
