package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var someIP = classify.Protocol{
	Name: "SOMEIP", Category: "RPC", Transport: classify.TCP | classify.UDP,
	TCPPorts: []uint16{30491, 30501}, UDPPorts: []uint16{30491, 30501, 30490}, Recognise: recogniseSOMEIP,
	Speaker:   someipSpeaker,
	Reference: "AUTOSAR SOME/IP Protocol Specification, section 4.1",
}

// recogniseSOMEIP accepts messages of protocol version 1 with a known type and return code that fill
// the datagram (SOME/IP, section 4.1.2). In a stream two messages must follow each other, or one must
// end with what was sent.
func recogniseSOMEIP(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.TCP {
		return match.Either(p, someIPStream)
	}
	b, size, n := p.Payload, p.Len, 0
	for size > 0 {
		length := someIPMessage(b)
		if length == 0 || length > size {
			return classify.Never
		}
		n++
		if length >= len(b) {
			if length == size || len(p.Payload) < p.Len {
				return classify.Match
			}
			return classify.Never
		}
		b, size = b[length:], size-length
	}
	if n > 0 {
		return classify.Match
	}
	return classify.Never
}

func someIPStream(b []byte) classify.Outcome {
	n := 0
	for len(b) >= 16 {
		length := someIPMessage(b)
		if length == 0 || length > 1<<20 {
			return classify.Never
		}
		n++
		if n == 2 || length == len(b) {
			return classify.Match
		}
		if length > len(b) {
			return classify.NeedMore
		}
		b = b[length:]
	}
	return classify.NeedMore
}

// someIPMessage returns the length of the message that begins b, or 0 where
// none does.
func someIPMessage(b []byte) int {
	if len(b) < 16 || b[12] != 1 {
		return 0
	}
	length := wire.U32(b[4:]) + 8
	if length < 16 || b[15] > 0x5e {
		return 0
	}
	// The bit 0x20 marks a segment of a large message.
	switch b[14] &^ 0x20 {
	case 0x00, 0x01, 0x02:
		if b[15] != 0 {
			return 0
		}
	case 0x40, 0x41, 0x42, 0x80, 0x81, 0xc0, 0xc1:
	default:
		return 0
	}
	return length
}

// someipSpeaker tells by the type of the message (SOME/IP, section 4.1.2.6). Service discovery notifies.
func someipSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	if len(b) < 16 || wire.U16(b) == 0xffff {
		return classify.AnySpeaker
	}
	switch b[14] &^ 0x20 {
	case 0, 1:
		return classify.ClientSpeaks
	case 0x80, 0x81:
		return classify.ServerSpeaks
	}
	return classify.AnySpeaker
}
