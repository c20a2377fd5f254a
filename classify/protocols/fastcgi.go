package protocols

import (
	"bytes"
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

// fastcgi is FastCGI, from web server to application.
var fastcgi = classify.Protocol{
	Name:      "FastCGI",
	Category:  "Network",
	Transport: classify.TCP,
	TCPPorts:  []uint16{9000},
	NoGuess:   true, // port 9000 is everybody's
	Reference: "FastCGI Specification 1.0, sections 3.3 and 5.1",

	FirstBytes: classify.Bytes("\x01"),
	Recognise:  recogniseFastCGI,
}

const (
	fcgiHeader = 8
	fcgiBegin  = 1
	fcgiEnd    = 3
	fcgiParams = 4
	fcgiStdin  = 5
	fcgiStdout = 6
	fcgiData   = 8
	fcgiValues = 9
)

// recogniseFastCGI accepts a record that begins a request (FastCGI 1.0, section 5.1) or asks for
// values; from the application, output that begins with a field of a response's head, or the end of a
// request; and, midstream, a request's parameters.
func recogniseFastCGI(p *classify.Probe) classify.Outcome {
	b := p.Stream(p.From)
	if p.Midstream(p.From) && len(b) > 0 && b[0] != 1 {
		b = p.Payload // it may begin with a record
	}
	if len(b) == 0 || b[0] != 1 {
		return classify.Never
	}
	if len(b) < 16 {
		return classify.NeedMore
	}
	size, padding := int(binary.BigEndian.Uint16(b[4:])), int(b[6])
	if b[7] != 0 || padding > 8 {
		return classify.Never
	}
	switch b[1] {
	case fcgiBegin:
		if size != 8 || padding != 0 || b[8] != 0 || b[9] == 0 || b[9] > 3 || b[10] > 1 || string(b[11:16]) != "\x00\x00\x00\x00\x00" {
			return classify.Never
		}
		p.ClientIs(p.From)
		if !fcgiFound(p, b[16:]) && p.Count(p.From) < 4 {
			p.KeepLooking()
		}
		return classify.Match
	case fcgiValues:
		if b[2] == 0 && b[3] == 0 && bytes.Contains(b, []byte("FCGI_M")) {
			p.ClientIs(p.From)
			return classify.Match
		}
	case fcgiStdout:
		out := fcgiField(b[fcgiHeader:min(len(b), fcgiHeader+size)], len(b) < fcgiHeader+size)
		if out == classify.Match {
			p.ClientIs(p.From.Other())
		}
		return out
	case fcgiEnd:
		// A status of the application's, one of four of the protocol's, and zeros (section 5.5).
		if size == 8 && padding == 0 && b[2]|b[3] != 0 && b[12] <= 3 && b[13]|b[14]|b[15] == 0 && (len(b) == 16 || b[16] == 1) {
			p.ClientIs(p.From.Other())
			return classify.Match
		}
	case fcgiParams:
		for _, name := range [...]string{"SCRIPT_NAME", "REQUEST_METHOD", "GATEWAY_INTERFACE", "SERVER_PROTOCOL"} { // RFC 3875, section 4.1
			if bytes.Contains(b[:min(len(b), fcgiHeader+size)], []byte(name)) {
				p.ClientIs(p.From)
				return classify.Match
			}
		}
		if len(b) < min(fcgiHeader+size, 4096) {
			return classify.NeedMore
		}
	}
	// Midstream, the rest of a request comes first, and the answer decides.
	if p.Midstream(p.From) && (b[1] == fcgiParams || b[1] == fcgiStdin || b[1] == fcgiData) && p.Count(p.From) < match.Patience {
		return classify.NeedMore
	}
	return classify.Never
}

// fcgiField accepts a field of a response's head: a name, a colon, and text to the line's end (RFC
// 3875, section 6.3). more says that the line may go on.
func fcgiField(b []byte, more bool) classify.Outcome {
	line, _, whole := match.Line(b)
	name, value, ok := bytes.Cut(line, []byte(":"))
	if len(name) > 40 || !classify.IsText(value) || ok && (len(name) < 3 || whole && len(value) == 0) {
		return classify.Never
	}
	for _, c := range name {
		if c != '-' && (c|0x20 < 'a' || c|0x20 > 'z') {
			return classify.Never
		}
	}
	switch {
	case ok && whole:
		return classify.Match
	case !whole && more && len(line) < match.MaxLine:
		return classify.NeedMore
	}
	return classify.Never
}

// fcgiFound reads the parameters behind the first record (section 3.4) and
// reports whether they were there.
func fcgiFound(p *classify.Probe, b []byte) bool {
	if len(b) < fcgiHeader || b[1] != fcgiParams {
		return false
	}
	size := int(binary.BigEndian.Uint16(b[4:]))
	whole := len(b) >= fcgiHeader+size
	b = b[fcgiHeader:min(len(b), fcgiHeader+size)]
	server := ""
	for {
		name, rest, ok1 := fcgiLength(b)
		value, rest, ok2 := fcgiLength(rest)
		if !ok1 || !ok2 || len(rest) < name+value {
			break
		}
		text := string(rest[name : name+value])
		switch string(rest[:name]) {
		case "HTTP_HOST":
			p.Found.ServerName = string(wire.HostOnly(rest[name : name+value]))
		case "SERVER_NAME":
			server = text
		case "HTTP_USER_AGENT":
			p.Found.UserAgent = text
		case "CONTENT_TYPE":
			p.Found.ContentType = text
		}
		b = rest[name+value:]
	}
	if p.Found.ServerName == "" {
		p.Found.ServerName = server
	}
	return whole
}

// fcgiLength reads a length of one byte or, with the high bit set, of four.
func fcgiLength(b []byte) (int, []byte, bool) {
	if len(b) >= 1 && b[0] < 0x80 {
		return int(b[0]), b[1:], true
	}
	if len(b) < 4 {
		return 0, nil, false
	}
	// In two halves: with its high bit set, the whole is more than an int holds on 32-bit systems.
	n := wire.U16(b)&0x7fff<<16 | wire.U16(b[2:])
	return n, b[4:], n < 1<<16
}
