package match

import (
	"servmap/classify"
	"servmap/classify/wire"
)

// Prefix compares the beginning of b with a magic: Match where all of it is there, NeedMore where
// b is a proper beginning of it.
func Prefix(b []byte, magic string) classify.Outcome {
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

// AllZero reports whether b is nothing but zeros.
func AllZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// Digits reads the decimal number at the start of b, of at most most digits, that ends in end. It
// returns the number and the length of number and end in bytes. The length is 0 where there is no
// such number, and -1 where b stops before end.
func Digits(b []byte, most int, end string) (value, size int) {
	i := 0
	for ; i < len(b) && b[i] >= '0' && b[i] <= '9'; i++ {
		if i == most {
			return 0, 0
		}
		value = value*10 + int(b[i]-'0')
	}
	rest := b[i:]
	switch {
	case len(rest) < len(end) && string(rest) == end[:len(rest)]:
		return value, -1
	case i == 0 || len(rest) < len(end) || string(rest[:len(end)]) != end:
		return 0, 0
	}
	return value, i + len(end)
}

// TLVs walks fields of a type and a length of two bytes each, in network order, as far as they were
// captured. The length counts extra bytes besides the value: 4 where it includes type and length.
// size is the length of b on the wire. TLVs returns how many fields are whole, and whether they
// fill size exactly.
func TLVs(b []byte, size, extra int, known func(typ int) bool) (n int, exact bool) {
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

// minSegment is the size in bytes that every host takes in one TCP segment (RFC 9293, section 3.7.1).
const minSegment = 536

// IsBulk reports whether one side alone sends, and fills its first segment: it does not send messages,
// but a file or the like.
func IsBulk(p *classify.Probe) bool {
	history := p.History()
	return OneSends(p) && len(history) > 0 && history[0].Len >= minSegment
}

// OneSends reports whether not both sides have sent something.
func OneSends(p *classify.Probe) bool {
	return p.Count(classify.Client) == 0 || p.Count(classify.Server) == 0
}

// MayBeSealed accepts what no recogniser can know of a protocol that enciphers all: ciphertext over UDP,
// and over TCP what was met midstream.
func MayBeSealed(p *classify.Probe) bool {
	if p.Transport == classify.TCP {
		return MetMidstream(p)
	}
	history := p.History()
	return len(history) > 0 && history[0].Len >= 16 && !classify.IsText(history[0].Data) && LooksEncrypted(history[0].Data)
}

// MetMidstream reports whether a side's beginning was not captured.
func MetMidstream(p *classify.Probe) bool {
	return p.Midstream(classify.Client) || p.Midstream(classify.Server)
}

// LooksEncrypted reports whether b may be a key, a nonce or ciphertext: less than a quarter of it
// is zeros. 16 random bytes fail that once in two million times.
func LooksEncrypted(b []byte) bool {
	zeros := 0
	for _, c := range b {
		if c == 0 {
			zeros++
		}
	}
	return 4*zeros < len(b)
}
