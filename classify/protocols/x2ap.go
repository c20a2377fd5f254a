package protocols

import "servmap/classify"

var x2ap = classify.Protocol{
	Name: "X2AP", Category: "Network", Transport: classify.SCTP, Ports: []uint16{36422}, PPIDs: []uint32{27},
	FirstBytes: classify.Bytes("\x00\x20\x40"), Recognise: recogniseX2AP, Reference: "3GPP TS 36.423, section 9.3; TS 36.422, section 7",
}

// recogniseX2AP accepts a message on its port, or the request with which base stations set the interface
// between them up: procedure 6 with a GlobalENB-ID (TS 36.423, section 9.3.7).
func recogniseX2AP(p *classify.Probe) classify.Outcome {
	return ranMessage(p, 36422, ranSetup{procedure: 6, node: 21})
}
