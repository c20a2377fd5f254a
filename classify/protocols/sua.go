package protocols

import "servmap/classify"

var sua = classify.Protocol{
	Name: "SUA", Category: "VoIP", Transport: classify.SCTP, Ports: []uint16{14001}, PPIDs: []uint32{4},
	FirstBytes: classify.Bytes("\x01"), Recognise: recogniseSUA, Speaker: sigtranSpeaker, Reference: "RFC 3868, section 3",
}

// recogniseSUA accepts a message of SCCP's users, with or without a connection (RFC 3868, section 3.1.2);
// on its port also those that all layers share.
func recogniseSUA(p *classify.Probe) classify.Outcome {
	class, ok := sigtranMessage(p)
	switch {
	case !ok:
		return classify.Never
	case class == sigtranCL, class == sigtranCO, p.HasPort(14001) && class != sigtranTransfer && class <= sigtranRouting:
		return classify.Match
	case class == sigtranTransfer, class == sigtranMAUP, class == sigtranM2PA:
		return classify.Never
	}
	return sigtranWait(p)
}
