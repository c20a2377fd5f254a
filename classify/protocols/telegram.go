package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

// telegram is MTProto where it is not obfuscated, and the reflectors of
// Telegram's calls.
var telegram = classify.Protocol{
	Name:      "Telegram",
	Category:  "Chat",
	Transport: classify.TCP | classify.UDP,
	Reference: "MTProto transports, core.telegram.org/mtproto/mtproto-transports",

	Recognise: recogniseTelegram,
}

// recogniseTelegram accepts a request to a reflector: twelve bytes of ones
// behind the peer's tag; over TCP the intermediate transports with their tag and the packet's length, and
// the abridged or full one where the first packet asks for a key, with its own number zero.
// Obfuscated MTProto cannot be told from noise.
func recogniseTelegram(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.UDP {
		const tag = 16
		b := p.Payload
		if len(b) < tag+16 || p.Len > 128 || p.Len%4 != 0 || b[15] == 0xff && b[14] == 0xff {
			return classify.Never
		}
		for _, c := range b[tag : tag+12] {
			if c != 0xff {
				return classify.Never
			}
		}
		return classify.Match
	}
	b := p.Stream(p.From)
	if len(b) == 0 {
		return classify.Never
	}
	switch {
	case b[0] == 0xef:
		if len(b) < 2+28 {
			return classify.NeedMore
		}
		if n := 4 * int(b[1]); n >= 28 && n < 0x7f*4 && !match.AllZero(b[10:30]) && telegramKey(b[2:], n) {
			return classify.Match
		}
	case b[0] == 0xee || b[0] == 0xdd:
		for _, c := range b[:min(len(b), 4)] {
			if c != b[0] {
				return classify.Never
			}
		}
		if len(b) < 8+28 {
			return classify.NeedMore
		}
		if n := binary.LittleEndian.Uint32(b[4:]); n >= 20 && n < 1<<20 && (n < 4096 || telegramKey(b[8:], int(n))) {
			return classify.Match
		}
	default:
		return telegramFull(b)
	}
	return classify.Never
}

// telegramFull accepts the first packet of the full transport: length and
// number of the packet come first, and a request for a key with its constructor.
func telegramFull(b []byte) classify.Outcome {
	const requestPQ, requestPQMulti = 0x60469778, 0xbe7e8ef1
	for i, c := range b[:min(len(b), 16)] {
		if i == 1 && c > 3 || (i >= 2 && i < 16) && c != 0 {
			return classify.Never
		}
	}
	if len(b) < 40 {
		return classify.NeedMore
	}
	constructor := binary.LittleEndian.Uint32(b[28:])
	if (constructor == requestPQ || constructor == requestPQMulti) && telegramKey(b[8:], wire.L32(b)-12) {
		return classify.Match
	}
	return classify.Never
}

// telegramKey checks an unencrypted message: no key's identifier, the message's
// own, then the length of what follows.
func telegramKey(b []byte, size int) bool {
	return len(b) >= 20 && binary.LittleEndian.Uint64(b) == 0 && binary.LittleEndian.Uint32(b[16:]) <= uint32(size-20) &&
		binary.LittleEndian.Uint32(b[16:])+64 > uint32(size-20) && b[8]&3 == 0 && !match.AllZero(b[8:16])
}
