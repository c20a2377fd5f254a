package protocols

import (
	"encoding/binary"

	"servmap/classify"
)

var xdmcp = classify.Protocol{
	Name: "XDMCP", Category: "RemoteAccess", Transport: classify.UDP, UDPPorts: []uint16{177}, TCPPorts: []uint16{177},
	FirstBytes: classify.Bytes("\x00"),
	Recognise:  recogniseXDMCP, Reference: "X Display Manager Control Protocol, version 1.1",
}

// recogniseXDMCP accepts version 1, one of the opcodes, and the length of
// what follows, which is the datagram's (section 5, "Protocol Packet Formats").
// On other ports than the usual the strings of Willing and Unwilling must
// fill the packet too.
func recogniseXDMCP(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 7 || b[0] != 0 || b[1] != 1 || b[2] != 0 || b[3] == 0 || b[3] > 14 {
		return classify.Never
	}
	n := int(binary.BigEndian.Uint16(b[4:]))
	if n == 0 || n+6 != p.Len || !p.HasPort(177) && !(b[3] == 5 && arrays8(b[6:], 3) || b[3] == 6 && arrays8(b[6:], 2)) {
		return classify.Never
	}
	switch b[3] {
	case 1, 2, 3, 4, 7, 10, 13: // queries, Request, Manage, KeepAlive
		p.ClientIs(p.From)
	case 5, 6, 8, 9, 12, 14: // Willing, Unwilling, Accept, Decline, Failed, Alive
		p.ClientIs(p.From.Other())
	}
	return classify.Match
}

// arrays8 reports whether b is made of n strings, each behind its 16-bit length.
func arrays8(b []byte, n int) bool {
	for range n {
		if len(b) < 2 || int(binary.BigEndian.Uint16(b)) > len(b)-2 {
			return false
		}
		b = b[2+int(binary.BigEndian.Uint16(b)):]
	}
	return len(b) == 0
}
