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

// recogniseThreema accepts, on its port, the three messages of the handshake by
// their lengths (48 bytes of key and cookie, 80 in answer, 144 and more of login), and frames with
// their length in little endian behind the client's.
func recogniseThreema(p *classify.Probe) classify.Outcome {
	const hello, answer, login = 48, 80, 144
	if !p.HasPort(5222) && !p.HasPort(443) || p.Midstream(classify.Client) {
		return classify.Never
	}
	history := p.History()
	want := [...]struct {
		from     classify.Side
		low, top int
	}{{classify.Client, hello, hello}, {classify.Server, answer, answer}, {classify.Client, login, 512}}
	for i := range history[:min(len(history), len(want))] {
		if d := &history[i]; d.From != want[i].from || d.Len < want[i].low || d.Len > want[i].top {
			return classify.Never
		}
	}
	if first := history[0].Data; isPrintable(first) || first[0] == 0x16 && first[1] == 3 || first[0] == 5 {
		return classify.Never
	}
	if len(history) < len(want) {
		return classify.NeedMore
	}
	if p.HasPort(5222) && !p.HasPort(443) {
		return classify.Match
	}
	b := p.Stream(classify.Client)[hello+history[2].Len:]
	for n := 0; ; n++ {
		if len(b) == 0 && n > 0 {
			return classify.Match
		}
		if len(b) < 2 {
			break
		}
		size := 2 + int(binary.LittleEndian.Uint16(b))
		if size < 18 || size > len(b) {
			return classify.Never
		}
		b = b[size:]
	}
	if len(history) < 8 {
		return classify.NeedMore
	}
	return classify.Never
}
