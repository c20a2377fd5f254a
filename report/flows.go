package report

import (
	"io"
	"strconv"

	"servmap/flows"
	"servmap/flows/safetext"
	"servmap/report/rows"
	"servmap/servmap"
)

// FlowRow is a flow and its number among those printed, from 1.
type FlowRow struct {
	N    uint64
	Flow *flows.Flow
}

// FlowFormats are the formats of `servmap flows`, the default first.
var FlowFormats = []Format[FlowRow]{
	{Name: "csv", New: csvOf(flowColumns)},
	{Name: "ndjson", New: ndjsonOf(flowColumns)},
	{Name: "table", New: func(w io.Writer, style *Style) (Writer[FlowRow], error) {
		if style.width() > 0 {
			return newFlowScreenTable(w, style)
		}
		t := &flowTable{rows.Lines{W: w}}
		return t, t.Heading(flowTableWidths)
	}},
	{Name: "text", New: func(w io.Writer, style *Style) (Writer[FlowRow], error) {
		if style.width() > 0 {
			return &flowScreen{w: w, style: style}, nil
		}
		return &flowText{rows.Lines{W: w}}, nil
	}},
}

// span is the times and counts of one direction or of both.
type span struct {
	first, last    int64
	packets, bytes uint64
}

func both(f *flows.Flow) span { return span{f.First(), f.Last(), f.Packets(), f.Bytes()} }

func oneWay(d *flows.Direction) span { return span{d.First, d.Last, d.Packets, d.Bytes} }

const nanosecondsPerMillisecond = 1_000_000

// milliseconds rounds down, so that a duration is the difference of the two
// times printed beside it.
func milliseconds(ns int64) int64 {
	ms := ns / nanosecondsPerMillisecond
	if ns < ms*nanosecondsPerMillisecond {
		ms--
	}
	return ms
}

// flowColumns are nfstream's, in nfstream's order.
var flowColumns = func() []rows.Column[FlowRow] {
	number := func(name string, v func(f *flows.Flow) uint64) rows.Column[FlowRow] {
		return rows.Column[FlowRow]{Name: name, Number: true, Value: func(dst []byte, r FlowRow) []byte { return strconv.AppendUint(dst, v(r.Flow), 10) }}
	}
	text := func(name string, v func(dst []byte, f *flows.Flow) []byte) rows.Column[FlowRow] {
		return rows.Column[FlowRow]{Name: name, Value: func(dst []byte, r FlowRow) []byte { return v(dst, r.Flow) }}
	}
	foreign := func(name string, v func(f *flows.Flow) string) rows.Column[FlowRow] {
		c := text(name, func(dst []byte, f *flows.Flow) []byte { return rows.AppendName(dst, v(f)) })
		c.Exact = func(dst []byte, r FlowRow) []byte { return safetext.AppendExact(dst, v(r.Flow)) }
		return c
	}
	columns := []rows.Column[FlowRow]{
		{Name: "id", Number: true, Value: func(dst []byte, r FlowRow) []byte { return strconv.AppendUint(dst, r.N-1, 10) }},
		number("expiration_id", func(f *flows.Flow) uint64 { return uint64(f.Expiration) }),
		text("src_ip", func(dst []byte, f *flows.Flow) []byte { return servmap.AppendAddr(dst, f.Src) }),
		text("src_mac", func(dst []byte, f *flows.Flow) []byte { return rows.AppendMAC(dst, f.SrcMAC, 6) }),
		text("src_oui", func(dst []byte, f *flows.Flow) []byte { return rows.AppendMAC(dst, f.SrcMAC, 3) }),
		number("src_port", func(f *flows.Flow) uint64 { return uint64(f.SrcPort) }),
		text("dst_ip", func(dst []byte, f *flows.Flow) []byte { return servmap.AppendAddr(dst, f.Dst) }),
		text("dst_mac", func(dst []byte, f *flows.Flow) []byte { return rows.AppendMAC(dst, f.DstMAC, 6) }),
		text("dst_oui", func(dst []byte, f *flows.Flow) []byte { return rows.AppendMAC(dst, f.DstMAC, 3) }),
		number("dst_port", func(f *flows.Flow) uint64 { return uint64(f.DstPort) }),
		number("protocol", func(f *flows.Flow) uint64 { return uint64(f.Protocol) }),
		number("ip_version", func(f *flows.Flow) uint64 {
			if f.Src.Is4() {
				return 4
			}
			return 6
		}),
		number("vlan_id", func(f *flows.Flow) uint64 { return uint64(f.VLAN) }),
		number("tunnel_id", func(f *flows.Flow) uint64 { return uint64(f.Tunnel) }),
	}
	columns = append(columns, spanColumns("bidirectional", both)...)
	columns = append(columns, spanColumns("src2dst", func(f *flows.Flow) span { return oneWay(&f.Src2Dst) })...)
	columns = append(columns, spanColumns("dst2src", func(f *flows.Flow) span { return oneWay(&f.Dst2Src) })...)
	return append(columns,
		foreign("application_name", func(f *flows.Flow) string { return f.Application }),
		foreign("application_category_name", func(f *flows.Flow) string { return f.Category }),
		number("application_is_guessed", func(f *flows.Flow) uint64 {
			if f.Confidence.Guessed() {
				return 1
			}
			return 0
		}),
		number("application_confidence", func(f *flows.Flow) uint64 { return uint64(f.Confidence) }),
		foreign("requested_server_name", func(f *flows.Flow) string { return f.Info.ServerName() }),
		foreign("client_fingerprint", func(f *flows.Flow) string { return f.Info.ClientFingerprint() }),
		foreign("server_fingerprint", func(f *flows.Flow) string { return f.Info.ServerFingerprint() }),
		foreign("user_agent", func(f *flows.Flow) string { return f.Info.UserAgent() }),
		foreign("content_type", func(f *flows.Flow) string { return f.Info.ContentType() }),
	)
}()

// spanColumns are the five columns of times and counts; a direction without
// packets has zeros.
func spanColumns(prefix string, of func(*flows.Flow) span) []rows.Column[FlowRow] {
	number := func(name string, v func(s span) int64) rows.Column[FlowRow] {
		return rows.Column[FlowRow]{Name: prefix + "_" + name, Number: true, Value: func(dst []byte, r FlowRow) []byte {
			return strconv.AppendInt(dst, v(of(r.Flow)), 10)
		}}
	}
	return []rows.Column[FlowRow]{
		number("first_seen_ms", func(s span) int64 { return milliseconds(s.first) }),
		number("last_seen_ms", func(s span) int64 { return milliseconds(s.last) }),
		number("duration_ms", func(s span) int64 { return milliseconds(s.last) - milliseconds(s.first) }),
		number("packets", func(s span) int64 { return int64(s.packets) }),
		number("bytes", func(s span) int64 { return int64(s.bytes) }),
	}
}
