package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var babel = classify.Protocol{
	Name: "Babel", Category: "Network", Transport: classify.UDP, UDPPorts: []uint16{6696},
	FirstBytes: classify.Bytes("\x2a"), Recognise: recogniseBabel, Reference: "RFC 8966, section 4.2",
}

// recogniseBabel accepts the magic 42, version 2, and a body whose elements lead to its end (RFC 8966,
// sections 4.2 and 4.3). A trailer may follow, with what proves the sender (RFC 8967, section 3.1).
func recogniseBabel(p *classify.Probe) classify.Outcome {
	const header, lastType = 4, 20
	b := p.Payload
	if len(b) < header || b[0] != 42 || b[1] != 2 {
		return classify.Never
	}
	end := header + wire.U16(b[2:])
	if end == header || end > p.Len || p.Len-end > 256 {
		return classify.Never
	}
	for at := header; at < end && at < len(b); {
		if b[at] == 0 { // one byte of padding
			at++
			continue
		}
		if b[at] > lastType && b[at] < 224 || at+1 < len(b) && at+2+int(b[at+1]) > end {
			return classify.Never
		}
		if at+1 >= len(b) {
			break
		}
		at += 2 + int(b[at+1])
	}
	return classify.Match
}
