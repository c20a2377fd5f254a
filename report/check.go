package report

import (
	"io"
	"strconv"

	"servmap/servmap"
	"servmap/servmap/findings"
)

// CheckFormats are the formats of `servmap check`, the default first.
var CheckFormats = []Format[*servmap.Judgement]{
	{Name: "text", New: func(w io.Writer, wording *Wording) (Writer[*servmap.Judgement], error) {
		return &checkText{lines{w: w}, wording}, nil
	}},
	{Name: "table", New: func(w io.Writer, _ *Wording) (Writer[*servmap.Judgement], error) {
		t := &checkTable{lines{w: w}}
		return t, t.heading(checkTableWidths)
	}},
	{Name: "csv", New: csvOf(checkColumns)},
	{Name: "ndjson", New: ndjsonOf(checkColumns)},
	{Name: "json", Whole: true, New: func(w io.Writer, _ *Wording) (Writer[*servmap.Judgement], error) {
		return &reportWriter{w: w}, nil
	}},
}

// reportWriter writes the report file when it is closed.
type reportWriter struct {
	w io.Writer
	findings.Set
}

func (g *reportWriter) Write(j *servmap.Judgement) error {
	g.Add(j)
	return nil
}

func (g *reportWriter) Close() error { return g.WriteJSON(g.w) }

type checkText struct {
	lines
	wording *Wording
}

// Write writes what printf("%3d. %-15s --> %-15s , %-20s | %s\n") would.
func (t *checkText) Write(j *servmap.Judgement) error {
	t.begin()
	t.line = strconv.AppendUint(t.line, j.N, 10)
	t.pad(0, 3, true)
	t.text(". ")
	at := len(t.line)
	t.line = appendHost(t.line, j.Src)
	t.pad(at, 15, false)
	t.text(" --> ")
	at = len(t.line)
	t.line = appendHost(t.line, j.Dst)
	t.pad(at, 15, false)
	t.text(" , ")
	at = len(t.line)
	t.line = AppendName(t.line, j.Flow.Application)
	t.pad(at, 20, false)
	t.text(" | ")
	t.text(t.wording.Of(j.Verdict))
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

func (t *checkTable) Write(j *servmap.Judgement) error {
	number := func(v uint64) func([]byte) []byte {
		return func(dst []byte) []byte { return strconv.AppendUint(dst, v, 10) }
	}
	return t.row(checkTableWidths, number(j.N),
		func(dst []byte) []byte { return appendHost(dst, j.Src) },
		func(dst []byte) []byte { return appendHost(dst, j.Dst) },
		func(dst []byte) []byte { return AppendName(dst, j.Flow.Application) },
		number(j.Flow.Bytes()), number(j.Flow.Packets()),
		func(dst []byte) []byte { return append(dst, j.Verdict.String()...) },
		func(dst []byte) []byte { return append(dst, j.Severity.String()...) })
}

// checkColumns are the fields of csv and ndjson.
var checkColumns = []column[*servmap.Judgement]{
	{name: "n", number: true, value: func(dst []byte, j *servmap.Judgement) []byte { return strconv.AppendUint(dst, j.N, 10) }},
	{name: "first_seen", value: func(dst []byte, j *servmap.Judgement) []byte { return appendTime(dst, j.Flow.First()) }},
	{name: "src_ip", value: func(dst []byte, j *servmap.Judgement) []byte { return servmap.AppendAddr(dst, j.Flow.Src) }},
	{name: "src_port", number: true, value: func(dst []byte, j *servmap.Judgement) []byte {
		return strconv.AppendUint(dst, uint64(j.Flow.SrcPort), 10)
	}},
	{name: "dst_ip", value: func(dst []byte, j *servmap.Judgement) []byte { return servmap.AppendAddr(dst, j.Flow.Dst) }},
	{name: "dst_port", number: true, value: func(dst []byte, j *servmap.Judgement) []byte {
		return strconv.AppendUint(dst, uint64(j.Flow.DstPort), 10)
	}},
	{name: "src", value: func(dst []byte, j *servmap.Judgement) []byte { return appendHost(dst, j.Src) }},
	{name: "dst", value: func(dst []byte, j *servmap.Judgement) []byte { return appendHost(dst, j.Dst) }},
	{name: "transport", value: func(dst []byte, j *servmap.Judgement) []byte { return appendTransport(dst, j.Flow.Protocol) }},
	{name: "application", value: func(dst []byte, j *servmap.Judgement) []byte { return AppendName(dst, j.Flow.Application) }},
	{name: "server_name", value: func(dst []byte, j *servmap.Judgement) []byte { return AppendName(dst, j.Flow.Info.ServerName()) }},
	{name: "bytes", number: true, value: func(dst []byte, j *servmap.Judgement) []byte { return strconv.AppendUint(dst, j.Flow.Bytes(), 10) }},
	{name: "packets", number: true, value: func(dst []byte, j *servmap.Judgement) []byte { return strconv.AppendUint(dst, j.Flow.Packets(), 10) }},
	{name: "verdict", value: func(dst []byte, j *servmap.Judgement) []byte { return append(dst, j.Verdict.Field()...) }},
	{name: "severity", value: func(dst []byte, j *servmap.Judgement) []byte { return append(dst, j.Severity.String()...) }},
}
