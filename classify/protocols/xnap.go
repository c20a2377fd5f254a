package protocols

import "servmap/classify"

var xnap = classify.Protocol{
	Name: "XnAP", Category: "Network", Transport: classify.SCTP, Ports: []uint16{38422}, PPIDs: []uint32{61},
	FirstBytes: classify.Bytes("\x00\x20\x40"), Recognise: recogniseXnAP, Reference: "3GPP TS 38.423, section 9.3; TS 38.422, section 7",
}

// recogniseXnAP accepts a message on its port.
func recogniseXnAP(p *classify.Probe) classify.Outcome {
	return ranMessage(p, 38422, ranSetup{node: -1})
}
