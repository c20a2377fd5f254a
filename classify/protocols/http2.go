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

	FirstBytes: classify.Bytes("\x00P"),
	Recognise:  recogniseHTTP2,
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
	out := http2Settings(b)
	if out == classify.Match {
		p.ClientIs(p.From.Other())
	}
	if other := p.Stream(p.From.Other()); len(other) > 0 && strings.HasPrefix(http2Preface, string(other)) {
		return max(out, classify.NeedMore)
	}
	return out
}

// http2Settings accepts a SETTINGS frame of known parameters (RFC 9113, section
// 6.5.2) and the header of the frame behind it.
func http2Settings(b []byte) classify.Outcome {
	const header, settings = 9, 4
	start := [header]byte{3: settings}
	for i, c := range b[:min(len(b), header)] {
		if c != start[i] && (i != 2 || c%6 != 0 || c > 96) || i == 2 && c == 0 {
			return classify.Never
		}
	}
	if len(b) < header {
		return classify.NeedMore
	}
	end := header + int(b[2])
	for at := header; at < end && at+2 <= len(b); at += 6 {
		if id := binary.BigEndian.Uint16(b[at:]); id == 0 || id > 16 {
			return classify.Never
		}
	}
	if len(b) < end+header {
		return classify.NeedMore
	}
	if next := b[end:]; next[0] != 0 || next[3] > 12 || next[5]&0x80 != 0 {
		return classify.Never
	}
	return classify.Match
}
