package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var hartIP = classify.Protocol{
	Name: "HART-IP", Category: "IoT-Scada", Transport: classify.TCP | classify.UDP,
	TCPPorts:   []uint16{5094},
	FirstBytes: classify.Bytes("\x01\x02"), Recognise: recogniseHARTIP,
	Speaker: hartSpeaker, Reference: "FieldComm TS20085, HART-IP header",
}

// recogniseHARTIP accepts a message header on port 5094: version 1 or 2, kind of message, identifier,
// and a byte count that is the whole message's. A session begins with an initiation of 13 bytes. On
// other ports a request and its response must agree in identifier and sequence number, or a message must
// prove itself: a server may answer from a port of its own.
func recogniseHARTIP(p *classify.Probe) classify.Outcome {
	if !p.HasPort(5094) {
		return hartPair(p)
	}
	if p.Transport == classify.TCP {
		return match.Either(p, func(b []byte) classify.Outcome {
			o := hartHeader(b)
			if o == classify.Match && len(b) < wire.U16(b[6:]) {
				return classify.NeedMore
			}
			return o
		})
	}
	if len(p.Payload) >= 8 && wire.U16(p.Payload[6:]) == p.Len && hartHeader(p.Payload) == classify.Match {
		return classify.Match
	}
	return classify.Never
}

func hartHeader(b []byte) classify.Outcome {
	if b[0] != 1 && b[0] != 2 {
		return classify.Never
	}
	if len(b) < 8 {
		return classify.NeedMore
	}
	kind, id, size := b[1], b[2], wire.U16(b[6:])
	if kind > 3 && kind != 15 || id > 5 && id != 128 {
		return classify.Never
	}
	if size < 8 || size > 2048 || id == 0 && size != 13 && size != 8 && kind <= 1 && b[0] == 1 || (id == 1 || id == 2) && size > 13 {
		return classify.Never
	}
	// The delimiter of a token-passing unit tells its kind and address form.
	if id == 3 && (size > 320 || len(b) > 8 && b[8]&0x7f != 1 && b[8]&0x7f != 2 && b[8]&0x7f != 6) {
		return classify.Never
	}
	// A request has no status.
	if kind == 0 && b[3] != 0 {
		return classify.Never
	}
	return classify.Match
}

// hartPair looks for a request that the other side answered.
func hartPair(p *classify.Probe) classify.Outcome {
	const request, response = 0, 1
	var pair [2][]byte
	for s := classify.Client; s <= classify.Server; s++ {
		b := p.Stream(s)
		if len(b) == 0 {
			continue
		}
		o := hartHeader(b)
		switch {
		case o == classify.Match && len(b) < wire.U16(b[6:]) && p.Transport == classify.TCP, o == classify.NeedMore && p.Transport == classify.TCP:
			return classify.NeedMore
		case o != classify.Match || p.Transport == classify.UDP && len(b) != wire.U16(b[6:]):
			return classify.Never
		}
		pair[s] = b
	}
	switch a, b := pair[0], pair[1]; {
	case hartProof(a) || hartProof(b) || hartCounts(p):
		return classify.Match
	case a == nil || b == nil:
		if len(p.History()) < 4 || p.Transport == classify.TCP {
			return classify.NeedMore
		}
	case a[1]^b[1] == request^response && a[1]|b[1] == response && string(a[2:3]) == string(b[2:3]) && string(a[4:6]) == string(b[4:6]):
		return classify.Match
	}
	return classify.Never
}

// hartProof reports whether a message is the response to an initiation, with the server's timer, or
// carries a whole token-passing unit: delimiter, address, command, byte count and data, with the
// exclusive or of all behind them (TS20081, section 6).
func hartProof(b []byte) bool {
	const response, initiate, unit = 1, 0, 3
	switch {
	case len(b) < 13 || len(b) < wire.U16(b[6:]):
		return false
	case b[2] == initiate:
		return b[1] == response && b[3] == 0 && wire.U16(b[6:]) == 13 && b[8] <= 1 && wire.U32(b[9:]) > 0 && wire.U32(b[9:]) < 1<<24
	case b[2] != unit:
		return false
	}
	b = b[8:wire.U16(b[6:])]
	at := 2
	if b[0]&0x80 != 0 { // an address of five bytes
		at = 6
	}
	if at += int(b[0] >> 5 & 3); len(b) < at+3 || len(b) != at+3+int(b[at+1]) || b[at-1] == 0 && at >= 6 {
		return false
	}
	sum := byte(0)
	for _, c := range b {
		sum ^= c
	}
	return sum == 0 && len(b) > 5
}

// hartCounts reports whether one side's datagrams, at least three of them, are messages of one kind whose
// sequence numbers count on.
func hartCounts(p *classify.Probe) bool {
	const enough = 3
	history := p.History()
	if p.Transport != classify.UDP || len(history) < enough {
		return false
	}
	for i, d := range history[len(history)-enough:] {
		first := history[len(history)-enough]
		if len(d.Data) < 8 || d.From != first.From || hartHeader(d.Data) != classify.Match || wire.U16(d.Data[6:]) != d.Len ||
			string(d.Data[:3]) != string(first.Data[:3]) || wire.U16(d.Data[4:]) != (wire.U16(first.Data[4:])+i)&0xffff {
			return false
		}
	}
	return true
}

// hartSpeaker tells by the type of the message: request, response, published data, error.
func hartSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	switch {
	case len(b) < 2:
		return classify.AnySpeaker
	case b[1]&0x0f == 0:
		return classify.ClientSpeaks
	}
	return classify.ServerSpeaks
}
