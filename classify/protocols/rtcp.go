package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

// rtcp is the control protocol of RTP.
var rtcp = classify.Protocol{
	Name:      "RTCP",
	Category:  "VoIP",
	Transport: classify.UDP,
	Reference: "RFC 3550, section 6; RFC 4585, section 6.1",

	FirstBytes: classify.Range(0x80, 0xbf),
	Recognise:  recogniseRTCP,
}

// recogniseRTCP accepts a compound packet that fills its datagram, a report
// followed by what a report asks for (RFC 3550, section 6.1); a report or feedback
// alone, as long as what it holds; or two other lone packets, or encrypted ones, of
// the same source.
func recogniseRTCP(p *classify.Probe) classify.Outcome {
	if rtcpLone(p.Payload, p.Len) {
		return classify.Match
	}
	r, ok := wire.ParseRTCP(p.Payload, p.Len)
	if !ok {
		if _, isRTP := wire.ParseRTP(p.Payload, p.Len); isRTP && len(p.History()) < 6 {
			return classify.NeedMore
		}
		return classify.Never
	}
	if r.Exact && r.Kind <= 201 && r.Packets >= 2 {
		return classify.Match
	}
	history := p.History()
	same := 0
	for i := range history {
		d := &history[i]
		if before, ok := wire.ParseRTCP(d.Data, d.Len); ok && d.From == p.From && before.SSRC == r.SSRC {
			same++
		}
	}
	// What follows encrypted packets agrees with nothing: they need a third.
	if r.SSRC != 0 && (same >= 3 || same == 2 && r.Exact) {
		return classify.Match
	}
	if len(history) > 8 {
		return classify.Never
	}
	return classify.NeedMore
}

// rtcpLone accepts a packet without padding that fills its datagram of size bytes, by its type: reports
// with as many blocks as they say (RFC 3550, sections 6.4.1 and 6.4.2), a name of the sender (section 6.5),
// and the kinds of feedback in use (RFC 4585, section 6; RFC 5104, section 4; RFC 5506).
func rtcpLone(b []byte, size int) bool {
	const block = 24
	if len(b) < 8 || len(b) != size || b[0]&0xe0 != 0x80 || 4+4*wire.U16(b[2:]) != size || match.AllZero(b[4:8]) {
		return false
	}
	count := int(b[0] & 31)
	switch b[1] {
	case 200:
		return count <= 8 && size == 28+block*count && !match.AllZero(b[8:16])
	case 201: // a block tells of another source
		if count == 0 {
			return size == 8
		}
		return count >= 1 && count <= 8 && size == 8+block*count && string(b[8:12]) != string(b[4:8]) && !match.AllZero(b[8:12])
	case 202:
		return count == 1 && size >= 12 && b[8] == 1 && int(b[9]) <= size-10 && b[9] >= 2 && classify.IsPrintable(b[10:10+b[9]])
	case 203: // goodbye, perhaps with a reason
		return count == 1 && (size == 8 || size >= 12 && int(b[8]) <= size-9 && b[8] > 0 && classify.IsPrintable(b[9:9+b[8]]))
	case 204: // an application, by its name of four letters
		return size >= 12 && size <= 1024 && classify.IsPrintable(b[8:12])
	case 207: // blocks of an extended report (RFC 3611, section 4.1)
		return size >= 12 && b[8] >= 1 && b[8] <= 40 && 8+4+4*wire.U16(b[10:]) <= size
	case 205: // NACK, TMMBR, TMMBN, of the whole transport
		return (count == 1 || count == 3 || count == 4 || count == 15) && size >= 16 && size <= 256
	case 206: // loss of a picture or of a slice, a request for a picture, a limit of the rate
		switch count {
		case 1:
			return size == 12
		case 4:
			return size >= 20 && size%8 == 4
		case 15:
			return size >= 20 && string(b[12:16]) == "REMB"
		}
	}
	return false
}
