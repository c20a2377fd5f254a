package wire

import "bytes"

// HTTPHead is the head of a request or response of HTTP/1, or of one of the
// protocols that took over its form: RTSP, SIP, ICY, SSDP. Everything in it is borrowed
// from the bytes it was parsed from.
type HTTPHead struct {
	// Request tells a request from a response.
	Request bool
	// Method and Target are a request's: "GET", "/index.html".
	Method, Target []byte
	// Status is a response's code, 100 to 999, and Reason the text after it.
	Status int
	Reason []byte
	// Complete tells that the empty line after the head was there.
	Complete bool
	// Body is what follows the head, where it is complete.
	Body []byte

	fields []byte
}

// HTTPState says how far the bytes at hand are the head of a message.
type HTTPState uint8

// The states: no such head; a possible beginning of one; a start line in full,
// with as many of the fields as are there.
const (
	HTTPNo HTTPState = iota
	HTTPPartial
	HTTPYes
)

// maxMethod is the longest method in the registry of RFC 9110, section 16.1
// (UPDATEREDIRECTREF), with some room.
const maxMethod = 20

// ParseHTTPHead parses the head of a message (RFC 9112, sections 2 to 5).
// version is what stands in place of "HTTP/1.": with it must begin the last word
// of a request line or the first of a status line. A single LF ends a line as well.
func ParseHTTPHead(b []byte, version string) (HTTPHead, HTTPState) {
	if len(b) == 0 {
		return HTTPHead{}, HTTPNo
	}
	if len(b) >= len(version) && string(b[:len(version)]) == version {
		return parseStatusLine(b, len(version))
	}
	var h HTTPHead
	i := 0
	for i < len(b) && i <= maxMethod && isMethodByte(b[i]) {
		i++
	}
	if i == len(b) {
		return h, HTTPPartial
	}
	if len(b) < len(version) && string(b) == version[:len(b)] {
		return h, HTTPPartial
	}
	if i < 3 || i > maxMethod || b[i] != ' ' {
		return h, HTTPNo
	}
	h.Request = true
	h.Method = b[:i]
	end := bytes.IndexByte(b, '\n')
	line := trimCR(b) // the LF may come with the next segment
	if end >= 0 {
		line = trimCR(b[:end])
	}
	rest := line[i+1:]
	for _, c := range rest {
		if c < ' ' && c != '\t' {
			return h, HTTPNo
		}
	}
	rest = bytes.TrimLeft(rest, " ")
	if end < 0 {
		h.Target = rest
		return h, HTTPPartial
	}
	space := bytes.LastIndexByte(rest, ' ')
	if space <= 0 {
		return h, HTTPNo
	}
	if v := rest[space+1:]; len(v) != len(version)+1 || string(v[:len(version)]) != version || !isDigit(v[len(version)]) {
		return h, HTTPNo
	}
	h.Target = rest[:space]
	h.split(b[end+1:])
	return h, HTTPYes
}

func parseStatusLine(b []byte, version int) (HTTPHead, HTTPState) {
	var h HTTPHead
	rest := b[version:]
	// A digit of the version, a blank, three digits, a blank or the line's end.
	for i := 0; i < 5; i++ {
		if i >= len(rest) {
			return h, HTTPPartial
		}
		if i == 1 && rest[i] != ' ' || i != 1 && !isDigit(rest[i]) {
			return h, HTTPNo
		}
	}
	if len(rest) > 5 && rest[5] != ' ' && rest[5] != '\r' && rest[5] != '\n' || rest[2] == '0' {
		return h, HTTPNo
	}
	h.Status = int(rest[2]-'0')*100 + int(rest[3]-'0')*10 + int(rest[4]-'0')
	end := bytes.IndexByte(b, '\n')
	if end < 0 {
		return h, HTTPPartial
	}
	h.Reason = bytes.TrimSpace(b[version+5 : max(version+5, end)])
	h.split(b[end+1:])
	return h, HTTPYes
}

// split parts the fields from the body at the first empty line.
func (h *HTTPHead) split(b []byte) {
	for at := 0; at < len(b); {
		end := bytes.IndexByte(b[at:], '\n')
		if end < 0 {
			break
		}
		if end == 0 || end == 1 && b[at] == '\r' {
			h.fields, h.Body, h.Complete = b[:at], b[at+end+1:], true
			return
		}
		at += end + 1
	}
	h.fields = b
}

// Field returns the value of the first field of that name, without blanks
// around it. The name's case does not matter (RFC 9110, section 5.1). A value whose line
// is not there in full counts as missing.
func (h *HTTPHead) Field(name string) []byte {
	for b := h.fields; len(b) > 0; {
		end := bytes.IndexByte(b, '\n')
		if end < 0 {
			return nil
		}
		line := b[:end]
		b = b[end+1:]
		if len(line) <= len(name) || line[len(name)] != ':' || !equalFold(line[:len(name)], name) {
			continue
		}
		return bytes.TrimSpace(line[len(name)+1:])
	}
	return nil
}

// FieldPrefix reports whether there is a field whose name begins so.
func (h *HTTPHead) FieldPrefix(prefix string) bool {
	for b := h.fields; len(b) > 0; {
		if len(b) >= len(prefix) && equalFold(b[:len(prefix)], prefix) {
			return true
		}
		end := bytes.IndexByte(b, '\n')
		if end < 0 {
			return false
		}
		b = b[end+1:]
	}
	return false
}

// HostOnly cuts the port from a host as it stands in a Host field or an
// authority (RFC 3986, section 3.2): "a.example:8080", "[2001:db8::1]:80". User
// information before it goes as well.
func HostOnly(host []byte) []byte {
	if at := bytes.LastIndexByte(host, '@'); at >= 0 {
		host = host[at+1:]
	}
	if len(host) > 0 && host[0] == '[' {
		if end := bytes.IndexByte(host, ']'); end > 0 {
			return host[1:end]
		}
		return host
	}
	if colon := bytes.IndexByte(host, ':'); colon >= 0 && bytes.IndexByte(host[colon+1:], ':') < 0 {
		return host[:colon]
	}
	return host
}

// isMethodByte tells the characters of methods in use: capitals, and the
// hyphen and underscore of M-SEARCH and RPC_IN_DATA.
func isMethodByte(c byte) bool { return c >= 'A' && c <= 'Z' || c == '-' || c == '_' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func trimCR(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] == '\r' {
		return b[:n-1]
	}
	return b
}

// equalFold compares ASCII text without regard to case.
func equalFold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i := range b {
		x, y := b[i], s[i]
		if 'A' <= x && x <= 'Z' {
			x += 'a' - 'A'
		}
		if 'A' <= y && y <= 'Z' {
			y += 'a' - 'A'
		}
		if x != y {
			return false
		}
	}
	return true
}
