package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var m2pa = classify.Protocol{
	Name: "M2PA", Category: "VoIP", Transport: classify.SCTP, Ports: []uint16{3565}, PPIDs: []uint32{5},
	FirstBytes: classify.Bytes("\x01"), Recognise: recogniseM2PA, Reference: "RFC 4165, section 2",
}

// recogniseM2PA accepts user data or a link status: class 11, and behind the common header two sequence
// numbers of 24 bits, each after an unused byte (RFC 4165, sections 2.1 to 2.3).
func recogniseM2PA(p *classify.Probe) classify.Outcome {
	const header, userData, status = 16, 1, 2
	b := p.Payload
	class, ok := sigtranMessage(p)
	switch {
	case !ok || class != sigtranM2PA || len(b) < header || b[8] != 0 || b[12] != 0:
		return classify.Never
	case b[3] == userData, b[3] == status && wire.U32(b[4:]) >= header+4 && len(b) >= header+4 && wire.U32(b[header:]) <= 9:
		return classify.Match
	}
	return classify.Never
}
