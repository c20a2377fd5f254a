package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var dofus = classify.Protocol{
	Name:       "Dofus",
	Category:   "Game",
	Transport:  classify.TCP,
	FirstBytes: classify.Bytes("\x00H"),
	Recognise:  recogniseDofus,
	Reference:  "Dofus 1.29 text protocol (HC, HG) and Dofus 2 ProtocolRequired message",
}

// recogniseDofus accepts the server's hello: in version 1 HC with 32 letters, or
// HG of a game's server where the client answers with its ticket; in version 2
// the message that names the protocol's required and current version.
func recogniseDofus(p *classify.Probe) classify.Outcome {
	for s := classify.Client; s <= classify.Server; s++ {
		if server := p.Stream(s); len(server) >= 2 && server[0] == 'H' && server[1] == 'G' {
			return dofusGame(p.Stream(s.Other()), server)
		}
	}
	return match.Both(p, func(_ classify.Side, b []byte) classify.Outcome {
		switch {
		case b[0] == 'H' && (len(b) < 2 || b[1] == 'C'):
			for _, c := range b[min(2, len(b)):min(34, len(b))] {
				if c < 'a' || c > 'z' {
					return classify.Never
				}
			}
			if len(b) < 35 {
				return classify.NeedMore
			}
			if b[34] == 0 {
				return classify.Match
			}
		case b[0] == 0 && (len(b) < 2 || b[1] == 5) && (len(b) < 3 || b[2] == 8):
			if len(b) < 11 {
				return classify.NeedMore
			}
			required, current := binary.BigEndian.Uint32(b[3:]), binary.BigEndian.Uint32(b[7:])
			if required > 1000 && required <= current && current < 4000 {
				return classify.Match
			}
		}
		return classify.Never
	})
}

// dofusGame judges a game's server, whose hello has three bytes, by the ticket
// that it is answered with.
func dofusGame(client, server []byte) classify.Outcome {
	switch {
	case len(server) > 3 && server[2] != 0, len(client) >= 2 && string(client[:2]) != "AT":
		return classify.Never
	case len(server) < 3 || len(client) < 4:
		return classify.NeedMore
	case server[2] == 0 && classify.IsPrintable(client[2:4]):
		return classify.Match
	}
	return classify.Never
}
