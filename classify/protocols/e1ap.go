package protocols

import "servmap/classify"

var e1ap = classify.Protocol{
	Name: "E1AP", Category: "Network", Transport: classify.SCTP, Ports: []uint16{38462}, PPIDs: []uint32{64},
	FirstBytes: classify.Bytes("\x00\x20\x40"), Recognise: recogniseE1AP, Reference: "3GPP TS 37.483, section 9.4; TS 38.462, section 7",
}

// recogniseE1AP accepts a message on its port, or the request with which a unit of the user plane sets the
// interface up: procedure 3 with a gNB-CU-UP-ID (TS 37.483, section 9.4.7).
func recogniseE1AP(p *classify.Probe) classify.Outcome {
	return ranMessage(p, 38462, ranSetup{procedure: 3, node: 7})
}
