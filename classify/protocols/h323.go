package protocols

import (
	"bytes"
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

// h323 is H.323: its call signalling (H.225.0 in Q.931) and its registration,
// admission and status messages.
var h323 = classify.Protocol{
	Name:      "H323",
	Category:  "VoIP",
	Transport: classify.TCP | classify.UDP,
	Ports:     []uint16{1719, 1720},
	AlsoPorts: []uint16{1718},
	Speaker:   q931Speaker, Reference: "ITU-T H.225.0, Q.931, section 4; RFC 2126",

	FirstBytes:    classify.Range(0x00, 0x7f),
	FirstBytesTCP: classify.Bytes("\x03"),
	Recognise:     recogniseH323,
}

// h225Identifier is the encoded beginning of H.225.0's object identifier,
// itu-t recommendation h 2250 version (H.225.0, section 7.6), version left out.
var h225Identifier = []byte{0x06, 0x00, 0x08, 0x91, 0x4a, 0x00}

// h245Identifier is that of H.245, itu-t recommendation h 245 version, whose
// set of capabilities opens the control channel.
var h245Identifier = []byte{0x06, 0x00, 0x08, 0x81, 0x75, 0x00}

// recogniseH323 accepts a TPKT that holds a Q.931 message of a call, or the capabilities that open a
// control channel of H.245; over UDP a message that names H.225.0, or on the gatekeeper's port a
// request and the answer to it, with the same sequence number.
func recogniseH323(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.TCP {
		return match.Sender(p, h323Call)
	}
	b := p.Payload
	if len(b) < 3 {
		return classify.Never
	}
	if at := bytes.Index(b[:min(len(b), 16)], h225Identifier); at >= 3 && b[0]&0x80 == 0 {
		return classify.Match
	}
	if !p.HasPort(1719) || b[0]&0x80 != 0 || b[0]>>2 > 32 {
		return classify.Never
	}
	history := p.History()
	for i := range history[:len(history)-1] {
		d := &history[i]
		// Requests have the numbers 0, 3, 6 to 21, their answers that plus one or two (H.225.0,
		// annex H).
		if step := b[0]>>2 - d.Data[0]>>2; d.Data[0]>>2%3 == 0 && d.Data[0]>>2 <= 21 && d.From != p.From && len(d.Data) > 4 && len(b) > 4 && (step == 1 || step == 2) &&
			(sameNumber(d.Data[2:4], b[2:4]) || sameNumber(d.Data[1:3], b[1:3])) {
			return classify.Match
		}
	}
	if len(history) < 4 {
		return classify.NeedMore
	}
	return classify.Never
}

// sameNumber reports whether two sequence numbers are the same, and are some.
func sameNumber(a, b []byte) bool { return bytes.Equal(a, b) && !match.AllZero(a) }

// h323Call checks TPKT (RFC 2126, section 4), protocol discriminator, call
// reference and message type (Q.931, sections 4.2 to 4.4), and that information elements follow.
func h323Call(b []byte) classify.Outcome {
	for i, want := range [...]byte{3, 0} {
		if i < len(b) && b[i] != want {
			return classify.Never
		}
	}
	if len(b) < 9 {
		return classify.NeedMore
	}
	size := int(binary.BigEndian.Uint16(b[2:]))
	if b[4] == 1 && size >= 8 && size <= 16 && len(b) >= size {
		// Who is master may be settled before the capabilities are told.
		if len(b) == size {
			return classify.NeedMore
		}
		return h323Call(b[size:])
	}
	if bytes.Contains(b[:min(len(b), 24)], h245Identifier) {
		return classify.Match
	}
	if b[4] != 8 && b[4] <= 3 && len(b) < min(size, 24) {
		return classify.NeedMore
	}
	if b[4] != 8 || b[5] != 2 || size < 9 {
		return classify.Never
	}
	switch b[8] {
	case 0x01, 0x02, 0x03, 0x05, 0x07, 0x0d, 0x0f, 0x4d, 0x5a, 0x62, 0x6e, 0x75, 0x7b, 0x7d:
	default:
		return classify.Never
	}
	if size == 9 {
		return classify.Never
	}
	if len(b) < 11 {
		return classify.NeedMore
	}
	switch b[9] {
	case 0x04, 0x08, 0x14, 0x18, 0x1c, 0x1e, 0x27, 0x28, 0x34, 0x4c, 0x6c, 0x70, 0x7e, 0xa1:
		return classify.Match
	}
	return classify.Never
}

// q931Speaker tells by the flag of the call reference (Q.931, section 4.3): the side that began the call
// has given the reference.
func q931Speaker(t classify.Transport, b []byte) classify.Speaker {
	if t != classify.TCP || len(b) < 7 || b[0] != 3 || b[4] != 8 || b[5] == 0 || b[5] > 2 {
		return classify.AnySpeaker
	}
	if b[6]&0x80 != 0 {
		return classify.ServerSpeaks
	}
	return classify.ClientSpeaks
}
