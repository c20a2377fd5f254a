package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var snmp = classify.Protocol{
	Name: "SNMP", Category: "Network", Transport: classify.UDP | classify.TCP,
	UDPPorts:   []uint16{161, 162},
	FirstBytes: classify.Bytes("\x30"),
	Recognise:  recogniseSNMP, Speaker: snmpSpeaker, Reference: "RFC 1157, RFC 1901, RFC 3412",
}

// recogniseSNMP accepts a message of version 1 or 2c: version, community and
// a unit with a context tag from 0 to 8 (RFC 1157, section 4; RFC 3416,
// section 3), and one of version 3: version and header data (RFC 3412,
// section 6). SNMP over TCP is RFC 3430.
func recogniseSNMP(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.TCP {
		return match.Either(p, func(b []byte) classify.Outcome { return snmpMessage(b, false) })
	}
	own := p.HasPort(161) || p.HasPort(162)
	if len(p.Payload) >= 10 && snmpMessage(p.Payload, own) == classify.Match {
		return classify.Match
	}
	return classify.Never
}

// snmpMessage judges a message. On SNMP's ports its unit may be empty.
func snmpMessage(b []byte, own bool) classify.Outcome {
	if b[0] != wire.TagSequence || len(b) > 1 && b[1] == 0x80 {
		return classify.Never
	}
	outer, state := wire.BER(b)
	if state != wire.Whole {
		return berOutcome(state)
	}
	version, state := wire.BER(outer.Body)
	if state != wire.Whole {
		return berOutcome(state)
	}
	if version.Tag != wire.TagInteger || version.Len != 1 {
		return classify.Never
	}
	if !version.Complete() {
		return classify.NeedMore
	}
	next, state := wire.BER(outer.Body[version.Total():])
	if state != wire.Whole {
		return berOutcome(state)
	}
	if version.Body[0] == 3 {
		return snmpHeader(&next)
	}
	if version.Body[0] > 1 || next.Tag != wire.TagOctetString || next.Len > 255 {
		return classify.Never
	}
	if !next.Complete() {
		return classify.NeedMore
	}
	unit, state := wire.BER(outer.Body[version.Total()+next.Total():])
	if state != wire.Whole {
		return berOutcome(state)
	}
	inside := version.Total() + next.Total() + unit.Total()
	if unit.Tag >= 0xa0 && unit.Tag <= 0xa8 && (unit.Len >= 8 || own) && inside == outer.Len {
		return classify.Match
	}
	return classify.Never
}

// snmpHeader checks msgGlobalData of version 3: identifier, largest size, one octet of flags, security
// model.
func snmpHeader(e *wire.Element) classify.Outcome {
	if e.Tag != wire.TagSequence {
		return classify.Never
	}
	if !e.Complete() {
		return classify.NeedMore
	}
	id, rest, ok := wire.NextBER(e.Body)
	if !ok || id.Tag != wire.TagInteger {
		return classify.Never
	}
	size, rest, ok := wire.NextBER(rest)
	if !ok || size.Tag != wire.TagInteger {
		return classify.Never
	}
	flags, rest, ok := wire.NextBER(rest)
	if !ok || flags.Tag != wire.TagOctetString || flags.Len != 1 {
		return classify.Never
	}
	model, _, ok := wire.NextBER(rest)
	if !ok || model.Tag != wire.TagInteger {
		return classify.Never
	}
	return classify.Match
}

// snmpSpeaker tells by the type of a PDU that is not enciphered (RFC 3416, section 3): a notification,
// too, is what its sender began.
func snmpSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	outer, _ := wire.BER(b)
	version, state := wire.BER(outer.Body)
	if state != wire.Whole || !version.Complete() || len(version.Body) != 1 {
		return classify.AnySpeaker
	}
	rest := outer.Body[version.Total():]
	skip := 1 // the community
	if version.Body[0] == 3 {
		skip = 2 // global data and security parameters; then a scoped PDU with two names of contexts
	}
	for ; skip > 0; skip-- {
		next, state := wire.BER(rest)
		if state != wire.Whole || !next.Complete() {
			return classify.AnySpeaker
		}
		rest = rest[next.Total():]
	}
	if version.Body[0] == 3 {
		scoped, state := wire.BER(rest)
		if state != wire.Whole || scoped.Tag != wire.TagSequence {
			return classify.AnySpeaker
		}
		rest = scoped.Body
		for range 2 {
			name, state := wire.BER(rest)
			if state != wire.Whole || !name.Complete() {
				return classify.AnySpeaker
			}
			rest = rest[name.Total():]
		}
	}
	switch {
	case len(rest) == 0:
	case rest[0] == 0xa2 || rest[0] == 0xa8:
		return classify.ServerSpeaks
	case rest[0] >= 0xa0 && rest[0] <= 0xa7:
		return classify.ClientSpeaks
	}
	return classify.AnySpeaker
}
