package protocols

import (
	"encoding/binary"
	"math/bits"

	"servmap/classify"
	"servmap/classify/wire"
)

var vita49 = classify.Protocol{
	Name: "VITA49", Category: "Streaming", Transport: classify.UDP, UDPPorts: []uint16{4991}, NoGuess: true,
	FirstBytes: classify.Range(0, 0x7f), Recognise: recogniseVITA49, Reference: "ANSI/VITA 49.2, sections 5.1, 6, 7 and 9",
}

// recogniseVITA49 accepts a packet whose size in words is the datagram's, where more speaks for it: a time of
// day with picoseconds, context fields whose lengths add up to the packet's, or another packet of the same
// stream, which counts on or is the other side's answer.
func recogniseVITA49(p *classify.Probe) classify.Outcome {
	h, ok := vitaHeader(p.Payload, p.Len)
	if !ok {
		return classify.Never
	}
	if h.timed || h.context {
		return classify.Match
	}
	history := p.History()
	same := 0
	for i := len(history) - 2; i >= 0; i-- {
		d := &history[i]
		before, ok := vitaHeader(d.Data, d.Len)
		switch {
		case !ok || before.stream != h.stream:
			return classify.Never
		case d.From != p.From && h.kind >= 6 && before.kind >= 6 && h.message == before.message:
			return classify.Match
		case d.From == p.From && before.kind == h.kind && before.count == (h.count-1)&15:
			if same++; same >= 2 && h.stream != 0 {
				return classify.Match
			}
			h.count = before.count
		}
	}
	if len(history) < 5 {
		return classify.NeedMore
	}
	return classify.Never
}

// vitaPacket is what the words before the payload say (ANSI/VITA 49.2, section 5.1).
type vitaPacket struct {
	kind, count     byte
	stream, message int
	// timed tells that the time stamps are one that a clock may show; context that the fields of a
	// context packet fill it.
	timed, context bool
}

func vitaHeader(b []byte, size int) (h vitaPacket, ok bool) {
	const word, hasClass, lastKind = 4, 0x08, 7
	if len(b) < 2*word || b[0]>>4 > lastKind || size%word != 0 || 4*wire.U16(b[2:]) != size {
		return h, false
	}
	h.kind, h.count = b[0]>>4, b[1]&15
	at := word
	if h.kind != 0 && h.kind != 2 { // those two have no stream
		h.stream = wire.U32(b[at:])
		at += word
	}
	if b[0]&hasClass != 0 { // a padding, an organization, and two codes
		if at+2*word > len(b) || b[at]&7 != 0 {
			return h, false
		}
		at += 2 * word
	}
	utc, picoseconds := false, false
	if seconds := b[1] >> 6; seconds != 0 && at+word <= len(b) {
		t := binary.BigEndian.Uint32(b[at:])
		utc = seconds == 1 && t >= 1<<30 && t < 1<<31
		at += word
	}
	if fraction := b[1] >> 4 & 3; fraction != 0 && at+2*word <= len(b) {
		picoseconds = fraction == 2 && wire.U32(b[at:]) < 233 // of 10^12
		at += 2 * word
	}
	h.timed = utc && picoseconds
	switch {
	case (h.kind == 4 || h.kind == 5) && at+word <= len(b):
		n := vitaContext(wire.U32(b[at:]))
		h.context = n > 0 && at+word+word*n == size
	case h.kind >= 6 && at+2*word <= len(b):
		h.message = wire.U32(b[at+word:])
	}
	return h, true
}

// vitaContext adds up the words of the fields that an indicator announces (ANSI/VITA 49.2, section 9.1), and is 0
// where one of them has no fixed length.
func vitaContext(indicator int) (words int) {
	const open = 0x3ff // lists, texts, and further indicators
	one := uint32(1<<30 | 1<<24 | 1<<23 | 1<<22 | 1<<19 | 1<<18 | 1<<16 | 1<<10)
	two := uint32(1<<29 | 1<<28 | 1<<27 | 1<<26 | 1<<25 | 1<<21 | 1<<20 | 1<<17 | 1<<15)
	const eleven, thirteen = 1<<14 | 1<<13, 1<<12 | 1<<11
	i := uint32(indicator)
	if i&open != 0 {
		return 0
	}
	return bits.OnesCount32(i&one) + 2*bits.OnesCount32(i&two) + 11*bits.OnesCount32(i&eleven) + 13*bits.OnesCount32(i&thirteen)
}
