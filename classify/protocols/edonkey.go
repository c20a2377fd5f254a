package protocols

import (
	"bytes"
	"encoding/binary"

	"servmap/classify"
)

// edonkey is eDonkey with the extensions of eMule, and Kademlia beside it.
var edonkey = classify.Protocol{
	Name:      "eDonkey",
	Category:  "Download",
	Transport: classify.TCP | classify.UDP,
	TCPPorts:  []uint16{4662},
	UDPPorts:  []uint16{4672},
	NoGuess:   true,
	Reference: "Kulbak and Bickson, The eMule Protocol Specification, 2005",

	FirstBytes: classify.Bytes("\xc5\xd4\xe3\xe4\xe5"),
	Recognise:  recogniseEDonkey,
}

const (
	edonkeyMark = 0xe3
	emuleMark   = 0xc5
	packedMark  = 0xd4
	kadMark     = 0xe4

	kadPackedMark = 0xe5
)

// recogniseEDonkey accepts a hello of client or server with the length in its frame (sections 6.2 and
// 6.4 of the specification), and two datagrams of Kademlia whose lengths are those of their operations,
// or one with contacts or tags that fill it or that is packed.
func recogniseEDonkey(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.UDP {
		return kademlia(p)
	}
	const hello, answer = 0x01, 0x4c
	b := p.Stream(p.From)
	if len(b) == 0 || b[0] != edonkeyMark && b[0] != emuleMark && b[0] != packedMark {
		return classify.Never
	}
	if len(b) < 6+17+6 {
		if edonkeyFrames(p) == classify.Match {
			return classify.Match
		}
		if len(b) >= 5 && binary.LittleEndian.Uint32(b[1:]) > 4096 {
			return classify.Never
		}
		return classify.NeedMore
	}
	size := binary.LittleEndian.Uint32(b[1:])
	if size < 23 || size > 4096 {
		return edonkeyFrames(p)
	}
	switch {
	case b[0] == edonkeyMark && b[5] == hello && b[6] == 16:
		return edonkeyTags(b[7+16+6:])
	case b[0] == edonkeyMark && (b[5] == hello || b[5] == answer):
		return edonkeyTags(b[6+16+6:])
	}
	return edonkeyFrames(p)
}

// edonkeyFrames accepts two frames that are all that both sides have sent, in a conversation met
// midstream.
func edonkeyFrames(p *classify.Probe) classify.Outcome {
	const enough = 2
	frames, open := 0, false
	for s := classify.Client; s <= classify.Server; s++ {
		b := p.Stream(s)
		for len(b) > 0 {
			if b[0] != edonkeyMark && b[0] != emuleMark && b[0] != packedMark {
				return classify.Never
			}
			if len(b) < 6 {
				open = true
				break
			}
			size := binary.LittleEndian.Uint32(b[1:])
			if size == 0 || size > 1<<13 {
				return classify.Never
			}
			if size > uint32(len(b)-5) {
				open = true
				break
			}
			b = b[5+size:]
			frames++
		}
	}
	switch {
	case frames >= enough && !open:
		return classify.Match
	case len(p.History()) < 8:
		return classify.NeedMore
	}
	return classify.Never
}

// edonkeyTags checks the number of tags and the kind of the first: a text or a
// number with a name of one byte.
func edonkeyTags(b []byte) classify.Outcome {
	if len(b) < 8 {
		return classify.NeedMore
	}
	count, kind := binary.LittleEndian.Uint32(b), b[4]
	if count == 0 || count > 32 || kind&0x7f < 1 || kind&0x7f > 0x20 || kind < 0x80 && binary.LittleEndian.Uint16(b[5:]) != 1 {
		return classify.Never
	}
	return classify.Match
}

// kademlia accepts two operations of Kademlia 2.0 that belong together.
func kademlia(p *classify.Probe) classify.Outcome {
	const response = 0x29
	b := p.Payload
	switch {
	case len(b) >= 6 && b[0] == edonkeyMark:
		return edonkeyServer(p)
	case len(b) >= 2 && b[0] == emuleMark:
		return emuleReask(p)
	}
	if len(b) >= 4 && b[0] == kadPackedMark {
		return kadPacked(b)
	}
	if !kadOperation(b, p.Len) {
		return classify.Never
	}
	if b[1] == response && b[18] > 1 || kadHello(b) {
		return classify.Match
	}
	history := p.History()
	for i := range history[:len(history)-1] {
		d := &history[i]
		switch {
		case !kadOperation(d.Data, d.Len):
			return classify.Never
		case kadRequest(d.Data) && kadRequest(b):
			// Two to one receiver, whose number is in both, or one each way.
			if d.From != p.From || bytes.Equal(d.Data[19:], b[19:]) {
				return classify.Match
			}
		case kadRequest(d.Data) && kadPing(b), kadPing(d.Data) && kadRequest(b):
			return classify.Match
		case d.From == p.From:
		case b[1]|d.Data[1] == response && len(b) > 18 && len(d.Data) > 18 && !bytes.Equal(kadTarget(d.Data), kadTarget(b)):
		case b[1]^d.Data[1] == 8, b[1]^d.Data[1] == 0x61^0x60: // responses are requests plus 8, or a pong
			return classify.Match
		}
	}
	if len(history) < 6 {
		return classify.NeedMore
	}
	return classify.Never
}

// kadRequest accepts a request for contacts, and kadPing a ping or its answer.
func kadRequest(b []byte) bool { return b[1] == 0x21 || b[1] == 0x20 }

func kadPing(b []byte) bool { return b[1] == 0x60 || b[1] == 0x61 }

// kadPacked accepts an operation that is followed by a stream of zlib (RFC 1950,
// section 2.2): a window of 32 KB, no dictionary.
func kadPacked(b []byte) classify.Outcome {
	if b[1] <= 0x62 && b[2] == 0x78 && (b[3] == 0x01 || b[3] == 0x5e || b[3] == 0x9c || b[3] == 0xda) {
		return classify.Match
	}
	return classify.Never
}

// kadHello accepts a hello of Kademlia 2.0 whose tags fill it: after identifier,
// port and version their number, and each with type, name of one byte, and a value.
func kadHello(b []byte) bool {
	if b[1] != 0x11 && b[1] != 0x19 || len(b) < 22 || b[20] == 0 {
		return false
	}
	count, at := int(b[21]), 22
	for range count {
		if at+4 > len(b) || b[at+1] != 1 || b[at+2] != 0 {
			return false
		}
		size := map[byte]int{0x02: 2, 0x03: 4, 0x04: 4, 0x08: 2, 0x09: 1, 0x0b: 8}[b[at]]
		at += 4
		if size == 2 && b[at-4] == 0x02 {
			if at+2 > len(b) {
				return false
			}
			size += int(binary.LittleEndian.Uint16(b[at:]))
		}
		if size == 0 {
			return false
		}
		at += size
	}
	return at == len(b)
}

// kadTarget returns the identifier that is asked for.
func kadTarget(b []byte) []byte {
	if b[1] == 0x21 {
		return b[3:19]
	}
	return b[2:18]
}

// kadOperation checks mark, operation and length.
func kadOperation(b []byte, size int) bool {
	if len(b) < 2 || len(b) != size || b[0] != kadMark {
		return false
	}
	switch b[1] {
	case 0x01, 0x60: // bootstrap request, ping
		return size == 2
	case 0x00, 0x10, 0x18: // Kademlia 1.0: identifier, address, ports, kind
		return size == 27
	case 0x20:
		return size == 35 && (b[2] == 2 || b[2] == 4 || b[2] == 11)
	case 0x28:
		return size >= 19 && size == 19+25*int(b[18])
	case 0x61: // pong with the port
		return size == 4
	case 0x09: // bootstrap response
		return size >= 2+21+2 && size == 2+21+25*int(binary.LittleEndian.Uint16(b[21:]))
	case 0x11, 0x19: // hello: identifier, port, version, tags
		return size >= 2+20 && size < 256 && b[20] <= 12
	case 0x22: // the receipt of one: identifier, tags
		return size >= 2+17 && size < 256 && b[18] <= 8
	case 0x33: // search by word: target, place, perhaps an expression
		return size >= 2+18
	case 0x34: // search for sources: target, place, size
		return size == 2+26
	case 0x35: // search for notes: target, size
		return size == 2+24
	case 0x3b: // answer: sender, target, number, entries
		return size >= 2+34
	case 0x43, 0x44, 0x45: // publication: target, then entries or a source and tags
		return size >= 2+18
	case 0x4b: // receipt of it: target, load, perhaps options
		return size == 2+17 || size == 2+18
	case 0x21: // request: number of contacts, target, receiver
		return size == 35 && (b[2] == 2 || b[2] == 4 || b[2] == 11)
	case 0x29: // response: target and contacts
		return size >= 19 && size == 19+25*int(b[18])
	case 0x50, 0x51, 0x58, 0x59: // firewall checks
		return size <= 23
	case 0x53: // the same: port, identifier, options
		return size == 2+19
	case 0x62: // and over UDP: error, port
		return size == 2+3
	}
	return false
}

// emuleReask accepts a question for a file between two clients and the answer:
// the place in the queue, or that there is none or no such file (section 6.5.4).
func emuleReask(p *classify.Probe) classify.Outcome {
	const ask, place, unknown, full = 0x90, 0x91, 0x92, 0x93
	b := p.Payload
	question := b[1] == ask && p.Len >= 2+16 && p.Len <= 2+16+128
	answer := b[1] == place && p.Len >= 4 && p.Len <= 4+128 || (b[1] == unknown || b[1] == full) && p.Len == 2
	if !question && !answer {
		return classify.Never
	}
	for _, d := range p.History() {
		if answer && d.From != p.From && len(d.Data) >= 18 && d.Data[0] == emuleMark && d.Data[1] == ask {
			return classify.Match
		}
	}
	if len(p.History()) < 4 {
		return classify.NeedMore
	}
	return classify.Never
}

// edonkeyServer accepts a server's status or description with the number that
// it was asked with, and sources of a file that was asked for (section 6.6 of
// the specification).
func edonkeyServer(p *classify.Probe) classify.Outcome {
	const ask, status, sources, sizedSources, found, askName, name = 0x96, 0x97, 0x9a, 0x94, 0x9b, 0xa2, 0xa3
	b := p.Payload
	// Today's clients mark their requests with a number, which the answer repeats.
	if (b[1] == ask && p.Len == 6 || b[1] == status && p.Len >= 14) && b[4] == 0xaa && b[5] == 0x55 ||
		(b[1] == askName && p.Len == 6 || b[1] == name && p.Len >= 10) && b[2] == 0xff && b[3] == 0xf0 {
		if b[1] == ask || b[1] == askName {
			p.ClientIs(p.From)
		} else {
			p.ClientIs(p.From.Other())
		}
		return classify.Match
	}
	switch {
	case (b[1] == ask || b[1] == askName) && p.Len == 6, b[1] == sources && p.Len%16 == 2, b[1] == sizedSources && p.Len%20 == 2:
		p.ClientIs(p.From)
		if len(p.History()) < 4 {
			return classify.NeedMore
		}
	case b[1] == status && p.Len >= 14:
		for _, d := range p.History() {
			if d.From != p.From && d.Len == 6 && len(d.Data) == 6 && d.Data[1] == ask && bytes.Equal(d.Data[2:6], b[2:6]) {
				p.ClientIs(p.From.Other())
				return classify.Match
			}
		}
	case b[1] == name && p.Len >= 10, b[1] == found && len(b) >= 25:
		n := 6 // what question and answer have in common
		if b[1] == found {
			n = 18
		}
		for _, d := range p.History() {
			if d.From != p.From && len(d.Data) >= n && d.Data[0] == edonkeyMark && bytes.Equal(d.Data[2:n], b[2:n]) &&
				(d.Data[1] == askName || n == 18) {
				p.ClientIs(p.From.Other())
				return classify.Match
			}
		}
	}
	return classify.Never
}
