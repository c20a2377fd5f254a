package protocols

import (
	"bytes"

	"servmap/classify"
	"servmap/classify/match"
)

var nmea = classify.Protocol{
	Name: "NMEA_0183", Category: "IoT-Scada", Transport: classify.TCP | classify.UDP, AlsoPorts: []uint16{10110}, NoGuess: true,
	FirstBytes: classify.Bytes("$!\\"), Recognise: recogniseNMEA, Reference: "NMEA 0183, section 5.3; IEC 61162-1, section 7",
}

// recogniseNMEA accepts a sentence: who talks and the formatter in capitals and digits, fields, and the
// checksum; a tag block may stand before it (NMEA 0183, section 7). Over TCP a later line may be the first
// whole one.
func recogniseNMEA(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.UDP {
		if nmeaLine(p.Payload) == classify.Match {
			return classify.Match
		}
		return classify.Never
	}
	return match.Either(p, nmeaLine)
}

// nmeaLine checks the first line of b, from its first byte on.
func nmeaLine(b []byte) classify.Outcome {
	const longest, longestBlock = 120, 96
	if b[0] == '\\' {
		end := bytes.IndexByte(b[1:min(len(b), longestBlock)], '\\')
		switch {
		case end < 0 && len(b) < longestBlock && classify.IsPrintable(b):
			return classify.NeedMore
		case end < 4 || !nmeaSum(b[1:1+end]):
			return classify.Never
		case len(b) == end+2:
			return classify.NeedMore
		}
		b = b[end+2:]
	}
	if b[0] != '$' && b[0] != '!' {
		return classify.Never
	}
	line, _, whole := match.Line(b[:min(len(b), longest)])
	comma := bytes.IndexByte(line, ',')
	switch {
	case !classify.IsPrintable(bytes.TrimSuffix(line, []byte("\r"))), comma < 0 && len(line) > 8, comma >= 0 && (comma < 4 || comma > 7):
		return classify.Never
	case !whole && len(b) < longest && !nmeaSum(line[1:]):
		return classify.NeedMore
	case comma < 0:
		return classify.Never
	}
	for _, c := range line[1:comma] {
		if !(c >= 'A' && c <= 'Z' || c >= '0' && c <= '9') {
			return classify.Never
		}
	}
	if nmeaSum(bytes.TrimRight(line[1:], "\r ")) {
		return classify.Match
	}
	return classify.Never
}

// nmeaSum reports whether b ends in a star and the exclusive or of all before it, in two hexadecimal digits.
func nmeaSum(b []byte) bool {
	const digits = "0123456789ABCDEF"
	if len(b) < 4 || b[len(b)-3] != '*' {
		return false
	}
	sum := byte(0)
	for _, c := range b[:len(b)-3] {
		sum ^= c
	}
	high, low := b[len(b)-2], b[len(b)-1]
	if high >= 'a' {
		high -= 'a' - 'A'
	}
	if low >= 'a' {
		low -= 'a' - 'A'
	}
	return high == digits[sum>>4] && low == digits[sum&15]
}
