package report

import (
	"fmt"
	"io"
	"strconv"

	"servmap/flows"
	"servmap/servmap"
	"servmap/servmap/safetext"
)

// FlowWriter writes flows as they end.
type FlowWriter interface {
	// Write writes a flow; it is the n-th, from 1.
	Write(n uint64, f *flows.Flow) error
}

// FlowFormats are the formats of `servmap flows`, the default first.
var FlowFormats = []string{"csv", "ndjson", "table", "text"}

// NewFlowWriter returns a writer of one of FlowFormats, and writes the heading
// if the format has one.
func NewFlowWriter(format string, w io.Writer) (FlowWriter, error) {
	switch format {
	case "csv":
		c := flowCSV{rowWriter[flowRow]{w: w, columns: flowColumns}}
		return &c, c.csvHeader()
	case "ndjson":
		return &flowJSON{rowWriter[flowRow]{w: w, columns: flowColumns}}, nil
	case "table":
		t := &flowTable{lines{w: w}}
		return t, t.heading(flowTableWidths)
	case "text":
		return &flowText{lines{w: w}}, nil
	}
	return nil, fmt.Errorf("no format %q: one of %s", format, List(FlowFormats))
}

// flowRow is a flow and its number from 0.
type flowRow struct {
	id uint64
	f  *flows.Flow
}

type flowCSV struct{ rowWriter[flowRow] }

func (w *flowCSV) Write(n uint64, f *flows.Flow) error { return w.csvRow(flowRow{n - 1, f}) }

type flowJSON struct{ rowWriter[flowRow] }

func (w *flowJSON) Write(n uint64, f *flows.Flow) error { return w.jsonRow(flowRow{n - 1, f}) }

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
var flowColumns = func() []column[flowRow] {
	number := func(name string, v func(f *flows.Flow) uint64) column[flowRow] {
		return column[flowRow]{name: name, number: true, value: func(dst []byte, r flowRow) []byte { return strconv.AppendUint(dst, v(r.f), 10) }}
	}
	text := func(name string, v func(dst []byte, f *flows.Flow) []byte) column[flowRow] {
		return column[flowRow]{name: name, value: func(dst []byte, r flowRow) []byte { return v(dst, r.f) }}
	}
	foreign := func(name string, v func(f *flows.Flow) string) column[flowRow] {
		c := text(name, func(dst []byte, f *flows.Flow) []byte { return AppendName(dst, v(f)) })
		c.exact = func(dst []byte, r flowRow) []byte { return safetext.AppendExact(dst, v(r.f)) }
		return c
	}
	columns := []column[flowRow]{
		{name: "id", number: true, value: func(dst []byte, r flowRow) []byte { return strconv.AppendUint(dst, r.id, 10) }},
		number("expiration_id", func(f *flows.Flow) uint64 { return uint64(f.Expiration) }),
		text("src_ip", func(dst []byte, f *flows.Flow) []byte { return servmap.AppendAddr(dst, f.Src) }),
		text("src_mac", func(dst []byte, f *flows.Flow) []byte { return appendMAC(dst, f.SrcMAC, 6) }),
		text("src_oui", func(dst []byte, f *flows.Flow) []byte { return appendMAC(dst, f.SrcMAC, 3) }),
		number("src_port", func(f *flows.Flow) uint64 { return uint64(f.SrcPort) }),
		text("dst_ip", func(dst []byte, f *flows.Flow) []byte { return servmap.AppendAddr(dst, f.Dst) }),
		text("dst_mac", func(dst []byte, f *flows.Flow) []byte { return appendMAC(dst, f.DstMAC, 6) }),
		text("dst_oui", func(dst []byte, f *flows.Flow) []byte { return appendMAC(dst, f.DstMAC, 3) }),
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
func spanColumns(prefix string, of func(*flows.Flow) span) []column[flowRow] {
	number := func(name string, v func(s span) int64) column[flowRow] {
		return column[flowRow]{name: prefix + "_" + name, number: true, value: func(dst []byte, r flowRow) []byte {
			return strconv.AppendInt(dst, v(of(r.f)), 10)
		}}
	}
	return []column[flowRow]{
		number("first_seen_ms", func(s span) int64 { return milliseconds(s.first) }),
		number("last_seen_ms", func(s span) int64 { return milliseconds(s.last) }),
		number("duration_ms", func(s span) int64 { return milliseconds(s.last) - milliseconds(s.first) }),
		number("packets", func(s span) int64 { return int64(s.packets) }),
		number("bytes", func(s span) int64 { return int64(s.bytes) }),
	}
}
