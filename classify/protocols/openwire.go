package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var openwire = classify.Protocol{
	Name: "OpenWire", Category: "RPC", Transport: classify.TCP,
	TCPPorts: []uint16{61616}, FirstBytes: classify.Bytes("\x00"), Recognise: recogniseOpenWire, Reference: "ActiveMQ OpenWire version 2 specification",
}

// recogniseOpenWire accepts the wire format information with which both sides
// begin: size, type 1, "ActiveMQ", version.
func recogniseOpenWire(p *classify.Probe) classify.Outcome {
	return match.Either(p, func(b []byte) classify.Outcome {
		if b[0] != 0 {
			return classify.Never
		}
		if len(b) < 5 {
			return classify.NeedMore
		}
		if b[4] != 1 || wire.U32(b) > 1<<16 {
			return classify.Never
		}
		return match.Prefix(b[5:], "ActiveMQ")
	})
}
