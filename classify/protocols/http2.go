package protocols

import (
	"encoding/binary"
	"strings"

	"servmap/classify"
)

// http2 is HTTP/2 without TLS, begun with prior knowledge.
var http2 = classify.Protocol{
	Name:      "HTTP2",
	Category:  "Web",
	Transport: classify.TCP,
	Reference: "RFC 9113, sections 3.4, 4.1 and 6.5",

	Recognise: recogniseHTTP2,
}

const http2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// recogniseHTTP2 accepts the client's connection preface (RFC 9113, section
// 3.4), or from the server the frame that must come first: SETTINGS that are not
// empty, followed by another frame's header.
func recogniseHTTP2(p *classify.Probe) classify.Outcome {
	b := p.Stream(p.From)
	if n := min(len(b), len(http2Preface)); n > 0 && string(b[:n]) == http2Preface[:n] {
		if n < len(http2Preface) {
			return classify.NeedMore
		}
		p.ClientIs(p.From)
		return classify.Match
	}
	if len(b) == 0 || b[0] != 0 || !http2Settings(b) {
		if strings.HasPrefix(http2Preface, string(p.Stream(p.From.Other()))) {
			return classify.NeedMore
		}
		return classify.Never
	}
	p.ClientIs(p.From.Other())
	return classify.Match
}

// http2Settings checks a SETTINGS frame of known parameters (RFC 9113, section
// 6.5.2) and the header of the frame behind it.
func http2Settings(b []byte) bool {
	const header, settings = 9, 4
	if len(b) < header+6 || b[0] != 0 || b[1] != 0 || b[3] != settings || b[4] != 0 || binary.BigEndian.Uint32(b[5:]) != 0 {
		return false
	}
	size := int(b[2])
	if size == 0 || size%6 != 0 || size > 96 || len(b) < header+size {
		return false
	}
	for at := header; at < header+size; at += 6 {
		if id := binary.BigEndian.Uint16(b[at:]); id == 0 || id > 16 {
			return false
		}
	}
	next := b[header+size:]
	return len(next) >= header && next[0] == 0 && next[3] <= 12 && next[5]&0x80 == 0
}
