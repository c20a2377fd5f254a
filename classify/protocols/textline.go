package protocols

import (
	"bytes"

	"servmap/classify"
)

// maxTextLine is the longest line that the text protocols here are read with;
// RFC 5321, section 4.5.3.1, allows 1,000 bytes.
const maxTextLine = 1000

// cutLine returns the first line of b without its end, and what follows it. whole is
// false where the line is not finished.
func cutLine(b []byte) (line, rest []byte, whole bool) {
	i := bytes.IndexByte(b[:min(len(b), maxTextLine)], '\n')
	if i < 0 {
		return b[:min(len(b), maxTextLine+1)], nil, false
	}
	return bytes.TrimSuffix(b[:i], []byte("\r")), b[i+1:], true
}

// endsInCRLF reports whether line, which cutLine cut off b, ended in CR LF.
func endsInCRLF(b, line []byte) bool { return len(b) > len(line) && b[len(line)] == '\r' }

// hasFoldPrefix reports whether b begins with the ASCII text s, given in
// upper case, whatever the case of b.
func hasFoldPrefix(b []byte, s string) bool {
	return len(b) >= len(s) && foldPrefix(b, s)
}

// maybeFoldPrefix is hasFoldPrefix for a b that may be cut short.
func maybeFoldPrefix(b []byte, s string) bool {
	return foldPrefix(b[:min(len(b), len(s))], s[:min(len(b), len(s))])
}

func foldPrefix(b []byte, s string) bool {
	for i := range len(s) {
		c := b[i]
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c != s[i] {
			return false
		}
	}
	return true
}

// containsFold reports whether the ASCII text s, in upper case, is in b. Lines of text are
// searched for several words each: the first byte decides nearly always.
func containsFold(b []byte, s string) bool {
	first := s[0]
	fold := byte(0)
	if first >= 'A' && first <= 'Z' {
		fold = 'a' - 'A'
	}
	for i := 0; i+len(s) <= len(b); i++ {
		if b[i]&^fold == first && foldPrefix(b[i:], s) {
			return true
		}
	}
	return false
}

// anyFoldPrefix looks b up among words in upper case: Match where b begins
// with one of them, NeedMore where b is the beginning of one.
func anyFoldPrefix(b []byte, words []string) classify.Outcome {
	out := classify.Never
	if len(b) == 0 {
		if len(words) > 0 {
			out = classify.NeedMore
		}
		return out
	}
	first := b[0]
	if first >= 'a' && first <= 'z' {
		first -= 'a' - 'A'
	}
	for _, w := range words {
		if w[0] != first {
			continue
		}
		if hasFoldPrefix(b, w) {
			return classify.Match
		}
		if len(b) < len(w) && maybeFoldPrefix(b, w) {
			out = classify.NeedMore
		}
	}
	return out
}

// replyLine reads the code of a line of a server that answers with three
// digits (RFC 959, section 4.2; RFC 5321, section 4.2): Match with the code
// where the four bytes of code and separator are there.
func replyLine(b []byte) (code int, outcome classify.Outcome) {
	for i, c := range b[:min(len(b), 4)] {
		switch {
		case i == 0 && (c < '1' || c > '5'), i > 0 && i < 3 && (c < '0' || c > '9'):
			return 0, classify.Never
		case i == 3 && c != ' ' && c != '-' && c != '\r':
			return 0, classify.Never
		}
	}
	if len(b) < 4 {
		return 0, classify.NeedMore
	}
	return int(b[0]-'0')*100 + int(b[1]-'0')*10 + int(b[2]-'0'), classify.Match
}

// tlsAfterText returns what follows the text at the beginning of a stream from the
// first TLS handshake record on; nil where there is none.
func tlsAfterText(b []byte) []byte {
	for i := 0; ; {
		n := bytes.Index(b[i:], []byte("\x16\x03"))
		if n < 0 {
			return nil
		}
		if i += n; i > 0 && (b[i-1] == '\n' || b[i-1] == '>') {
			return b[i:]
		}
		i++
	}
}

// wentToTLS reads the TLS that a conversation in text has gone over to, puts what it
// tells into Found, and reports whether there is any.
func wentToTLS(p *classify.Probe) bool {
	client, server := tlsAfterText(p.Stream(classify.Client)), tlsAfterText(p.Stream(classify.Server))
	if client == nil && server == nil {
		return false
	}
	f := readTLS(client, server)
	if !f.seen() {
		return false
	}
	f.put(p)
	return true
}

// textPatience is how many payloads a conversation in text is watched for going over to TLS.
const textPatience = 16
