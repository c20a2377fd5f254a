package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var armagetron = classify.Protocol{
	Name:       "Armagetron",
	Category:   "Game",
	Transport:  classify.UDP,
	UDPPorts:   []uint16{4534},
	NoGuess:    true,
	FirstBytes: classify.Bytes("\x00\x01"), // descriptors go to 400
	Recognise:  recogniseArmagetron,
	Reference:  "Armagetron Advanced network layer (nNetwork): message descriptor, number, length, sender",
}

// recogniseArmagetron accepts datagrams that messages fill: each has descriptor, number and length in
// 16-bit words, then data. The sender's number ends the datagram. A login is enough. Of other messages
// both sides must send some, or one side several with the same number.
func recogniseArmagetron(p *classify.Probe) classify.Outcome {
	first, count := armagetronMessages(p.Payload, p.Len)
	if count == 0 {
		return classify.Never
	}
	onPort := p.HasPort(4534) || p.HasPort(4533)
	if onPort && count > 2 || first == 11 && (onPort || armagetronLogin(p.Payload)) {
		return classify.Match
	}
	enough := 6
	if onPort {
		enough = 3
	}
	sender := string(p.Payload[len(p.Payload)-2:])
	total := 0
	for _, e := range p.History() {
		_, n := armagetronMessages(e.Data, e.Len)
		if n > 0 && e.From != p.From {
			return classify.Match
		}
		if n > 0 && string(e.Data[len(e.Data)-2:]) == sender {
			total += n
		}
	}
	if total >= enough {
		return classify.Match
	}
	return classify.NeedMore
}

// armagetronLogin accepts the login of a player who has no number yet. The message has none either.
func armagetronLogin(b []byte) bool {
	return match.AllZero(b[2:4]) && match.AllZero(b[len(b)-2:])
}

// armagetronMessages returns the first message's descriptor and how many
// messages there are, 0 where they do not fill the datagram.
func armagetronMessages(b []byte, size int) (first uint16, count int) {
	if len(b) < 8 || len(b) != size || size&1 != 0 {
		return 0, 0
	}
	first = binary.BigEndian.Uint16(b)
	for len(b) > 2 {
		if len(b) < 8 {
			return 0, 0
		}
		descriptor, length := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[4:]))
		// A message without data comes with others.
		if !armagetronDescriptor(descriptor) || length == 0 && count == 0 && len(b) == 8 || length > 700 || len(b) < 8+2*length {
			return 0, 0
		}
		b = b[6+2*length:]
		count++
	}
	return first, count
}

// armagetronDescriptor accepts the numbers in use: of the connection, of the
// game and its objects, of the master server, and from 200 on those added later.
func armagetronDescriptor(d uint16) bool {
	return d >= 1 && d <= 11 || d >= 20 && d <= 28 || d >= 50 && d <= 60 || d >= 200 && d <= 400
}
