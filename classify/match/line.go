package match

import (
	"bytes"

	"servmap/classify"
)

// MaxLine is the length in bytes of the longest line that recognisers of text read. RFC 5321,
// section 4.5.3.1, allows 1,000.
const MaxLine = 1000

// Line returns the first line of b without its line end, and what follows it. whole is false where
// the line end is not there.
func Line(b []byte) (line, rest []byte, whole bool) {
	i := bytes.IndexByte(b[:min(len(b), MaxLine)], '\n')
	if i < 0 {
		return b[:min(len(b), MaxLine+1)], nil, false
	}
	return bytes.TrimSuffix(b[:i], []byte("\r")), b[i+1:], true
}

// EndsInCRLF reports whether line, which Line cut off b, ended in CR LF.
func EndsInCRLF(b, line []byte) bool { return len(b) > len(line) && b[len(line)] == '\r' }

// HasPrefixFold reports whether b begins with the ASCII text s in any case. s is in upper case.
func HasPrefixFold(b []byte, s string) bool {
	return len(b) >= len(s) && prefixFold(b, s)
}

// MaybePrefixFold is HasPrefixFold for a b that may stop before s does.
func MaybePrefixFold(b []byte, s string) bool {
	return prefixFold(b[:min(len(b), len(s))], s[:min(len(b), len(s))])
}

// prefixFold compares the first len(s) bytes of b, which has that many.
func prefixFold(b []byte, s string) bool {
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

// ContainsFold reports whether the ASCII text s is in b in any case. s is in upper case. Lines are
// searched for several words each, so the first byte is compared first: it decides nearly always.
func ContainsFold(b []byte, s string) bool {
	first := s[0]
	fold := byte(0)
	if first >= 'A' && first <= 'Z' {
		fold = 'a' - 'A'
	}
	for i := 0; i+len(s) <= len(b); i++ {
		if b[i]&^fold == first && prefixFold(b[i:], s) {
			return true
		}
	}
	return false
}

// AnyPrefixFold compares b with words in upper case: Match where b begins with one of them in any
// case, NeedMore where b is the beginning of one.
func AnyPrefixFold(b []byte, words []string) classify.Outcome {
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
		if HasPrefixFold(b, w) {
			return classify.Match
		}
		if len(b) < len(w) && MaybePrefixFold(b, w) {
			out = classify.NeedMore
		}
	}
	return out
}

// ReplyCode reads the code of a server's line that begins with three digits (RFC 959, section 4.2;
// RFC 5321, section 4.2): Match with the code where code and separator, four bytes, are there.
func ReplyCode(b []byte) (code int, outcome classify.Outcome) {
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
