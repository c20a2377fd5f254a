package protocols

import "servmap/classify"

// whatsapp is the chat protocol of WhatsApp, which opens a Noise handshake.
var whatsapp = classify.Protocol{
	Name:      "WhatsApp",
	Category:  "Chat",
	Transport: classify.TCP,
	TCPPorts:  []uint16{5222, 443, 80},
	NoGuess:   true,
	Reference: "observed: WA, version, frames with three bytes of length",

	FirstBytes: classify.Bytes("WE"),
	Recognise:  recogniseWhatsApp,
}

// recogniseWhatsApp accepts the client's prologue: "WA", two bytes of version
// and a frame with its length in three bytes; or before it the routing information
// "ED", version 0.1, with its own length.
func recogniseWhatsApp(p *classify.Probe) classify.Outcome {
	b := p.Stream(p.From)
	if len(b) == 0 || b[0] != 'W' && b[0] != 'E' {
		return classify.Never
	}
	const routing = "ED\x00\x01"
	if b[0] == 'E' {
		n := min(len(b), len(routing))
		switch {
		case string(b[:n]) != routing[:n]:
			return classify.Never
		case n == len(routing) && p.HasPort(5222):
			// Clients send these four bytes in a segment of their own.
		case len(b) < 7:
			return classify.NeedMore
		case b[4] != 0 || b[5] > 3:
			return classify.Never
		}
		p.ClientIs(p.From)
		return classify.Match
	}
	switch {
	case len(b) >= 2 && b[1] != 'A', len(b) >= 3 && (b[2] == 0 || b[2] > 8), len(b) >= 4 && b[3] > 16, len(b) >= 5 && b[4] != 0:
		return classify.Never
	case len(b) < 8:
		return classify.NeedMore
	case b[5] > 3 || b[5] == 0 && b[6] == 0:
		return classify.Never
	}
	p.ClientIs(p.From)
	return classify.Match
}
