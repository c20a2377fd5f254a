package report

import (
	"net/netip"
	"strconv"

	"servmap/report/rows"
	"servmap/servmap"
)

var flowTableWidths = []rows.Width{
	rows.Right("n", 6), rows.Left("first seen", 24), rows.Left("transport", 9), rows.Left("source", 21), rows.Left("destination", 21),
	rows.Left("application", 20), rows.Right("packets", 9), rows.Right("bytes", 12), rows.Left("server name", 11),
}

// appendEndpoint appends address and port: 10.0.0.1:53, [fe80::1]:53, or the
// address alone where the port is 0.
func appendEndpoint(dst []byte, a netip.Addr, port uint16) []byte {
	if port == 0 {
		return servmap.AppendAddr(dst, a)
	}
	if a.Is4() {
		dst = servmap.AppendAddr(dst, a)
	} else {
		dst = append(servmap.AppendAddr(append(dst, '['), a), ']')
	}
	return strconv.AppendUint(append(dst, ':'), uint64(port), 10)
}

type flowTable struct{ rows.Lines }

func (t *flowTable) Write(row FlowRow) error {
	f := row.Flow
	number := func(v uint64) func([]byte) []byte {
		return func(dst []byte) []byte { return strconv.AppendUint(dst, v, 10) }
	}
	return t.Row(flowTableWidths, number(row.N),
		func(dst []byte) []byte { return rows.AppendTime(dst, f.First()) },
		func(dst []byte) []byte { return rows.AppendTransport(dst, f.Protocol) },
		func(dst []byte) []byte { return appendEndpoint(dst, f.Src, f.SrcPort) },
		func(dst []byte) []byte { return appendEndpoint(dst, f.Dst, f.DstPort) },
		func(dst []byte) []byte { return rows.AppendName(dst, f.Application) },
		number(f.Packets()), number(f.Bytes()),
		func(dst []byte) []byte { return rows.AppendName(dst, f.Info.ServerName()) })
}

type flowText struct{ rows.Lines }

// Write writes a line as `servmap check` does, with what is counted in place
// of the verdict.
func (t *flowText) Write(row FlowRow) error {
	f := row.Flow
	t.Begin()
	t.Line = strconv.AppendUint(t.Line, row.N, 10)
	t.Pad(0, 3, true)
	t.Text(". ")
	at := len(t.Line)
	t.Line = rows.AppendTransport(t.Line, f.Protocol)
	t.Pad(at, 6, false)
	t.Text(" ")
	at = len(t.Line)
	t.Line = appendEndpoint(t.Line, f.Src, f.SrcPort)
	t.Pad(at, 21, false)
	t.Text(" --> ")
	at = len(t.Line)
	t.Line = appendEndpoint(t.Line, f.Dst, f.DstPort)
	t.Pad(at, 21, false)
	t.Text(" , ")
	at = len(t.Line)
	t.Line = rows.AppendName(t.Line, f.Application)
	t.Pad(at, 20, false)
	t.Text(" | ")
	t.Line = strconv.AppendUint(t.Line, f.Packets(), 10)
	t.Text(" packets, ")
	t.Line = strconv.AppendUint(t.Line, f.Bytes(), 10)
	t.Text(" bytes")
	if f.Info.ServerName() != "" {
		t.Text(", ")
		t.Line = rows.AppendName(t.Line, f.Info.ServerName())
	}
	return t.End()
}
