package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var s7comm = classify.Protocol{
	Name: "S7Comm", Category: "IoT-Scada", Transport: classify.TCP, TCPPorts: []uint16{102}, NoGuess: true,
	FirstBytes: classify.Bytes("\x03"),
	Recognise:  recogniseS7Comm,
	Speaker:    s7Speaker, Reference: "Siemens S7 communication over RFC 1006, as described by the s7comm dissector's documentation",
}

var s7commPlus = classify.Protocol{
	Name: "S7CommPlus", Category: "IoT-Scada", Transport: classify.TCP, TCPPorts: []uint16{102}, NoGuess: true,
	FirstBytes: classify.Bytes("\x03"),
	Recognise:  recogniseS7CommPlus, Reference: "Siemens S7 communication plus over RFC 1006",
}

// recogniseS7Comm accepts ISO transport whose first data begins with protocol
// 0x32, a job type, two zeros, and lengths that add up to the data's.
func recogniseS7Comm(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome {
		d, size, o := isoData(b)
		if o != classify.Match {
			return o
		}
		if d[0] != 0x32 || len(d) > 1 && d[1] != 1 && d[1] != 2 && d[1] != 3 && d[1] != 7 {
			return classify.Never
		}
		if len(d) < 10 {
			return classify.NeedMore
		}
		head := 10
		if d[1] == 2 || d[1] == 3 {
			head = 12 // with error class and code
		}
		if wire.U16(d[2:]) == 0 && head+wire.U16(d[6:])+wire.U16(d[8:]) == size {
			return classify.Match
		}
		return classify.Never
	})
}

// recogniseS7CommPlus accepts ISO transport whose first data begins with
// protocol 0x72, a version of 1 to 3 or that of keepalives, and a length that
// fits.
func recogniseS7CommPlus(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome {
		d, size, o := isoData(b)
		if o != classify.Match {
			return o
		}
		if d[0] != 0x72 || len(d) > 1 && (d[1] == 0 || d[1] > 3 && d[1] < 0xfd) {
			return classify.Never
		}
		if len(d) < 4 {
			return classify.NeedMore
		}
		// A trailer of four bytes, protocol, version and zeros, ends the
		// last fragment.
		if rest := size - 4 - wire.U16(d[2:]); rest == 0 || rest == 4 {
			return classify.Match
		}
		return classify.Never
	})
}

// maxISOUnits bounds the data units that a message is put together of.
const maxISOUnits = 16

// isoRest puts a message together whose first data unit said that others follow
// (X.224, section 13.7).
func isoRest(first, b []byte) (data []byte, size int, o classify.Outcome) {
	data = append(data, first...)
	for range maxISOUnits {
		t, c, state := wire.ReadISO(b)
		switch {
		case state != wire.Whole:
			return nil, 0, berOutcome(state)
		case c.Type != wire.COTPData:
			return nil, 0, classify.Never
		case !t.Complete():
			return nil, 0, classify.NeedMore
		}
		data = append(data, c.Data...)
		if c.EOT {
			return data, len(data), classify.Match
		}
		b = b[t.Len:]
	}
	return nil, 0, classify.Never
}

// isoData finds the data of the first data unit of ISO transport in a stream,
// after the connect unit that may stand before it. It returns what is there of
// the data, at least one byte, and the data's length.
func isoData(b []byte) (data []byte, size int, o classify.Outcome) {
	for range 3 {
		if len(b) == 0 {
			return nil, 0, classify.NeedMore
		}
		if b[0] != 3 {
			return nil, 0, classify.Never
		}
		t, c, state := wire.ReadISO(b)
		if state != wire.Whole {
			return nil, 0, berOutcome(state)
		}
		switch c.Type {
		case wire.COTPData:
			if len(c.Data) == 0 && t.Complete() {
				b = b[t.Len:] // an empty fragment
				continue
			}
			if len(c.Data) == 0 {
				return nil, 0, classify.NeedMore
			}
			if !c.EOT && t.Complete() {
				return isoRest(c.Data, b[t.Len:])
			}
			return c.Data, t.Len - 4 - (len(t.Body) - len(c.Data)), classify.Match
		case wire.COTPConnectRequest, wire.COTPConnectConfirm:
			if !t.Complete() {
				return nil, 0, classify.NeedMore
			}
			b = b[t.Len:]
		default:
			return nil, 0, classify.Never
		}
	}
	return nil, 0, classify.Never
}

// berOutcome returns the answer for a header that could not be read to its end.
func berOutcome(s wire.State) classify.Outcome {
	if s == wire.Cut {
		return classify.NeedMore
	}
	return classify.Never
}

// s7Speaker tells by who asks for the connection, and by the kind of the message: a job, or its
// acknowledgement.
func s7Speaker(_ classify.Transport, b []byte) classify.Speaker {
	if who := isoSpeaker(b); who != classify.AnySpeaker {
		return who
	}
	if len(b) > 8 && b[5] == 0xf0 && b[7] == 0x32 {
		switch b[8] {
		case 1:
			return classify.ClientSpeaks
		case 2, 3:
			return classify.ServerSpeaks
		}
	}
	return classify.AnySpeaker
}

// isoSpeaker tells by the request for a connection of ISO transport, and its confirmation (RFC 905,
// section 13).
func isoSpeaker(b []byte) classify.Speaker {
	if len(b) >= 6 && b[0] == 3 {
		switch b[5] & 0xf0 {
		case x224Request:
			return classify.ClientSpeaks
		case x224Confirm:
			return classify.ServerSpeaks
		}
	}
	return classify.AnySpeaker
}
