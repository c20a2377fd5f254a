package protocols

import (
	"unicode/utf8"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var coap = classify.Protocol{
	Name: "COAP", Category: "RPC", Transport: classify.UDP | classify.TCP,
	UDPPorts:      []uint16{5683, 5684},
	AlsoPorts:     []uint16{5683},
	FirstBytesTCP: classify.Bytes("\x00\x10\x20\x30\x40\x50\x60\x70\x80\x90\xa0\xb0\xc0\xd0"),
	FirstBytes:    classify.Range(0x40, 0x68).Or(classify.Range(0x70, 0x78)), // the drafts allow 0x49 to 0x5f
	Midstream:     true,
	Recognise:     recogniseCoAP, Speaker: coapSpeaker, Reference: "RFC 7252, RFC 8323",
}

// recogniseCoAP accepts messages of version 1 (RFC 7252, section 3) whose options are known and lead to
// the end or to a payload. A request on port 5683 that names its resource is enough, or that brings a
// content in a format (section 5.10.3). On other ports the name must be longer, or two messages must agree
// in their identifier or token, or one side's requests count their identifiers up.
func recogniseCoAP(p *classify.Probe) classify.Outcome {
	usual := p.HasPort(5683)
	if p.Transport == classify.TCP {
		return coapStreams(p, usual)
	}
	m, ok := coapMessage(p.Payload, p.Len)
	if !ok {
		if usual && coapDraft(p.Payload) {
			return classify.Match
		}
		return classify.Never
	}
	if m.request && (usual && (m.text >= 4 || m.brings) || m.text >= 10 && m.graphic) {
		return classify.Match
	}
	history := p.History()
	if len(history) > 6 {
		return classify.Never
	}
	for _, h := range history[:len(history)-1] {
		o, ok := coapMessage(h.Data, h.Len)
		if !ok {
			return classify.Never
		}
		sameID := o.id == m.id && h.From != p.From
		sameToken := len(m.token) >= 2 && string(m.token) == string(o.token)
		if usual && m.request && o.request && !m.empty && h.From == p.From && m.id == (o.id+1)&0xffff {
			return classify.Match
		}
		if usual && (sameID || sameToken) || sameID && (sameToken || m.answers(&o)) {
			return classify.Match
		}
	}
	return classify.NeedMore
}

// coapStreams accepts the capabilities and settings with which both sides must begin (RFC 8323, section
// 5.3), of one side on port 5683, elsewhere of both or with another message behind; and on that port a
// request midstream.
func coapStreams(p *classify.Probe, usual bool) classify.Outcome {
	out, settings := classify.Never, 0
	if match.BehindGap(p) {
		return classify.NeedMore
	}
	for s := classify.Client; s <= classify.Server; s++ {
		b := p.Stream(s)
		if len(b) == 0 {
			continue
		}
		csm, verdict := coapSettings(b)
		switch {
		case verdict == classify.Match:
			out = classify.NeedMore
			if csm == 2 && !usual {
				continue // two bytes prove nothing
			}
			settings++
			if _, size, ok := coapFrame(b[csm:]); ok == classify.Match && size > 0 {
				settings++
			}
		case verdict == classify.NeedMore:
			out = classify.NeedMore
		case usual && p.Midstream(s):
			if m, _, ok := coapFrame(b); ok == classify.Match && m.request && m.text >= 4 {
				return classify.Match
			}
		}
	}
	if settings >= 2 || settings > 0 && usual {
		return classify.Match
	}
	return out
}

// coapSettings checks a message of code 7.01 that begins b, with the options of
// its own, and returns its length (RFC 8323, section 5.3).
func coapSettings(b []byte) (size int, out classify.Outcome) {
	const code, maxMessageSize, blockWise = 0xe1, 2, 4
	const longest = 12 // its length fits the nibble
	n := int(b[0] >> 4)
	switch {
	case b[0]&0x0f != 0 || n > longest || len(b) > 1 && b[1] != code:
		return 0, classify.Never
	case len(b) < 2+n:
		return 0, classify.NeedMore
	}
	number := 0
	for rest := b[2 : 2+n]; len(rest) > 0; {
		length := int(rest[0] & 0x0f)
		number += int(rest[0] >> 4)
		if length > len(rest)-1 || number != maxMessageSize && number != blockWise || length > 4 || number == blockWise && length > 0 {
			return 0, classify.Never
		}
		rest = rest[1+length:]
	}
	return 2 + n, classify.Match
}

// coapFrame reads a message as it stands in a stream: length of what follows
// the token, length of the token, the length's extension, code, token (RFC 8323, section 3.2).
func coapFrame(b []byte) (m coapHeader, size int, out classify.Outcome) {
	if len(b) < 2 {
		return m, 0, classify.NeedMore
	}
	length, token, at := int(b[0]>>4), int(b[0]&0x0f), 1
	switch {
	case token > 8:
		return m, 0, classify.Never
	case length == 13:
		length, at = int(b[1])+13, 2
	case length == 14 && len(b) >= 3:
		length, at = wire.U16(b[1:])+269, 3
	case length >= 14:
		return m, 0, classify.Never
	}
	size = at + 1 + token + length
	if len(b) < size {
		return m, 0, classify.NeedMore
	}
	code := b[at]
	if code == 0 || code>>5 != 0 && code>>5 != 2 && code>>5 != 4 && code>>5 != 5 && code>>5 != 7 || code>>5 == 0 && code > 7 {
		return m, 0, classify.Never
	}
	m.request = code>>5 == 0
	if code>>5 != 7 && !m.options(b[at+1+token:size], true) {
		return m, 0, classify.Never
	}
	return m, size, classify.Match
}

type coapHeader struct {
	id      int
	token   []byte
	request bool
	kind    byte // 0 confirmable, 1 not, 2 acknowledgement, 3 reset
	empty   bool
	// text is the length of host, path and query in the options.
	text int
	// graphic is set where all of that is printable.
	graphic bool
	// brings is set where a content follows whose format is told.
	brings bool
}

// answers reports whether m is a response that acknowledges the request o: a
// token, if only of one byte, comes back (RFC 7252, sections 5.2.1 and 5.3.1).
func (m *coapHeader) answers(o *coapHeader) bool {
	return o.request && o.kind == 0 && !o.empty && m.kind == 2 && !m.request && len(m.token) > 0 && string(m.token) == string(o.token)
}

// coapMessage reads header, token and options (RFC 7252, section 3 and 3.1).
func coapMessage(b []byte, size int) (m coapHeader, ok bool) {
	if len(b) < 4 || b[0]>>6 != 1 || b[0]&0x0f > 8 {
		return m, false
	}
	token, class, detail, kind := int(b[0]&0x0f), b[1]>>5, b[1]&0x1f, b[0]>>4&3
	if len(b) < 4+token {
		return m, false
	}
	m.id, m.token, m.request = wire.U16(b[2:]), b[4:4+token], class == 0
	m.kind, m.empty = byte(kind), b[1] == 0
	switch {
	case b[1] == 0: // empty: ping, acknowledgement or reset
		return m, token == 0 && size == 4 && kind != 1
	case class == 0 && (detail > 7 || kind > 1),
		class == 2 && (detail == 0 || detail > 5 && detail != 31),
		class == 4 && detail > 15 && detail != 22 && detail != 29,
		class == 5 && detail > 8,
		class != 0 && class != 2 && class != 4 && class != 5:
		return m, false
	}
	return m, m.options(b[4+token:], len(b) == size)
}

// coapMaxOptions is how many options a message has at most: a path of many parts has some.
const coapMaxOptions = 64

// options walks the options (RFC 7252, section 3.1). whole tells that the
// datagram was not cut.
func (m *coapHeader) options(b []byte, whole bool) bool {
	number := 0
	m.graphic = true
	format := false
	for n := 0; len(b) > 0; n++ {
		if n == coapMaxOptions {
			return false
		}
		if b[0] == 0xff {
			m.brings = format
			return len(b) > 1
		}
		delta, length := int(b[0]>>4), int(b[0]&0x0f)
		b = b[1:]
		for _, v := range [...]*int{&delta, &length} {
			switch {
			case *v == 13 && len(b) >= 1:
				*v, b = int(b[0])+13, b[1:]
			case *v == 14 && len(b) >= 2:
				*v, b = wire.U16(b)+269, b[2:]
			case *v >= 13:
				return false
			}
		}
		number += delta
		if length > coapOptions[number] || number == 0 {
			return false
		}
		if length > len(b) {
			return !whole
		}
		switch number {
		case 12:
			format = true
		case 3, 8, 11, 15, 20, 35, 39:
			if !utf8.Valid(b[:length]) || !classify.IsPrintable(b[:min(length, 3)]) {
				return false
			}
			m.text += length
			m.graphic = m.graphic && classify.IsPrintable(b[:length])
		}
		b = b[length:]
	}
	return true
}

// coapDraft checks a request as the drafts before RFC 7252 had it: a number of
// options in place of the token's length, and options up to 15 (draft 12,
// section 3.1).
func coapDraft(b []byte) bool {
	if len(b) < 4 || b[0]>>5 != 2 || b[1] == 0 || b[1] > 4 {
		return false
	}
	number, text := 0, 0
	count, b := int(b[0]&0x0f), b[4:]
	for ; count > 0 && len(b) > 0; count-- {
		number += int(b[0] >> 4)
		length := int(b[0] & 0x0f)
		if number == 0 || number > 15 || length == 15 || length > len(b)-1 {
			return false
		}
		if number == 5 || number == 9 || number == 15 {
			if !classify.IsPrintable(b[1 : 1+length]) {
				return false
			}
			text += length
		}
		b = b[1+length:]
	}
	return count == 0 && text >= 6
}

// coapOptions gives the greatest length of each option (RFC 7252, section
// 5.10; RFC 7641, 7959, 8516, 8613, 7967, 9177, 9175).
var coapOptions = map[int]int{
	1: 8, 3: 255, 4: 8, 5: 1, 6: 3, 7: 2, 8: 255, 9: 255, 11: 255, 12: 2, 14: 4, 15: 255, 16: 1, 17: 2, 19: 3, 20: 255,
	23: 3, 27: 3, 28: 4, 31: 3, 35: 1034, 39: 255, 60: 4, 252: 40, 258: 1, 292: 8,
}

// coapSpeaker tells by the class of the code (RFC 7252, section 3): 0 is a request, 2 to 5 a response.
func coapSpeaker(t classify.Transport, b []byte) classify.Speaker {
	if t != classify.UDP || len(b) < 4 || b[1] == 0 {
		return classify.AnySpeaker
	}
	switch b[1] >> 5 {
	case 0:
		return classify.ClientSpeaks
	case 2, 4, 5:
		return classify.ServerSpeaks
	}
	return classify.AnySpeaker
}
