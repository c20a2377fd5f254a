package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var soundweb = classify.Protocol{
	Name: "Soundweb", Category: "Media", Transport: classify.TCP, TCPPorts: []uint16{1023}, NoGuess: true,
	FirstBytes: classify.Bytes("\x02"), Recognise: recogniseSoundweb, Reference: "BSS Audio, Soundweb London Third Party Control",
}

// recogniseSoundweb accepts a message between STX and ETX, in which bytes that mean something stand as an
// escape and themselves with the highest bit: a command, what it is about, and the exclusive or of all.
func recogniseSoundweb(p *classify.Probe) classify.Outcome { return match.Either(p, soundwebMessage) }

func soundwebMessage(b []byte) classify.Outcome {
	const stx, etx, escape, longest, long, short = 0x02, 0x03, 0x1b, 32, 14, 6
	if b[0] != stx || len(b) > 1 && (b[1] < 0x88 || b[1] > 0x8f) {
		return classify.Never
	}
	n, sum := 0, byte(0)
	for i := 1; i < len(b) && i < longest; i++ {
		c := b[i]
		switch {
		case c == etx && sum == 0 && (n == long || n == short):
			return classify.Match
		case c == etx || c == stx:
			return classify.Never
		case c == escape:
			if i++; i == len(b) {
				return classify.NeedMore
			}
			if c = b[i] &^ 0x80; b[i]&0x80 == 0 || c != stx && c != etx && c != 0x06 && c != 0x15 && c != escape {
				return classify.Never
			}
		}
		sum ^= c
		n++
	}
	if len(b) < longest {
		return classify.NeedMore
	}
	return classify.Never
}
