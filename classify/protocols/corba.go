package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var corba = classify.Protocol{
	Name: "Corba", Category: "RPC", Transport: classify.TCP | classify.UDP,
	FirstBytes: classify.Bytes("GMZ"), Recognise: recogniseCorba,
	Speaker: giopSpeaker, Reference: "OMG CORBA 3.3, part 2, section 9.4; MIOP 1.0",
}

// recogniseCorba accepts the header of a message of the general inter-ORB
// protocol: "GIOP", version 1.0 to 1.3, flags and type (CORBA 3.3, part 2,
// section 9.4.1), its compressed form "ZIOP", and the packet header of multicast
// "MIOP".
func recogniseCorba(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome {
		if o := match.Prefix(b, "MIOP"); o == classify.Match && p.Transport == classify.UDP {
			if len(b) >= 16 && b[4] == 0x10 && b[5] <= 0x0f {
				return classify.Match
			}
			return classify.Never
		}
		o := max(match.Prefix(b, "GIOP"), match.Prefix(b, "ZIOP"))
		if o != classify.Match {
			return o
		}
		if len(b) < 8 {
			return classify.NeedMore
		}
		if b[4] == 1 && b[5] <= 3 && b[6] <= 7 && b[7] <= 7 {
			return classify.Match
		}
		return classify.Never
	})
}

// giopSpeaker tells by the type of the message (CORBA 3.3, part 2, section 9.4.1).
func giopSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	if len(b) < 8 || b[1] != 'I' || b[0] == 'M' {
		return classify.AnySpeaker
	}
	switch b[7] {
	case 0, 2, 3:
		return classify.ClientSpeaks
	case 1, 4:
		return classify.ServerSpeaks
	}
	return classify.AnySpeaker
}
