package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

// eitherStream asks check about the beginning of what each side has sent. One
// side that matches is enough, and the flow is given up when neither can
// match any more. It suits protocols whose messages look alike in both
// directions. Of a side whose beginning was not captured a later segment may
// begin a message as well.
func eitherStream(p *classify.Probe, check func([]byte) classify.Outcome) classify.Outcome {
	out := classify.Never
	if gapFirst(p) {
		return classify.NeedMore
	}
	for _, s := range [...]classify.Side{p.From, p.From.Other()} {
		b := p.Stream(s)
		if len(b) == 0 {
			continue
		}
		verdict := check(b)
		if verdict == classify.Never && p.Transport == classify.TCP && p.Midstream(s) {
			verdict = judgeMiddle(p, s, func(_ classify.Side, b []byte) classify.Outcome { return check(b) })
		}
		switch verdict {
		case classify.Match:
			return classify.Match
		case classify.NeedMore:
			out = classify.NeedMore
		}
	}
	return out
}

// gapFirst reports whether neither side's stream has begun: what has come lies behind a gap.
func gapFirst(p *classify.Probe) bool {
	return len(p.Stream(classify.Client))+len(p.Stream(classify.Server)) == 0
}

// hasPrefix compares the beginning of b with a magic: Match where it is all
// there, NeedMore where b is a proper beginning of it.
func hasPrefix(b []byte, magic string) classify.Outcome {
	if len(b) >= len(magic) {
		if string(b[:len(magic)]) == magic {
			return classify.Match
		}
		return classify.Never
	}
	if string(b) == magic[:len(b)] {
		return classify.NeedMore
	}
	return classify.Never
}

// tlvChain walks fields of a type and a length of two bytes each, in network
// order, as far as they are there. The length counts extra bytes besides the
// value: 4 where it includes type and length. It returns how many fields are
// whole, and whether they fill b, of which size bytes were sent, exactly.
func tlvChain(b []byte, size, extra int, known func(typ int) bool) (n int, exact bool) {
	at := 0
	for at < size {
		if at+4 > size || at+4 > len(b) {
			return n, false
		}
		length := wire.U16(b[at+2:]) + 4 - extra
		if length < 4 || at+length > size || !known(wire.U16(b[at:])) {
			return n, false
		}
		at += length
		n++
	}
	return n, true
}

// looksSealed reports whether b may be a key, a nonce or what is encrypted:
// less than a quarter of it are zeros. Of 16 random bytes that holds but for one time in two million.
func looksSealed(b []byte) bool {
	zeros := 0
	for _, c := range b {
		if c == 0 {
			zeros++
		}
	}
	return 4*zeros < len(b)
}
