package classify

// Speaker is what a message shows of its sender.
type Speaker uint8

// The answers to who sends a message.
const (
	// AnySpeaker: both sides send such messages, or too little is there to tell.
	AnySpeaker Speaker = iota
	// ClientSpeaks: only a client sends it.
	ClientSpeaks
	// ServerSpeaks: only a server sends it.
	ServerSpeaks
)

// tellSides asks the protocol which side can only be the client, by what each side has sent from its
// beginning. Of a side met midstream the newest payload may begin a message as well.
func (p *Probe) tellSides(speaker func(Transport, []byte) Speaker) {
	for _, s := range [...]Side{p.From, p.From.Other()} {
		b := p.streams[s]
		if len(b) == 0 {
			continue
		}
		who := speaker(p.Transport, b)
		if who == AnySpeaker && s == p.From && p.midstream[s] && len(p.Payload) > 0 {
			who = speaker(p.Transport, p.Payload)
		}
		switch who {
		case ClientSpeaks:
			p.ClientIs(s)
			return
		case ServerSpeaks:
			p.ClientIs(s.Other())
			return
		}
	}
}
