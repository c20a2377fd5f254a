package protocols

import "servmap/classify"

var m2ua = classify.Protocol{
	Name: "M2UA", Category: "VoIP", Transport: classify.SCTP, Ports: []uint16{2904}, PPIDs: []uint32{2},
	FirstBytes: classify.Bytes("\x01"), Recognise: recogniseM2UA, Speaker: sigtranSpeaker, Reference: "RFC 3331, section 3",
}

// recogniseM2UA accepts a message of the class for MTP level 2's users (RFC 3331, section 3.3.1); on its
// port also those that all layers share.
func recogniseM2UA(p *classify.Probe) classify.Outcome {
	class, ok := sigtranMessage(p)
	switch {
	case !ok:
		return classify.Never
	case class == sigtranMAUP, p.HasPort(2904) && (class == sigtranState || class == sigtranTraffic || class == 0):
		return classify.Match
	case class == sigtranTransfer, class == sigtranCL, class == sigtranCO, class == sigtranM2PA:
		return classify.Never
	}
	return sigtranWait(p)
}
