package protocols

import "servmap/classify"

var ngap = classify.Protocol{
	Name: "NGAP", Category: "Network", Transport: classify.SCTP, Ports: []uint16{38412}, PPIDs: []uint32{60},
	FirstBytes: classify.Bytes("\x00\x20\x40"), Recognise: recogniseNGAP, Reference: "3GPP TS 38.413, section 9.4; TS 38.412, section 7",
}

// recogniseNGAP accepts a message on its port, or the request with which a base station sets the interface
// up: procedure 21 with a GlobalRANNodeID (TS 38.413, section 9.4.7).
func recogniseNGAP(p *classify.Probe) classify.Outcome {
	return ranMessage(p, 38412, ranSetup{procedure: 21, node: 27})
}
