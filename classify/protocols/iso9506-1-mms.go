package protocols

import (
	"bytes"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var mms = classify.Protocol{
	Name: "ISO9506-1-MMS", Category: "IoT-Scada", Transport: classify.TCP, TCPPorts: []uint16{102}, NoGuess: true,
	FirstBytes: classify.Bytes("\x03"),
	Recognise:  recogniseMMS, Speaker: mmsSpeaker, Reference: "ISO 9506-2, IEC 61850-8-1",
}

// mmsSyntax is the object identifier of the abstract syntax of MMS,
// 1.0.9506.2.1, as it stands in the presentation context list.
var mmsSyntax = []byte{0x06, 0x05, 0x28, 0xca, 0x22, 0x02, 0x01}

// recogniseMMS accepts ISO transport that carries a session connect or accept
// (X.225, section 8.3) that offers the abstract syntax of MMS, or, of a
// connection already open, presentation data with a unit of MMS (ISO 9506-2,
// section 7). Some devices leave session and presentation out: the unit then stands in the data of
// transport.
func recogniseMMS(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome {
		d, size, o := isoData(b)
		if o != classify.Match {
			return o
		}
		switch d[0] {
		case 0x0d, 0x0e:
			if bytes.Contains(d, mmsSyntax) {
				return classify.Match
			}
			// The accept names contexts by number: only MMS's own
			// initiate response, [9], tells.
			if d[0] == 0x0e && bytes.Contains(d, []byte{0x02, 0x01, 0x03, 0xa0}) && bytes.Contains(d, []byte{0xa9}) {
				return classify.Match
			}
			if len(d) < size {
				return classify.NeedMore
			}
		case 0x01:
			return mmsData(d)
		default:
			if !mmsService(d[0]) {
				return classify.Never
			}
			if len(d) < size {
				return classify.NeedMore
			}
			unit, state := wire.BER(d)
			if state == wire.Whole && unit.Total() == size && mmsUnit(&unit) {
				return classify.Match
			}
		}
		return classify.Never
	})
}

// mmsService reports whether a tag is that of a unit which mmsUnit knows.
func mmsService(tag byte) bool {
	return tag == 0xa0 || tag == 0xa1 || tag == 0xa3 || tag == 0xa8 || tag == 0xa9
}

// mmsUnit looks into a unit of MMS (ISO 9506-2, section 7): confirmed request and response have their
// number and then a service, whose tag is of context; an unconfirmed one a report; initiate's fields
// have the tags 0 to 4.
func mmsUnit(unit *wire.Element) bool {
	first, rest, ok := wire.NextBER(unit.Body)
	switch unit.Tag {
	case 0xa0, 0xa1:
		return ok && first.Tag == wire.TagInteger && first.Len <= 4 && len(rest) > 1 && rest[0]&0x80 != 0
	case 0xa3:
		return ok && first.Tag == 0xa0
	case 0xa8, 0xa9:
		second, _, more := wire.NextBER(rest)
		return ok && more && first.Tag >= 0x80 && first.Tag <= 0x82 && first.Len <= 4 && second.Tag > first.Tag && second.Tag <= 0x83 && second.Len <= 2
	}
	return false
}

// mmsData checks the two session headers of data transfer, then user data of
// presentation: a list of one value in context 3, which is MMS's by custom, or in another context and
// with a unit that can be no other protocol's.
func mmsData(d []byte) classify.Outcome {
	if o := match.Prefix(d, "\x01\x00\x01\x00\x61"); o != classify.Match {
		return o
	}
	user, state := wire.BER(d[4:])
	if state != wire.Whole {
		return berOutcome(state)
	}
	list, state := wire.BER(user.Body)
	if state != wire.Whole {
		return berOutcome(state)
	}
	if list.Tag != wire.TagSequence {
		return classify.Never
	}
	context, value, ok := wire.NextBER(list.Body)
	if !ok || context.Tag != wire.TagInteger || context.Len != 1 || context.Body[0]&0x80 != 0 {
		if len(list.Body) < 3 {
			return classify.NeedMore
		}
		return classify.Never
	}
	single, state := wire.BER(value)
	if state != wire.Whole {
		return berOutcome(state)
	}
	if single.Tag != 0xa0 {
		return classify.Never
	}
	unit, state := wire.BER(single.Body)
	if state != wire.Whole {
		return berOutcome(state)
	}
	if context.Body[0] != 3 && !mmsUnit(&unit) {
		if mmsService(unit.Tag) && !unit.Complete() {
			return classify.NeedMore
		}
		return classify.Never
	}
	if unit.Tag >= 0xa0 && unit.Tag <= 0xad || unit.Tag == 0x8b || unit.Tag == 0x8c {
		return classify.Match
	}
	return classify.Never
}

// mmsSpeaker tells by who asks for the connection of transport or session, and by confirmed requests and
// their responses (ISO 9506-2).
func mmsSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	if who := isoSpeaker(b); who != classify.AnySpeaker || len(b) < 8 || b[5] != 0xf0 {
		return who
	}
	switch b[7] {
	case 0x0d:
		return classify.ClientSpeaks
	case 0x0e:
		return classify.ServerSpeaks
	}
	return classify.AnySpeaker
}
