package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var pfcp = classify.Protocol{
	Name: "PFCP", Category: "Network", Transport: classify.UDP,
	UDPPorts: []uint16{8805}, FirstBytes: classify.Range(0x20, 0x27), Recognise: recognisePFCP,
	Speaker: pfcpSpeaker, Reference: "3GPP TS 29.244",
}

// recognisePFCP accepts a header of version 1 whose length is the datagram's,
// or leads to a next message (3GPP TS 29.244, section 7.2.2), and information
// elements that fill it (section 8.1.1).
func recognisePFCP(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 8 || b[0]>>5 != 1 || b[0]&0x18 != 0 {
		return classify.Never
	}
	node := b[1] >= 1 && b[1] <= 17
	session := b[1] >= 50 && b[1] <= 59
	hasSEID := b[0]&0x01 != 0
	if !node && !session || session && !hasSEID {
		return classify.Never
	}
	size := wire.U16(b[2:]) + 4
	bundled := b[0]&0x04 != 0
	if size > p.Len || size < p.Len && !bundled {
		return classify.Never
	}
	head := 8
	if hasSEID {
		head = 16
	}
	if size < head || len(b) < head {
		return classify.Never
	}
	n, exact := match.TLVs(b[head:], size-head, 0, func(typ int) bool { return typ != 0 })
	if exact && (n > 0 || p.HasPort(8805)) || n > 0 && len(b) < p.Len {
		return classify.Match
	}
	return classify.Never
}

// pfcpSpeaker tells by the type of the message (3GPP TS 29.244, section 7.3): the sender of a request is
// the client.
func pfcpSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	if len(b) < 2 {
		return classify.AnySpeaker
	}
	switch b[1] {
	case 1, 3, 5, 7, 9, 12, 14, 16, 50, 52, 54, 56:
		return classify.ClientSpeaks
	case 2, 4, 6, 8, 10, 11, 13, 15, 17, 51, 53, 55, 57:
		return classify.ServerSpeaks
	}
	return classify.AnySpeaker
}
