package report

import (
	"net/netip"
	"strconv"

	"servmap/servmap"
)

var flowTableWidths = []width{
	{"n", 6, true}, {"first seen", 24, false}, {"transport", 9, false}, {"source", 21, false}, {"destination", 21, false},
	{"application", 20, false}, {"packets", 9, true}, {"bytes", 12, true}, {"server name", 11, false},
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

type flowTable struct{ lines }

func (t *flowTable) Write(row FlowRow) error {
	f := row.Flow
	number := func(v uint64) func([]byte) []byte {
		return func(dst []byte) []byte { return strconv.AppendUint(dst, v, 10) }
	}
	return t.row(flowTableWidths, number(row.N),
		func(dst []byte) []byte { return appendTime(dst, f.First()) },
		func(dst []byte) []byte { return appendTransport(dst, f.Protocol) },
		func(dst []byte) []byte { return appendEndpoint(dst, f.Src, f.SrcPort) },
		func(dst []byte) []byte { return appendEndpoint(dst, f.Dst, f.DstPort) },
		func(dst []byte) []byte { return AppendName(dst, f.Application) },
		number(f.Packets()), number(f.Bytes()),
		func(dst []byte) []byte { return AppendName(dst, f.Info.ServerName()) })
}

type flowText struct{ lines }

// Write writes a line as `servmap check` does, with what is counted in place
// of the verdict.
func (t *flowText) Write(row FlowRow) error {
	f := row.Flow
	t.begin()
	t.line = strconv.AppendUint(t.line, row.N, 10)
	t.pad(0, 3, true)
	t.text(". ")
	at := len(t.line)
	t.line = appendTransport(t.line, f.Protocol)
	t.pad(at, 6, false)
	t.text(" ")
	at = len(t.line)
	t.line = appendEndpoint(t.line, f.Src, f.SrcPort)
	t.pad(at, 21, false)
	t.text(" --> ")
	at = len(t.line)
	t.line = appendEndpoint(t.line, f.Dst, f.DstPort)
	t.pad(at, 21, false)
	t.text(" , ")
	at = len(t.line)
	t.line = AppendName(t.line, f.Application)
	t.pad(at, 20, false)
	t.text(" | ")
	t.line = strconv.AppendUint(t.line, f.Packets(), 10)
	t.text(" packets, ")
	t.line = strconv.AppendUint(t.line, f.Bytes(), 10)
	t.text(" bytes")
	if f.Info.ServerName() != "" {
		t.text(", ")
		t.line = AppendName(t.line, f.Info.ServerName())
	}
	return t.end()
}
