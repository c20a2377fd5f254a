package wire

import (
	"bytes"
	"math"
)

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
	// known holds the lines of fields that recognisers ask for, and prefixes which beginnings
	// of names were met: a head is read once, however many fields are asked for.
	known    [len(knownFields)]fieldLine
	prefixes [len(knownPrefixes)]bool
}

// fieldLine is where the line of a field stands in HTTPHead.fields; end is 0 where there is none.
type fieldLine struct{ start, end int32 }

// knownFields and knownPrefixes are names of fields, and beginnings of such, that are
// noted while a head is read.
var (
	knownFields   = [...]string{"Host", "User-Agent", "Content-Type", "Upgrade", "SOAPAction", "Server", "Transport"}
	knownPrefixes = [...]string{"X-Lgy-", "icy-", "ice-", "X-Gnutella"}
	// knownFirst are the bytes that they begin with, in either case.
	knownFirst = firstBytes(knownFields[:], knownPrefixes[:])
)

func firstBytes(lists ...[]string) (set [256]bool) {
	for _, list := range lists {
		for _, name := range list {
			set[name[0]|0x20], set[name[0]&^0x20] = true, true
		}
	}
	return set
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

// maxBlanks is how many blanks more than one may stand before a request's target.
// RFC 9112, section 3, lets recipients take any white space for one blank.
const maxBlanks = 256

// maxRequestLine is how long a request line may grow before its end is seen. RFC 9112, section 3,
// asks for at least 8000 bytes.
const maxRequestLine = 8192

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
	for n := 0; n < maxBlanks && len(rest) > 0 && rest[0] == ' '; n++ {
		rest = rest[1:]
	}
	if len(rest) > 0 && rest[0] == ' ' || end < 0 && len(b) > maxRequestLine {
		return h, HTTPNo
	}
	if end < 0 {
		h.Target = rest
		return h, HTTPPartial
	}
	rest = bytes.TrimRight(rest, " \t") // RFC 9112, section 3, lets recipients ignore white space at the end
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
			for i, prefix := range knownPrefixes { // of these the beginning is enough
				h.prefixes[i] = h.prefixes[i] || hasField(b[at:], prefix)
			}
			break
		}
		if end == 0 || end == 1 && b[at] == '\r' {
			h.fields, h.Body, h.Complete = b[:at], b[at+end+1:], true
			return
		}
		if knownFirst[b[at]] {
			h.note(b, at, at+end)
		}
		at += end + 1
	}
	h.fields = b
}

// note keeps where a field stands that may be asked for, if it is the first of its name.
func (h *HTTPHead) note(b []byte, start, end int) {
	line := b[start:end]
	for i, name := range knownFields {
		if isField(line, name) && h.known[i].end == 0 && end <= math.MaxInt32 {
			h.known[i] = fieldLine{int32(start), int32(end)}
		}
	}
	for i, prefix := range knownPrefixes {
		h.prefixes[i] = h.prefixes[i] || hasField(line, prefix)
	}
}

// isField reports whether a line has the field of that name, hasField whether its name begins so.
func isField(line []byte, name string) bool {
	return len(line) > len(name) && line[len(name)] == ':' && equalFold(line[:len(name)], name)
}

func hasField(line []byte, prefix string) bool {
	return len(line) >= len(prefix) && equalFold(line[:len(prefix)], prefix)
}

// Field returns the value of the first field of that name, without blanks
// around it. The name's case does not matter (RFC 9110, section 5.1). A value whose line
// is not there in full counts as missing.
func (h *HTTPHead) Field(name string) []byte {
	for i, known := range knownFields {
		if known == name {
			at := h.known[i]
			if at.end == 0 {
				return nil
			}
			return bytes.TrimSpace(h.fields[int(at.start)+len(name)+1 : at.end])
		}
	}
	for b := h.fields; len(b) > 0; {
		end := bytes.IndexByte(b, '\n')
		if end < 0 {
			return nil
		}
		line := b[:end]
		b = b[end+1:]
		if isField(line, name) {
			return bytes.TrimSpace(line[len(name)+1:])
		}
	}
	return nil
}

// FieldPrefix reports whether there is a field whose name begins so.
func (h *HTTPHead) FieldPrefix(prefix string) bool {
	for i, known := range knownPrefixes {
		if known == prefix {
			return h.prefixes[i]
		}
	}
	for b := h.fields; len(b) > 0; {
		if hasField(b, prefix) {
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
func equalFold[T []byte | string](b []byte, s T) bool {
	if len(b) != len(s) {
		return false
	}
	for i := range b {
		if lower(b[i]) != lower(s[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
