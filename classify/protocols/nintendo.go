package protocols

import "servmap/classify"

// nintendo is Pia, the protocol of games between Nintendo's consoles.
var nintendo = classify.Protocol{
	Name:      "Nintendo",
	Category:  "Game",
	Transport: classify.UDP,
	Reference: "Pia packet header, as documented by NintendoClients",

	FirstBytes: classify.Bytes("\x32"),
	Recognise:  recogniseNintendo,
}

// recogniseNintendo accepts the magic number 32ab9864, then a version with the
// bit of encryption, and the number of a connection.
func recogniseNintendo(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 16 || string(b[:4]) != "\x32\xab\x98\x64" || b[4]&0x7f > 0x20 {
		return classify.Never
	}
	return classify.Match
}
