package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/wire"
)

var ethernetIP = classify.Protocol{
	Name: "EthernetIP", Category: "Network", Transport: classify.TCP | classify.UDP,
	TCPPorts: []uint16{44818}, Recognise: recogniseEthernetIP,
	Speaker: enipSpeaker, Reference: "ODVA EtherNet/IP Adaptation of CIP, section 2-3",
}

var cip = classify.Protocol{
	Name: "CIP", Category: "IoT-Scada", Transport: classify.UDP,
	UDPPorts:   []uint16{2222},
	FirstBytes: classify.Bytes("\x02"), Recognise: recogniseCIP, Reference: "ODVA EtherNet/IP Adaptation of CIP, section 3-2.2",
}

// recogniseEthernetIP accepts an encapsulation header of a known command and
// status with no options (section 2-3.1). Over UDP there are only the lists,
// asked for without data and answered with items (section 2-4), and the length
// is the datagram's. A command that does nothing, or one that is no longer used, may come first.
func recogniseEthernetIP(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.TCP {
		return enipStreams(p)
	}
	b := p.Payload
	if n, o := enipIdle(b); p.HasPort(44818) && o == classify.Match && n == p.Len {
		return classify.Match
	}
	if enipList(b) && !p.HasPort(44818) {
		return classify.Never
	}
	if len(b) < 24 || wire.L16(b[2:])+24 != p.Len || wire.L16(b) > 0x64 || enipHeader(b) != classify.Match {
		return classify.Never
	}
	return classify.Match
}

// enipStreams judges what both sides send over TCP. A request without data is only its number and
// zeros, so off the port the answer must be seen too.
func enipStreams(p *classify.Probe) classify.Outcome {
	out, bare := classify.Never, 0
	for s := classify.Client; s <= classify.Server; s++ {
		b := p.Stream(s)
		if len(b) == 0 {
			continue
		}
		if p.HasPort(44818) && b[0] <= 1 {
			n, o := enipIdle(b)
			if o == classify.Match && n == len(b) {
				return classify.Match
			}
			if o == classify.NeedMore || o == classify.Match && n > len(b) {
				out = classify.NeedMore
				continue
			}
			b = b[n:]
		}
		o := enipHeader(b)
		if o == classify.Match && !p.HasPort(44818) && enipList(b) {
			if len(b) > 24 {
				continue
			}
			bare++
			o = classify.NeedMore
		}
		out = max(out, o)
	}
	if bare == 2 {
		return classify.Match
	}
	return out
}

// enipIdle returns the length of a NOP (section 2-4.2), whose data mean nothing, or of the command 1 of
// the first version.
func enipIdle(b []byte) (int, classify.Outcome) {
	const header, most = 24, 512 // bytes of data at most
	switch {
	case b[0] > 1 || len(b) > 1 && b[1] != 0:
		return 0, classify.Never
	case len(b) < header:
		return 0, classify.NeedMore
	case wire.L16(b[2:]) > most || wire.L32(b[4:])|wire.L32(b[8:])|wire.L32(b[20:]) != 0:
		return 0, classify.Never
	}
	return header + wire.L16(b[2:]), classify.Match
}

// enipList reports whether b begins with a request for a list, which has no data.
func enipList(b []byte) bool { return len(b) >= 24 && wire.L16(b) <= 0x66 && wire.L16(b[2:]) == 0 }

// enipItems reports whether b begins with the items of an answer to a list: their number, and the type
// of an identity or a service.
func enipItems(b []byte) bool {
	return b[0] <= 8 && b[1] == 0 && (wire.L16(b[2:]) == 0x000c || wire.L16(b[2:]) == 0x0100)
}

func enipHeader(b []byte) classify.Outcome {
	if len(b) < 2 {
		return classify.NeedMore
	}
	switch wire.L16(b) {
	case 0x0004, 0x0063, 0x0064, 0x0065, 0x0066, 0x006f, 0x0070:
	default:
		return classify.Never
	}
	if len(b) < 24 {
		return classify.NeedMore
	}
	switch wire.L32(b[8:]) {
	case 0, 1, 2, 3, 0x64, 0x65, 0x69, 0x6a:
	default:
		return classify.Never
	}
	command, length, session := wire.L16(b), wire.L16(b[2:]), wire.L32(b[4:])
	// No interfaces at all is the usual answer to their list.
	none := command == 0x64 && length == 2 && len(b) >= 26 && wire.L16(b[24:]) == 0
	if command <= 0x64 && length > 0 && !none && !(len(b) >= 28 && enipItems(b[24:])) {
		return classify.Never
	}
	if command <= 0x64 && (session != 0 || length == 0 && len(b) > 25 && wire.L16(b[24:]) > 0x73) {
		return classify.Never
	}
	if wire.L32(b[20:]) != 0 || command >= 0x6f && (length < 4 || session == 0) || command == 0x65 && length != 4 {
		return classify.Never
	}
	return classify.Match
}

// recogniseCIP accepts the packets of a class 0 or 1 connection: two items, a
// sequenced address and the data, which fills the datagram.
func recogniseCIP(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 18 || binary.LittleEndian.Uint32(b) != 0x80020002 || wire.L16(b[4:]) != 8 {
		return classify.Never
	}
	if item := wire.L16(b[14:]); item == 0x00b1 && wire.L16(b[16:])+18 <= p.Len {
		return classify.Match
	}
	return classify.Never
}

// enipSpeaker tells by lists and sessions, whose requests are empty, and by the service of a CIP message
// (Volume 2, section 2-4; Volume 1, section 2-4.1).
func enipSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	if len(b) < 24 {
		return classify.AnySpeaker
	}
	at := 0 // where the service of an unconnected or a connected message stands
	switch command := wire.L16(b); command {
	case 0x04, 0x63, 0x64:
		if wire.L16(b[2:]) == 0 {
			return classify.ClientSpeaks
		}
		return classify.ServerSpeaks
	case 0x65:
		if wire.L32(b[4:]) == 0 && wire.L32(b[8:]) == 0 {
			return classify.ClientSpeaks
		}
		return classify.ServerSpeaks
	case 0x6f:
		if len(b) > 40 && wire.L16(b[30:]) == 2 && wire.L16(b[32:]) == 0 && wire.L16(b[36:]) == 0xb2 {
			at = 40
		}
	case 0x70:
		if len(b) > 46 && wire.L16(b[30:]) == 2 && wire.L16(b[32:]) == 0xa1 && wire.L16(b[40:]) == 0xb1 {
			at = 46
		}
	}
	switch {
	case at == 0:
		return classify.AnySpeaker
	case b[at]&0x80 != 0:
		return classify.ServerSpeaks
	}
	return classify.ClientSpeaks
}
