package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var monero = classify.Protocol{
	Name:       "Monero",
	Category:   "Crypto_Currency",
	Transport:  classify.TCP,
	TCPPorts:   []uint16{18080},
	NoGuess:    true,
	FirstBytes: classify.Bytes("\x01"),
	Recognise:  recogniseMonero,
	Speaker:    moneroSpeaker,
	Reference:  "Monero docs/LEVIN_PROTOCOL.md, header",
}

// recogniseMonero accepts Levin's header: its signature, and after length, flag,
// command and return code the protocol version 1.
func recogniseMonero(p *classify.Probe) classify.Outcome {
	return match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		const signature = "\x01\x21\x01\x01\x01\x01\x01\x01"
		if match.Prefix(b, signature) == classify.Never {
			return classify.Never
		}
		if len(b) < 33 {
			return classify.NeedMore
		}
		if b[16] > 1 || binary.LittleEndian.Uint32(b[29:]) != 1 {
			return classify.Never
		}
		return classify.Match
	})
}

// moneroSpeaker tells by the flags of the handshake, which the side asks for that opened the connection.
func moneroSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	const handshake, request, response = 1001, 1, 2
	if len(b) < 29 || binary.LittleEndian.Uint32(b[17:]) != handshake {
		return classify.AnySpeaker
	}
	switch binary.LittleEndian.Uint32(b[25:]) & 3 {
	case request:
		return classify.ClientSpeaks
	case response:
		return classify.ServerSpeaks
	}
	return classify.AnySpeaker
}
