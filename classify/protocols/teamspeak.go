package protocols

import (
	"bytes"

	"servmap/classify"
)

// teamspeak is TeamSpeak, versions 2 and 3.
var teamspeak = classify.Protocol{
	Name:      "TeamSpeak",
	Category:  "VoIP",
	Transport: classify.UDP | classify.TCP,
	UDPPorts:  []uint16{9987, 8767, 2010},
	TCPPorts:  []uint16{10011},
	NoGuess:   true,
	Reference: "TeamSpeak 3 protocol, as documented by tsclientlib; ServerQuery manual",

	Recognise: recogniseTeamSpeak,
}

// recogniseTeamSpeak accepts the first packet of version 3 (TS3INIT1), the
// class and type of version 2's, a request to the list of servers on port 2010 and, over TCP,
// the greeting of ServerQuery.
func recogniseTeamSpeak(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.TCP {
		const greeting = "TS3\n\rWelcome to the TeamSpeak"
		b := p.Stream(p.From)
		n := min(len(b), len(greeting))
		switch {
		case n == 0 || string(b[:n]) != greeting[:n]:
			if p.HasPort(10011) && p.Count(p.From.Other()) == 0 {
				return classify.NeedMore
			}
			return classify.Never
		case n < len(greeting):
			return classify.NeedMore
		}
		p.ClientIs(p.From.Other())
		return classify.Match
	}
	b := p.Payload
	switch {
	case bytes.HasPrefix(b, []byte("TS3INIT1")):
		return classify.Match
	case len(b) >= 8 && b[0] >= 0xf0 && b[0] <= 0xf4 && b[1] == 0xbe && b[2] >= 2 && b[2] <= 4 && b[3] == 0 && p.HasPort(8767):
		return classify.Match
	case p.HasPort(2010) && len(b) >= 4 && b[0] == 1 && b[1]&0xfe == 0x80 && b[2] == 0x84 && b[3] <= 8:
		return classify.Match
	}
	return classify.Never
}
