package protocols

import (
	"slices"

	"servmap/classify"
	"servmap/classify/wire"
)

var modbus = classify.Protocol{
	Name: "Modbus", Category: "IoT-Scada", Transport: classify.TCP | classify.UDP,
	TCPPorts: []uint16{modbusPort}, Recognise: recogniseModbus, Reference: "Modbus Messaging on TCP/IP, 3.1; Modbus Application Protocol 1.1b3",
}

const modbusPort = 502

// recogniseModbus accepts messages with an MBAP header (Messaging on TCP/IP, section 3.1.3) whose
// function allows their length. On port 502 one is enough where it ends with what was sent; elsewhere a
// request and an answer must agree in identifier, unit and function, or one side's messages count their
// identifiers up; modbusSerial tells of frames without such a header. A function that is not in the list counts only where an exception answers it. Over UDP
// a datagram is one message.
func recogniseModbus(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.UDP {
		return modbusDatagram(p)
	}
	if out := modbusFlow(p, false); out != classify.Never {
		return out
	}
	return modbusSerial(p)
}

// modbusPatience is how many messages of a side may pass without a request and its answer.
const modbusPatience = 8

// modbusFlow is shared with UMAS, which is Modbus with a function of its own.
func modbusFlow(p *classify.Probe, umas bool) classify.Outcome {
	var runs [2][]modbusHeader
	var room [2][modbusPatience]modbusHeader
	for s := classify.Client; s <= classify.Server; s++ {
		if b := p.Stream(s); len(b) > 0 {
			var o classify.Outcome
			if runs[s], o = modbusRun(room[s][:0], b); o == classify.Never {
				return classify.Never
			}
		}
	}
	run := runs[p.From]
	if len(run) == 0 {
		return classify.NeedMore
	}
	if (run[0].function == umasFunction) != umas {
		return classify.Never
	}
	if p.HasPort(modbusPort) && run[0].whole && !run[0].odd || modbusAgree(runs[0], runs[1], umas) || modbusCounts(run) {
		modbusSides(p, runs)
		return classify.Match
	}
	if len(runs[0]) < modbusPatience && len(runs[1]) < modbusPatience {
		return classify.NeedMore
	}
	return classify.Never
}

// modbusDatagram is modbusFlow for datagrams.
func modbusDatagram(p *classify.Probe) classify.Outcome {
	var runs [2][]modbusHeader
	var room [2][modbusPatience]modbusHeader
	runs[0], runs[1] = room[0][:0], room[1][:0]
	for _, d := range p.History() {
		m, o := modbusMessage(d.Data)
		if o != classify.Match || len(d.Data) != d.Len || m.size != d.Len || m.function >= 65 || m.odd {
			return classify.Never
		}
		if len(runs[d.From]) < modbusPatience {
			runs[d.From] = append(runs[d.From], m)
		}
	}
	switch {
	case p.HasPort(modbusPort), modbusAgree(runs[0], runs[1], false), modbusCounts(runs[p.From]):
		modbusSides(p, runs)
		return classify.Match
	case len(p.History()) < modbusPatience:
		return classify.NeedMore
	}
	return classify.Never
}

// modbusRun appends the messages that a stream begins with.
func modbusRun(run []modbusHeader, b []byte) ([]modbusHeader, classify.Outcome) {
	for len(b) > 0 && len(run) < cap(run) {
		m, o := modbusMessage(b)
		if o != classify.Match {
			return run, o
		}
		run = append(run, m)
		b = b[m.size:]
	}
	return run, classify.Match
}

// modbusSides tells who is the client where a side has sent an answer: an
// exception, or values read, whose request has another length.
func modbusSides(p *classify.Probe, runs [2][]modbusHeader) {
	for s, run := range runs {
		if slices.ContainsFunc(run, func(m modbusHeader) bool { return m.answer }) {
			p.ClientIs(classify.Side(s).Other())
			return
		}
	}
}

// modbusAgree reports whether some request was answered. The user's own
// functions have any length and are no proof.
func modbusAgree(a, b []modbusHeader, umas bool) bool {
	for _, m := range a {
		for _, n := range b {
			proves := (m.function < 65 || umas) && !m.odd && !n.odd || m.exception != n.exception
			if m.id == n.id && m.unit == n.unit && m.function == n.function && proves && m.whole && n.whole {
				return true
			}
		}
	}
	return false
}

// modbusCounts reports whether messages to or from one unit follow each other,
// their identifiers the same or counted up.
func modbusCounts(run []modbusHeader) bool {
	const enough = 3
	if len(run) < enough {
		return false
	}
	for i, m := range run {
		if m.function >= 65 || m.odd || m.unit != run[0].unit || i > 0 && uint16(m.id-run[i-1].id) > 1 {
			return false
		}
	}
	return true
}

// modbusHeader is what request and answer have in common.
type modbusHeader struct {
	id, size       int
	unit, function byte
	// answer tells that only a server sends it, exception that it is the refusal of a request.
	answer, exception bool
	// odd tells that the function is in no list.
	odd bool
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
	m := modbusHeader{id: wire.U16(b), size: size, unit: b[6], function: b[7] & 0x7f}
	if size < 8 || size > 260 {
		return m, classify.Never
	}
	if m.exception = b[7] >= 0x80; !modbusLength(b[7:], size-7) {
		if m.odd = !m.exception && m.function > 0 && !modbusKnown(m.function); !m.odd {
			return m, classify.Never
		}
	}
	if len(b) < size {
		return m, classify.NeedMore
	}
	m.answer = m.exception || b[7] >= 1 && b[7] <= 4 && size != 12
	rest := b[size:]
	m.whole = len(rest) == 0 || len(rest) >= 8 && rest[2]|rest[3]|rest[4] == 0 && rest[6] == m.unit
	return m, classify.Match
}

// modbusKnown reports whether the function is one whose messages modbusLength knows.
func modbusKnown(f byte) bool {
	return f <= 8 || f == 11 || f == 12 || f >= 15 && f <= 17 || f >= 20 && f <= 24 || f == 43
}

// modbusLength reports whether a unit of n bytes that begins b can be a request or an answer of its
// function (Application Protocol, section 6).
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
