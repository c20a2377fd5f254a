package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var sflow = classify.Protocol{
	Name: "sFlow", Category: "Network", Transport: classify.UDP,
	UDPPorts: []uint16{6343}, Recognise: recogniseSFlow, Reference: "sFlow version 5, RFC 3176",
}

// recogniseSFlow accepts a datagram header of version 2, 4 or 5 with an IPv4
// or IPv6 agent and a number of samples that the datagram can hold, the first
// of a known type (sFlow version 5, section 5; RFC 3176, section 4.1).
func recogniseSFlow(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 24 || b[0]|b[1]|b[2] != 0 {
		return classify.Never
	}
	version, family := b[3], wire.U32(b[4:])
	if version != 2 && version != 4 && version != 5 || family != 1 && family != 2 {
		return classify.Never
	}
	at := 8 + 4
	if family == 2 {
		at = 8 + 16
	}
	at += 8 // sequence number and uptime
	if version == 5 {
		at += 4 // sub-agent
	}
	if len(b) < at+4 {
		return classify.Never
	}
	samples := wire.U32(b[at:])
	if samples == 0 && p.Len == at+4 {
		return classify.Match
	}
	if samples == 0 || at+4+8*samples > p.Len || len(b) < at+8 {
		return classify.Never
	}
	// The type's upper 20 bits are an enterprise, 0 for the standard's.
	if typ := wire.U32(b[at+4:]); typ >= 1 && typ <= 5 || typ>>12 != 0 && typ>>12 < 1<<16 {
		return classify.Match
	}
	return classify.Never
}
