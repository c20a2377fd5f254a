package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var ptpv2 = classify.Protocol{
	Name: "PTPv2", Category: "System", Transport: classify.UDP,
	UDPPorts: []uint16{319, 320}, PortsOnly: true, Recognise: recognisePTPv2, Reference: "IEEE 1588-2008, IEEE 1588-2019",
}

// ptpTypes gives for each message type its least length and the value of the
// control field (IEEE 1588-2008, tables 19 and 23); a length of 0 is a
// reserved type.
var ptpTypes = [16]struct{ length, control byte }{
	0: {44, 0}, 1: {44, 1}, 2: {54, 5}, 3: {54, 5},
	8: {44, 2}, 9: {54, 3}, 10: {54, 5}, 11: {64, 5}, 12: {44, 5}, 13: {48, 4},
}

// recognisePTPv2 accepts the common header of versions 2.0 and 2.1 (IEEE
// 1588-2019, section 13.3) whose length is the datagram's; over IPv6 two bytes
// may follow.
func recognisePTPv2(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 34 || b[1]&0x0f != 2 || b[1]>>4 > 1 || !p.HasPort(319) && !p.HasPort(320) {
		return classify.Never
	}
	t, length := ptpTypes[b[0]&0x0f], wire.U16(b[2:])
	if t.length == 0 || length < int(t.length) || length != p.Len && length+2 != p.Len {
		return classify.Never
	}
	// The control field has only a meaning for hardware of version 1; later
	// it is 0.
	if b[32] == t.control || b[32] == 0 {
		return classify.Match
	}
	return classify.Never
}
