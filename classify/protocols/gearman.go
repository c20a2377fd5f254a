package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var gearman = classify.Protocol{
	Name: "Gearman", Category: "RPC", Transport: classify.TCP,
	TCPPorts:   []uint16{4730},
	FirstBytes: classify.Bytes("\x00"), Recognise: recogniseGearman,
	Speaker: gearmanSpeaker, Reference: "Gearman protocol, binary packet",
}

// recogniseGearman accepts a binary packet: "\0REQ" or "\0RES", a type that
// exists, and a size.
func recogniseGearman(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome {
		o := max(match.Prefix(b, "\x00REQ"), match.Prefix(b, "\x00RES"))
		if o != classify.Match {
			return o
		}
		if len(b) < 8 {
			return classify.NeedMore
		}
		if t := wire.U32(b[4:]); t >= 1 && t <= 43 {
			return classify.Match
		}
		return classify.Never
	})
}

// gearmanSpeaker tells by the magic: requests are of clients and workers.
func gearmanSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	switch {
	case len(b) < 4:
		return classify.AnySpeaker
	case b[3] == 'Q':
		return classify.ClientSpeaks
	}
	return classify.ServerSpeaks
}
