package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var matter = classify.Protocol{
	Name: "Matter", Category: "IoT-Scada", Transport: classify.UDP, UDPPorts: []uint16{matterPort}, NoGuess: true,
	FirstBytes: classify.Range(0, 6), Recognise: recogniseMatter, Reference: "Matter Core Specification 1.0, sections 4.4 and 4.11 to 4.14",
}

const matterPort = 5540

// recogniseMatter accepts a message in clear of the secure channel's protocol: one that sets a session up, by
// password or certificate, reports, or acknowledges (sections 4.4 and 4.11). On its port two enciphered messages
// of one side and session whose counters follow each other are enough.
func recogniseMatter(p *classify.Probe) classify.Outcome {
	m, ok := matterHeader(p.Payload)
	switch {
	case !ok:
		return classify.Never
	case m.session == 0:
		return matterInClear(p, m.size)
	case !p.HasPort(matterPort) || p.Len < m.size+20:
		return classify.Never
	}
	history := p.History()
	for _, d := range history[:len(history)-1] {
		if before, ok := matterHeader(d.Data); ok && d.From == p.From && before.session == m.session && m.counter-before.counter-1 < 64 {
			return classify.Match
		}
	}
	if len(history) < 6 {
		return classify.NeedMore
	}
	return classify.Never
}

// matterMessage is what a message says of itself in clear.
type matterMessage struct {
	session, size int
	counter       uint32
}

// matterHeader reads the header of version 0: flags, session, security flags, counter, and the nodes from
// and to which the message goes (section 4.4.1).
func matterHeader(b []byte) (m matterMessage, ok bool) {
	const fixed, hasSource, reserved = 8, 0x04, 0x1c
	if len(b) < fixed || b[0] > 7 || b[0]&3 == 3 || b[3]&reserved != 0 || b[3]&3 > 1 {
		return m, false
	}
	m.session, m.counter, m.size = wire.L16(b[1:]), uint32(wire.L16(b[4:]))|uint32(wire.L16(b[6:]))<<16, fixed
	if b[0]&hasSource != 0 {
		m.size += 8
	}
	m.size += [...]int{0, 8, 2}[b[0]&3]
	return m, true
}

// matterInClear checks the header of the secure channel's protocol behind n bytes: its operation, and, but for an
// acknowledgement and a report, a structure without a tag (sections 4.4.3 and 4.11.1; appendix A.7).
func matterInClear(p *classify.Probe, n int) classify.Outcome {
	const fixed, acknowledges, fromVendor, structure, alone, report = 6, 0x02, 0x10, 0x15, 0x10, 0x40
	b := p.Payload
	if b[3] != 0 || len(b) < n+fixed || b[n]&^0x07 != 0 || b[n]&fromVendor != 0 || wire.L16(b[n+4:]) != 0 {
		return classify.Never
	}
	body := n + fixed
	if b[n]&acknowledges != 0 {
		body += 4
	}
	begins := len(b) > body && b[body] == structure
	switch op := b[n+1]; {
	case op >= 0x20 && op <= 0x24 && begins, op >= 0x30 && op <= 0x31 && begins, op == 0x33 && begins:
		return classify.Match
	case op == alone && p.Len == body && b[n]&acknowledges != 0, op == 0x32 && p.Len > body, op == report && p.Len == body+8 && len(b) == p.Len && wire.L16(b[body:]) <= 16:
		if p.HasPort(matterPort) {
			return classify.Match
		}
	}
	return classify.NeedMore
}
