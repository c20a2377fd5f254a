package protocols

import (
	"encoding/binary"

	"servmap/classify"
)

// threema is the chat protocol of Threema.
var threema = classify.Protocol{
	Name:      "Threema",
	Category:  "Chat",
	Transport: classify.TCP,
	TCPPorts:  []uint16{5222},
	NoGuess:   true, // port 5222 is XMPP's
	Reference: "Threema, Cryptography Whitepaper, chat protocol",

	Recognise: recogniseThreema,
}

// recogniseThreema accepts, on its port, the three messages of the handshake by their lengths (48 bytes
// of key and cookie, 80 in answer, 144 and more of login), and frames with their length in
// little-endian order behind the client's.
func recogniseThreema(p *classify.Probe) classify.Outcome {
	const hello, answer, login = 48, 80, 144
	if !p.HasPort(5222) && !p.HasPort(443) {
		return classify.Never
	}
	if p.History()[0].Len > hello {
		return classify.Never
	}
	turns := threemaTurns(p.History())
	client := turns[0].from
	if first := p.Stream(client); len(first) > 1 && (classify.IsPrintable(first) || first[0] == 0x16 && first[1] == 3 || first[0] == 5) {
		return classify.Never
	}
	p.ClientIs(client)
	for i, limits := range [...][2]int{{hello, hello}, {answer, answer}, {login, 512}} {
		if i >= len(turns) || i == len(turns)-1 && turns[i].size < limits[0] {
			return classify.NeedMore
		}
		if size := turns[i].size; size < limits[0] || i < 2 && size > limits[1] || len(turns) == 3 && size > limits[1] && p.HasPort(5222) {
			return classify.Never
		}
	}
	if p.HasPort(5222) && !p.HasPort(443) {
		return classify.Match
	}
	if len(turns) > 3 && threemaFrames(p.Stream(client), hello+turns[2].size) {
		return classify.Match
	}
	if len(turns) < 8 {
		return classify.NeedMore
	}
	return classify.Never
}

// threemaFrames reports whether a stream consists of frames from offset at on.
func threemaFrames(b []byte, at int) bool {
	for n := 0; at <= len(b); n++ {
		rest := b[at:]
		if len(rest) < 2 {
			return len(rest) == 0 && n > 0
		}
		size := 2 + int(binary.LittleEndian.Uint16(rest))
		if size < 18 {
			return false
		}
		at += size
	}
	return false
}

// threemaTurn is what one side sent before the other did, in however many segments.
type threemaTurn struct {
	from classify.Side
	size int // on the wire
}

// threemaTurns puts together what each side sent in turn: of the handshake only sizes can be told.
func threemaTurns(history []classify.Payload) []threemaTurn {
	var out []threemaTurn
	for i := range history {
		d := &history[i]
		n := len(out) - 1
		if n < 0 || out[n].from != d.From {
			out = append(out, threemaTurn{d.From, d.Len})
			continue
		}
		out[n].size += d.Len
	}
	return out
}
