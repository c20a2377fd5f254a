package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var tplinkSHP = classify.Protocol{
	Name: "TPLINK_SHP", Category: "IoT-Scada", Transport: classify.TCP | classify.UDP,
	Ports:      []uint16{9999},
	FirstBytes: classify.Bytes("\x00\xd0"), // a length, or a brace enciphered
	Recognise:  recogniseTPLinkSHP, Reference: "TP-Link Smart Home Protocol, as published by softScheck",
}

// recogniseTPLinkSHP accepts JSON objects enciphered with the autokey whose
// first key is 171; over TCP a length of four bytes stands before them.
func recogniseTPLinkSHP(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.UDP {
		return tplinkObject(p.Payload, p.Len)
	}
	return match.Either(p, func(b []byte) classify.Outcome {
		if b[0] != 0 {
			return classify.Never
		}
		if len(b) >= 4 && wire.U32(b) < 12 || len(b) > 4 && b[4]^171 != '{' {
			return classify.Never
		}
		if len(b) < 16 {
			return classify.NeedMore
		}
		return tplinkObject(b[4:], wire.U32(b))
	})
}

// tplinkObject deciphers the beginning of an object of the given size, and
// its end where it is there.
func tplinkObject(b []byte, size int) classify.Outcome {
	if len(b) < 12 || size < 12 || b[0]^171 != '{' {
		return classify.Never
	}
	key := b[0]
	for i, c := range b[1:min(len(b), size, 48)] {
		// Names of other languages have bytes of 0x80 and more, but no
		// object begins with one.
		plain := c ^ key
		if plain < ' ' && plain != '\n' && plain != '\r' && plain != '\t' || plain == 0x7f || plain >= 0x80 && i < 11 {
			return classify.Never
		}
		key = c
	}
	if b[1]^b[0] != '"' && b[1]^b[0] > ' ' {
		return classify.Never
	}
	if size <= len(b) && b[size-1]^b[size-2] != '}' {
		return classify.Never
	}
	return classify.Match
}
