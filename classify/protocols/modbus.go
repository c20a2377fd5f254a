package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var modbus = classify.Protocol{
	Name: "Modbus", Category: "IoT-Scada", Transport: classify.TCP,
	TCPPorts: []uint16{502}, Recognise: recogniseModbus, Reference: "Modbus Messaging on TCP/IP, 3.1; Modbus Application Protocol 1.1b3",
}

// recogniseModbus accepts messages with an MBAP header (Messaging on TCP/IP,
// section 3.1.3) whose function allows their length. On port 502 one is
// enough where it ends with what was sent; elsewhere request and answer have
// to agree in identifier, unit and function.
func recogniseModbus(p *classify.Probe) classify.Outcome {
	return modbusFlow(p, false)
}

// modbusFlow is shared with UMAS, which is Modbus with a function of its own.
func modbusFlow(p *classify.Probe, umas bool) classify.Outcome {
	b, other := p.Stream(p.From), p.Stream(p.From.Other())
	m, o := modbusMessage(b)
	if o != classify.Match {
		return o
	}
	if (m.function == umasFunction) != umas {
		return classify.Never
	}
	if p.HasPort(502) && m.whole {
		return classify.Match
	}
	answer, o := modbusMessage(other)
	switch {
	case len(other) == 0:
		return classify.NeedMore
	case o != classify.Match:
		return o
	case !m.whole || !answer.whole || m.function >= 65 && !umas: // the user's own functions have any length
		return classify.Never
	case answer.id == m.id && answer.unit == m.unit && answer.function == m.function:
		return classify.Match
	}
	return classify.Never
}

// modbusHeader is what request and answer have in common.
type modbusHeader struct {
	id             int
	unit, function byte
	// whole tells that no unexplained bytes follow the message: it ends with
	// the stream, or the header of another follows.
	whole bool
}

func modbusMessage(b []byte) (modbusHeader, classify.Outcome) {
	if len(b) > 3 && b[2]|b[3] != 0 || len(b) > 4 && b[4] != 0 {
		return modbusHeader{}, classify.Never
	}
	if len(b) < 8 {
		return modbusHeader{}, classify.NeedMore
	}
	size := wire.U16(b[4:]) + 6
	m := modbusHeader{id: wire.U16(b), unit: b[6], function: b[7] & 0x7f}
	if size < 8 || size > 260 || !modbusLength(b[7:], size-7) {
		return m, classify.Never
	}
	if len(b) < size {
		return m, classify.NeedMore
	}
	rest := b[size:]
	m.whole = len(rest) == 0 || len(rest) >= 8 && rest[2]|rest[3]|rest[4] == 0 && rest[6] == m.unit
	return m, classify.Match
}

// modbusLength tells whether a unit of n bytes that begins b can be a request
// or an answer of its function (Application Protocol, section 6).
func modbusLength(b []byte, n int) bool {
	count := -1 // the byte count of many answers
	if len(b) > 1 {
		count = int(b[1])
	}
	switch f := b[0]; {
	case f >= 0x81 && f != 0xff:
		return n == 2 && (count < 0 || count >= 1 && count <= 11)
	case f >= 1 && f <= 4:
		return n == 5 || n >= 3 && (count < 0 || n == count+2)
	case f == 5 || f == 6:
		return n == 5
	case f == 7 || f == 11 || f == 12 || f == 17:
		return true
	case f == 15 || f == 16:
		return n == 5 || n >= 7 && (len(b) < 6 || n == int(b[5])+6)
	case f == 20 || f == 21:
		return count < 0 || n == count+2
	case f == 22:
		return n == 7
	case f == 23:
		return n >= 11 && (len(b) < 10 || n == int(b[9])+10) || count < 0 || n == count+2
	case f == 8 || f == 24 || f == 43:
		return n >= 3
	case f >= 65 && f <= 72 || f >= 100 && f <= 110: // the user's own
		return true
	case f == umasFunction:
		return n >= 3
	}
	return false
}
