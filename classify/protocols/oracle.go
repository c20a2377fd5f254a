package protocols

import (
	"bytes"
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var oracle = classify.Protocol{
	Name:      "Oracle",
	Category:  "Database",
	Transport: classify.TCP,
	TCPPorts:  []uint16{1521},
	Recognise: recogniseOracle,
	Speaker:   tnsSpeaker,
	Reference: "Oracle Net Services, Transparent Network Substrate packets (CONNECT, ACCEPT, REFUSE, REDIRECT, DATA)",
}

// recogniseOracle accepts TNS packets: the client's connect with its
// description, the server's accept, refuse, redirect or resend, and data packets
// of both sides, or of one side that announce native services.
func recogniseOracle(p *classify.Probe) classify.Outcome {
	data := 0
	out := match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		if len(b) < 8 {
			return tnsBeginning(b)
		}
		size := int(binary.BigEndian.Uint16(b))
		if size == 0 { // since version 315 the length takes the checksum's place too
			size = wire.U32(b)
		} else if b[2]|b[3] != 0 {
			return classify.Never
		}
		if size < 8 || size > 1<<16 || b[4] == 0 || b[4] > 19 || b[6]|b[7] != 0 {
			return classify.Never
		}
		body := b[8:min(len(b), size)]
		if b[4] == 6 {
			return tnsData(body, len(b) >= size, p.HasPort(1521), &data)
		}
		return tnsControl(b[4], body, size)
	})
	if data == 2 {
		return classify.Match
	}
	return out
}

func tnsBeginning(b []byte) classify.Outcome {
	if len(b) > 4 && (b[4] == 0 || b[4] > 19) || len(b) > 3 && b[0]|b[1] != 0 && b[2]|b[3] != 0 {
		return classify.Never
	}
	return classify.NeedMore
}

// tnsControl judges the packets that open a session, which carry version
// numbers and descriptions in parentheses at given offsets.
func tnsControl(kind byte, body []byte, size int) classify.Outcome {
	need := map[byte]int{1: 26, 2: 16, 4: 4, 5: 3, 11: 0, 12: 3}
	n, known := need[kind]
	if !known || size < 8+n {
		return classify.Never
	}
	if len(body) < n {
		return classify.NeedMore
	}
	ok := false
	switch kind {
	case 1: // CONNECT: version, lowest version, ..., length and offset of the description
		length, offset := int(binary.BigEndian.Uint16(body[16:])), int(binary.BigEndian.Uint16(body[18:]))
		ok = tnsVersion(body) && tnsVersion(body[2:]) && offset >= 34 && offset <= 128 &&
			(offset+length == size || size == offset && length > 230)
	case 2: // ACCEPT: version, options, session data unit, byte order, length and offset of its data
		offset := int(binary.BigEndian.Uint16(body[12:]))
		ok = tnsVersion(body) && size <= 1024 && (offset == 0 || offset >= 24 && offset <= size) &&
			int(binary.BigEndian.Uint16(body[10:])) <= size
	case 4: // REFUSE: two reasons, length
		ok = int(binary.BigEndian.Uint16(body[2:])) == size-12 && (len(body) == 4 || body[4] == '(')
	case 5: // REDIRECT: length
		ok = int(binary.BigEndian.Uint16(body)) == size-10 && body[2] == '('
	case 11:
		ok = size == 8
	case 12:
		ok = size == 11 && body[0] == 1 && body[1] == 0 && body[2] < 4
	}
	if ok {
		return classify.Match
	}
	return classify.Never
}

// tnsVersion accepts the protocol versions 300 to 330.
func tnsVersion(b []byte) bool {
	v := binary.BigEndian.Uint16(b)
	return v >= 300 && v <= 330
}

// tnsData judges a data packet: its flags, then the negotiation of native
// services (0xdeadbeef) or a call. A call alone is proof on the listener's
// port only; elsewhere both sides must send one.
func tnsData(body []byte, whole, onPort bool, count *int) classify.Outcome {
	if len(body) < 6 {
		if whole {
			return classify.Never
		}
		return classify.NeedMore
	}
	if body[0] != 0 || body[1]&0x1f != 0 {
		return classify.Never
	}
	if bytes.Equal(body[2:6], []byte{0xde, 0xad, 0xbe, 0xef}) {
		return classify.Match
	}
	if body[2] == 0 || body[2] > 0x20 {
		return classify.Never
	}
	if !whole {
		return classify.NeedMore
	}
	if *count++; onPort {
		return classify.Match
	}
	return classify.NeedMore
}

// tnsSpeaker tells by the type of the packet: CONNECT, and what answers it.
func tnsSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	if len(b) >= 8 {
		switch b[4] {
		case 1:
			return classify.ClientSpeaks
		case 2, 4, 5, 11:
			return classify.ServerSpeaks
		}
	}
	return classify.AnySpeaker
}
