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
// section 7).
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
		}
		return classify.Never
	})
}

// mmsData checks the two session headers of data transfer, then user data of
// presentation: a list of one value in context 3, which is MMS's by custom.
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
	if !ok || context.Tag != wire.TagInteger || context.Len != 1 || context.Body[0] != 3 {
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
