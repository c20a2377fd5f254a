package protocols

import (
	"encoding/binary"

	"servmap/classify"
)

var rakNet = classify.Protocol{
	Name:       "RakNet",
	Category:   "Game",
	Transport:  classify.UDP,
	UDPPorts:   []uint16{19132},
	NoGuess:    true,
	FirstBytes: classify.Range(0x00, 0x1f).Or(classify.Range(0x80, 0x8f)).Or(classify.Bytes("\xa0\xc0")),
	Recognise:  recogniseRakNet,
	Reference:  "RakNet manual, network messages and programming; RakNet MessageIdentifiers, offline and connected datagrams",
}

var roblox = classify.Protocol{
	Name:       "Roblox",
	Category:   "Game",
	Transport:  classify.UDP,
	FirstBytes: classify.Range(0x78, 0x7b),
	Recognise:  recogniseRoblox,
	Reference:  "RakNet's offline messages with Roblox' own identifiers",
}

// rakMagic marks the messages outside of a connection.
const rakMagic = "\x00\xff\xff\x00\xfe\xfe\xfe\xfe\xfd\xfd\xfd\xfd\x12\x34\x56\x78"

// recogniseRakNet accepts the messages outside of a connection by their magic,
// and inside of one the datagrams, acknowledgements and refusals whose records
// fill the datagram exactly.
func recogniseRakNet(p *classify.Probe) classify.Outcome {
	b := p.Payload
	ok := false
	switch {
	case len(b) < 4:
	case b[0] < 0x20:
		ok = rakOffline(b)
	case b[0] == 0xc0 || b[0] == 0xa0:
		ok = rakAcknowledged(b, p.Len)
	case b[0] >= 0x80 && b[0] <= 0x8f:
		frames, certain := rakFrames(b)
		if !frames || len(b) != p.Len {
			break
		}
		ok = certain || rakSpokeBefore(p)
		if !ok {
			return classify.NeedMore
		}
	}
	if ok {
		return classify.Match
	}
	return classify.Never
}

// recogniseRoblox accepts the handshake of Roblox, which is RakNet's with other
// identifiers.
func recogniseRoblox(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 18 || b[0] < 0x78 || b[0] > 0x7b || string(b[1:17]) != rakMagic {
		return classify.Never
	}
	return classify.Match
}

// rakOffline looks for the magic where the message has it: after a time in a
// ping, after time and identity in a pong, else right after the identifier or
// one byte later.
func rakOffline(b []byte) bool {
	for _, at := range [...]int{1, 2, 9, 17} {
		if len(b) >= at+16 && string(b[at:at+16]) == rakMagic {
			return true
		}
	}
	return false
}

// rakNumber reads a sequence number of 24 bits, little-endian.
func rakNumber(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// rakAcknowledged checks a list of numbers: each one number, or the first and
// last of a range.
func rakAcknowledged(b []byte, size int) bool {
	count := int(binary.BigEndian.Uint16(b[1:]))
	if count == 0 || count > 256 || len(b) != size {
		return false
	}
	b = b[3:]
	last := -1
	for range count {
		n := 4
		if len(b) > 0 && b[0] == 0 {
			n = 7
		}
		if len(b) < n || b[0] > 1 {
			return false
		}
		first, end := rakNumber(b[1:]), rakNumber(b[n-3:])
		if first < last || end < first || end > 1<<20 {
			return false
		}
		last, b = end, b[n:]
	}
	return len(b) == 0
}

// rakSpokeBefore reports whether an earlier datagram of the same sender was
// one of frames too, with another number.
func rakSpokeBefore(p *classify.Probe) bool {
	history := p.History()
	for _, e := range history[:len(history)-1] {
		if e.From == p.From && len(e.Data) > 4 && e.Data[0]>>4 == 8 && string(e.Data[1:4]) != string(p.Payload[1:4]) {
			if frames, _ := rakFrames(e.Data); frames {
				return true
			}
		}
	}
	return false
}

// rakFrames checks the frames of a datagram: flags (reliability, and whether it
// is a part of a message), length in bits, the numbers that the reliability asks
// for, the body.
func rakFrames(b []byte) (ok, certain bool) {
	if len(b) < 8 || rakNumber(b[1:]) > 1<<20 {
		return false, false
	}
	for b = b[4:]; len(b) > 0; {
		if len(b) < 4 || b[0]&0x0f != 0 {
			return false, false
		}
		reliability, bits := b[0]>>5, int(binary.BigEndian.Uint16(b[1:]))
		head := 3
		if reliability >= 2 && reliability != 5 {
			head += 3
		}
		switch reliability {
		case 1, 4: // sequenced: a number of its own, then the order's
			head += 7
		case 3, 7:
			head += 4
		}
		if b[0]&0x10 != 0 {
			head += 10
		}
		size := head + (bits+7)/8
		if bits == 0 || bits&7 != 0 || len(b) < size {
			return false, false
		}
		// Reliable frames are numbered; ping and pong have fixed lengths. Others
		// say little.
		id := b[head]
		certain = certain || reliability >= 2 && rakNumber(b[3:]) < 1<<20 || id == 0 && bits == 9*8 || id == 3 && bits == 17*8
		b = b[size:]
	}
	return true, certain
}
