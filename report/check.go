package report

import (
	"io"
	"strconv"

	"servmap/flows"
	"servmap/report/rows"
	"servmap/servmap"
	"servmap/servmap/findings"
)

// CheckFormats are the formats of `servmap check` that have a row a flow, the
// default first. It has FindingsFormats besides.
var CheckFormats = []Format[*servmap.Judgement]{
	{Name: "text", New: func(w io.Writer, style *Style) (Writer[*servmap.Judgement], error) {
		if style.width() > 0 {
			return &checkScreen{w: w, style: style}, nil
		}
		return &checkText{rows.Lines{W: w}, style}, nil
	}},
	{Name: "table", New: func(w io.Writer, style *Style) (Writer[*servmap.Judgement], error) {
		if style.width() > 0 {
			return newCheckScreenTable(w, style)
		}
		t := &checkTable{rows.Lines{W: w}}
		return t, t.Heading(checkTableWidths)
	}},
	{Name: "csv", New: csvOf(checkColumns)},
	{Name: "ndjson", New: ndjsonOf(checkColumns)},
}

type checkText struct {
	rows.Lines
	style *Style
}

// Write writes what printf("%3d. %-15s --> %-15s , %-20s | %s\n") would.
func (t *checkText) Write(j *servmap.Judgement) error {
	t.Begin()
	t.Line = strconv.AppendUint(t.Line, j.N, 10)
	t.Pad(0, 3, true)
	t.Text(". ")
	at := len(t.Line)
	t.Line = appendHost(t.Line, j.SrcKey)
	t.Pad(at, 15, false)
	t.Text(" --> ")
	at = len(t.Line)
	t.Line = appendHost(t.Line, j.DstKey)
	t.Pad(at, 15, false)
	t.Text(" , ")
	at = len(t.Line)
	t.Line = rows.AppendName(t.Line, j.Flow.Application)
	t.Pad(at, 20, false)
	t.Text(" | ")
	begin, end := t.style.Colour(j.Level)
	t.Text(begin)
	t.Text(t.style.of(j.Verdict))
	t.Text(end)
	t.Line = append(t.Line, '\n')
	_, err := t.W.Write(t.Line)
	return err
}

// appendHost appends a host's name as the map has it.
func appendHost(dst []byte, h servmap.Host) []byte {
	if h.IsAddress() {
		return h.AppendTo(dst)
	}
	return rows.AppendName(dst, h.String())
}

var checkTableWidths = []rows.Width{
	rows.Right("n", 6), rows.Left("source", 15), rows.Left("destination", 15), rows.Left("application", 20), rows.Right("bytes", 12),
	rows.Right("packets", 9), rows.Left("verdict", 22), rows.Left("severity", 8),
}

type checkTable struct{ rows.Lines }

func (t *checkTable) Write(j *servmap.Judgement) error {
	number := func(v uint64) func([]byte) []byte {
		return func(dst []byte) []byte { return strconv.AppendUint(dst, v, 10) }
	}
	return t.Row(checkTableWidths, number(j.N),
		func(dst []byte) []byte { return appendHost(dst, j.SrcKey) },
		func(dst []byte) []byte { return appendHost(dst, j.DstKey) },
		func(dst []byte) []byte { return rows.AppendName(dst, j.Flow.Application) },
		number(j.Flow.Bytes()), number(j.Flow.Packets()),
		func(dst []byte) []byte { return append(dst, j.Verdict.String()...) },
		func(dst []byte) []byte { return append(dst, j.Severity.String()...) })
}

// appendOwnMAC appends a hardware address, nothing where the link layer has none.
func appendOwnMAC(dst []byte, f *flows.Flow, mac [6]byte) []byte {
	if !f.HasMAC {
		return dst
	}
	return rows.AppendMAC(dst, mac, 6)
}

// checkColumns are the fields of csv and ndjson.
var checkColumns = []rows.Column[*servmap.Judgement]{
	{Name: "n", Number: true, Value: func(dst []byte, j *servmap.Judgement) []byte { return strconv.AppendUint(dst, j.N, 10) }},
	{Name: "first_seen", Value: func(dst []byte, j *servmap.Judgement) []byte { return rows.AppendTime(dst, j.Flow.First()) }},
	{Name: "src_ip", Value: func(dst []byte, j *servmap.Judgement) []byte { return servmap.AppendAddr(dst, j.Flow.Src) }},
	{Name: "src_port", Number: true, Value: func(dst []byte, j *servmap.Judgement) []byte {
		return strconv.AppendUint(dst, uint64(j.Flow.SrcPort), 10)
	}},
	{Name: "dst_ip", Value: func(dst []byte, j *servmap.Judgement) []byte { return servmap.AppendAddr(dst, j.Flow.Dst) }},
	{Name: "dst_port", Number: true, Value: func(dst []byte, j *servmap.Judgement) []byte {
		return strconv.AppendUint(dst, uint64(j.Flow.DstPort), 10)
	}},
	{Name: "src", Value: func(dst []byte, j *servmap.Judgement) []byte { return appendHost(dst, j.SrcKey) }},
	{Name: "dst", Value: func(dst []byte, j *servmap.Judgement) []byte { return appendHost(dst, j.DstKey) }},
	{Name: "transport", Value: func(dst []byte, j *servmap.Judgement) []byte { return rows.AppendTransport(dst, j.Flow.Protocol) }},
	{Name: "application", Value: func(dst []byte, j *servmap.Judgement) []byte { return rows.AppendName(dst, j.Flow.Application) }},
	{Name: "server_name", Value: func(dst []byte, j *servmap.Judgement) []byte { return rows.AppendName(dst, j.Flow.Info.ServerName()) }},
	{Name: "bytes", Number: true, Value: func(dst []byte, j *servmap.Judgement) []byte { return strconv.AppendUint(dst, j.Flow.Bytes(), 10) }},
	{Name: "packets", Number: true, Value: func(dst []byte, j *servmap.Judgement) []byte { return strconv.AppendUint(dst, j.Flow.Packets(), 10) }},
	{Name: "verdict", Value: func(dst []byte, j *servmap.Judgement) []byte { return append(dst, j.Verdict.Field()...) }},
	{Name: "severity", Value: func(dst []byte, j *servmap.Judgement) []byte { return append(dst, j.Severity.String()...) }},
	{Name: "finding", Value: func(dst []byte, j *servmap.Judgement) []byte { return append(dst, j.Finding...) }},
	{Name: "level", Value: func(dst []byte, j *servmap.Judgement) []byte { return append(dst, j.Level...) }},
	{Name: "file", Value: func(dst []byte, j *servmap.Judgement) []byte { return rows.AppendName(dst, j.Capture) }},
	{Name: "last_seen", Value: func(dst []byte, j *servmap.Judgement) []byte { return rows.AppendTime(dst, j.Flow.Last()) }},
	{Name: "bytes_out", Number: true, Value: func(dst []byte, j *servmap.Judgement) []byte {
		return strconv.AppendUint(dst, j.Flow.Src2Dst.Bytes, 10)
	}},
	{Name: "bytes_in", Number: true, Value: func(dst []byte, j *servmap.Judgement) []byte {
		return strconv.AppendUint(dst, j.Flow.Dst2Src.Bytes, 10)
	}},
	{Name: "src_mac", Value: func(dst []byte, j *servmap.Judgement) []byte { return appendOwnMAC(dst, j.Flow, j.Flow.SrcMAC) }},
	{Name: "dst_mac", Value: func(dst []byte, j *servmap.Judgement) []byte { return appendOwnMAC(dst, j.Flow, j.Flow.DstMAC) }},
	{Name: "vlan", Number: true, Value: func(dst []byte, j *servmap.Judgement) []byte {
		return strconv.AppendUint(dst, uint64(j.Flow.VLAN), 10)
	}},
	{Name: "community_id", Value: func(dst []byte, j *servmap.Judgement) []byte { return findings.AppendCommunityID(dst, j.Flow) }},
	{Name: "confidence", Number: true, Value: func(dst []byte, j *servmap.Judgement) []byte {
		return strconv.AppendUint(dst, uint64(j.Flow.Confidence), 10)
	}},
	{Name: "client_fingerprint", Value: func(dst []byte, j *servmap.Judgement) []byte {
		return rows.AppendName(dst, j.Flow.Info.ClientFingerprint())
	}},
}
