package protocols

import "servmap/classify"

var f1ap = classify.Protocol{
	Name: "F1AP", Category: "Network", Transport: classify.SCTP, Ports: []uint16{38472}, PPIDs: []uint32{62},
	FirstBytes: classify.Bytes("\x00\x20\x40"), Recognise: recogniseF1AP, Reference: "3GPP TS 38.473, section 9.4; TS 38.472, section 7",
}

// recogniseF1AP accepts a message on its port, or the request with which a distributed unit sets the interface
// up: procedure 1 with a gNB-DU-ID (TS 38.473, section 9.4.7).
func recogniseF1AP(p *classify.Probe) classify.Outcome {
	return ranMessage(p, 38472, ranSetup{procedure: 1, node: 42})
}
