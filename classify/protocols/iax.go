package protocols

import (
	"encoding/binary"

	"servmap/classify"
)

// iax is the Inter-Asterisk eXchange, version 2.
var iax = classify.Protocol{
	Name:      "IAX",
	Category:  "VoIP",
	Transport: classify.UDP,
	UDPPorts:  []uint16{4569},
	TCPPorts:  []uint16{4569},
	Reference: "RFC 5456, section 8",

	Recognise: recogniseIAX,
}

const (
	iaxHeader  = 12
	iaxControl = 6 // frame type IAX (RFC 5456, section 8.2)
)

// recogniseIAX accepts the frame that opens a call or a registration, with its
// information elements to the last byte (RFC 5456, sections 6.2.2, 6.1 and 8.6), on port
// 4569 two control frames of the same call, and elsewhere one that answers another.
func recogniseIAX(p *classify.Probe) classify.Outcome {
	b := p.Payload
	elements, ok := iaxFrame(b, p.Len)
	if !ok {
		if p.HasPort(4569) && len(p.History()) < 6 {
			return classify.NeedMore
		}
		return classify.Never
	}
	const open, registration, poke = 1, 13, 30
	first := b[2] == 0 && b[3] == 0 && b[8] == 0 && b[9] == 0
	switch {
	case first && b[11] == open && elements >= 2, first && b[11] == registration && elements >= 1:
		p.ClientIs(p.From)
		return classify.Match
	case first && b[11] == poke && p.HasPort(4569):
		p.ClientIs(p.From)
		return classify.Match
	}
	if !p.HasPort(4569) {
		return iaxAnswer(p)
	}
	call := binary.BigEndian.Uint16(b) & 0x7fff
	history := p.History()
	for i := range history[:len(history)-1] {
		d := &history[i]
		if _, ok := iaxFrame(d.Data, d.Len); !ok {
			continue
		}
		mine, other := binary.BigEndian.Uint16(d.Data)&0x7fff, binary.BigEndian.Uint16(d.Data[2:])&0x7fff
		if d.From == p.From && mine == call || d.From != p.From && (other == call || binary.BigEndian.Uint16(b[2:])&0x7fff == mine) {
			return classify.Match
		}
	}
	return classify.NeedMore
}

// iaxAnswer accepts, on any port, a control frame and one of the other side that answers it: its
// destination is the first one's call, and the first knew its call or none yet (RFC 5456, section 8.1.1).
func iaxAnswer(p *classify.Probe) classify.Outcome {
	source, destination := iaxCalls(p.Payload)
	history := p.History()
	if len(history) > 4 || source == 0 {
		return classify.Never
	}
	for i := range history[:len(history)-1] {
		d := &history[i]
		if d.From == p.From {
			continue
		}
		if _, ok := iaxFrame(d.Data, d.Len); !ok {
			return classify.Never
		}
		theirs, ours := iaxCalls(d.Data)
		if theirs != 0 && theirs == destination && theirs != source && (ours == source || ours == 0) {
			return classify.Match
		}
	}
	return classify.NeedMore
}

// iaxCalls returns the call numbers of a full frame: source and destination.
func iaxCalls(b []byte) (source, destination uint16) {
	return binary.BigEndian.Uint16(b) & 0x7fff, binary.BigEndian.Uint16(b[2:]) & 0x7fff
}

// iaxFrame checks a full control frame and walks its information elements.
func iaxFrame(b []byte, size int) (elements int, ok bool) {
	if len(b) < iaxHeader || len(b) != size || b[0]&0x80 == 0 || b[10] != iaxControl || b[11] == 0 || b[11] > 40 {
		return 0, false
	}
	for b = b[iaxHeader:]; len(b) > 0; elements++ {
		if len(b) < 2 || len(b) < 2+int(b[1]) || b[0] == 0 || b[0] > 60 {
			return 0, false
		}
		b = b[2+int(b[1]):]
	}
	return elements, true
}
