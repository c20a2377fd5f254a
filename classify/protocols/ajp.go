package protocols

import (
	"encoding/binary"

	"servmap/classify"
)

// ajp is the Apache JServ Protocol, version 1.3, from web server to container.
var ajp = classify.Protocol{
	Name:      "AJP",
	Category:  "Web",
	Transport: classify.TCP,
	TCPPorts:  []uint16{8009, 8010},
	Reference: "AJPv13, The Apache Tomcat Connectors",

	FirstBytes: classify.Bytes("\x12A"),
	Recognise:  recogniseAJP,
}

// recogniseAJP accepts the two magic words (0x1234 towards the container, "AB"
// from it) with a length and a message that begins as its code asks for.
func recogniseAJP(p *classify.Probe) classify.Outcome {
	b := p.Stream(p.From)
	if len(b) < 2 {
		if b[0] == 0x12 || b[0] == 'A' {
			return classify.NeedMore
		}
		return classify.Never
	}
	client := b[0] == 0x12 && b[1] == 0x34
	if !client && (b[0] != 'A' || b[1] != 'B') {
		return classify.Never
	}
	if len(b) < 5 {
		return classify.NeedMore
	}
	size, code := int(binary.BigEndian.Uint16(b[2:])), b[4]
	if client {
		p.ClientIs(p.From)
		switch {
		case code == 2:
			return ajpForward(p, b)
		case (code == 7 || code == 8 || code == 10) && size == 1:
			return classify.Match
		}
		return classify.Never
	}
	p.ClientIs(p.From.Other())
	switch {
	case code == 9 && size == 1, code == 5 && size == 2 && len(b) >= 6 && b[5] <= 1:
		return classify.Match
	case code == 4: // the response's head: status, message, number of fields
		if len(b) < 9 {
			return classify.NeedMore
		}
		status, text := binary.BigEndian.Uint16(b[5:]), binary.BigEndian.Uint16(b[7:])
		if size >= 8 && status >= 100 && status <= 599 && (text < 200 || text == 0xffff) {
			return classify.Match
		}
	}
	return classify.Never
}

// ajpForward checks a forwarded request: method, then protocol, URI, the
// client's address and name, and the server's name as strings.
func ajpForward(p *classify.Probe, b []byte) classify.Outcome {
	if len(b) < 14 {
		return classify.NeedMore
	}
	if b[5] == 0 || b[5] > 28 && b[5] != 0xff || binary.BigEndian.Uint16(b[6:]) != 8 || string(b[8:13]) != "HTTP/" {
		return classify.Never
	}
	rest := b[6:]
	for i := range 5 {
		if len(rest) < 2 {
			break
		}
		n := int(binary.BigEndian.Uint16(rest))
		if n == 0xffff { // a string that is missing
			rest = rest[2:]
			continue
		}
		if len(rest) < 3+n {
			break
		}
		if i == 4 {
			p.Found.ServerName = string(rest[2 : 2+n])
		}
		rest = rest[3+n:]
	}
	return classify.Match
}
