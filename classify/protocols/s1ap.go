package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var s1ap = classify.Protocol{
	Name: "S1AP", Category: "Network", Transport: classify.SCTP, Ports: []uint16{36412}, PPIDs: []uint32{18},
	FirstBytes: classify.Bytes("\x00\x20\x40"), Recognise: recogniseS1AP, Reference: "3GPP TS 36.413, section 9.3; TS 36.412, section 7",
}

// recogniseS1AP accepts a message on its port, or the request with which a base station sets the interface
// up: procedure 17 with a Global-ENB-ID (TS 36.413, section 9.3.7).
func recogniseS1AP(p *classify.Probe) classify.Outcome {
	return ranMessage(p, 36412, ranSetup{procedure: 17, node: 59})
}

// ranSetup tells the request that sets an interface of a radio network up: its procedure, and the element
// that names the node.
type ranSetup struct {
	procedure byte
	node      int
}

// ranMessage accepts a message of the application protocols of radio networks on its port, and the setup
// on any. They share a form in aligned PER (3GPP TS 36.413, section 9.3.2; ITU-T X.691): the choice of
// initiating message or outcome, procedure, criticality, the length of what follows, and there a list of
// elements, each with identifier, criticality and length, up to the end.
func ranMessage(p *classify.Probe, port uint16, setup ranSetup) classify.Outcome {
	b := p.Payload
	if len(b) < 8 || b[0]&^0x60 != 0 || b[0] == 0x60 || b[2]&0x3f != 0 || b[2] > 0x80 {
		return classify.Never
	}
	size, n := perLength(b[3:])
	at := 3 + n
	if n == 0 || at+size != p.Len || len(b) < at+3 || b[at] != 0 {
		return classify.Never
	}
	count := wire.U16(b[at+1:])
	at += 3
	hasNode := false
	for range count {
		if at+4 > len(b) {
			break
		}
		id := wire.U16(b[at:])
		size, n := perLength(b[at+3:])
		if n == 0 || b[at+2]&0x3f != 0 || at+3+n+size > p.Len {
			return classify.Never
		}
		hasNode = hasNode || id == setup.node
		at += 3 + n + size
	}
	isSetup := b[0] == 0 && b[1] == setup.procedure && hasNode
	if (at == p.Len || at > len(b) && len(b) < p.Len) && (p.HasPort(port) && count > 0 || isSetup) {
		return classify.Match
	}
	return classify.Never
}

// perLength reads the length of an open type in aligned PER (X.691, section 11.9): one byte below 128, two
// below 16384. n is 0 where it is cut or longer.
func perLength(b []byte) (size, n int) {
	switch {
	case len(b) < 1 || b[0] >= 0xc0:
		return 0, 0
	case b[0] < 0x80:
		return int(b[0]), 1
	case len(b) < 2:
		return 0, 0
	}
	return wire.U16(b) & 0x3fff, 2
}
