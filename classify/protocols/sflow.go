package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var sflow = classify.Protocol{
	Name: "sFlow", Category: "Network", Transport: classify.UDP,
	UDPPorts:   []uint16{6343},
	FirstBytes: classify.Bytes("\x00"),
	Recognise:  recogniseSFlow, Speaker: sflowSpeaker, Reference: "sFlow version 5, RFC 3176",
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
	// An agent is a host: 0.0.0.0/8 and 224.0.0.0/3 are none, nor is what begins with a zero in
	// IPv6. Agents without an address, or with one of a laboratory, count on the port.
	if (b[8] == 0 || family == 1 && b[8] >= 224) && !p.HasPort(6343) {
		return classify.Never
	}
	samples := wire.U32(b[at:])
	if samples == 0 && p.Len == at+4 {
		return classify.Match
	}
	if samples == 0 || at+4+8*samples > p.Len || len(b) < at+12 {
		return classify.Never
	}
	if version == 5 {
		return sflowSamples(b[at+4:], p.Len-at-4, samples)
	}
	if typ := wire.U32(b[at+4:]); typ == 1 || typ == 2 {
		return classify.Match
	}
	return classify.Never
}

// sflowSamples walks the samples of a datagram of version 5, as far as they
// were captured: a type, whose upper 20 bits are an enterprise, 0 for the standard's, and a
// length. They fill the datagram.
func sflowSamples(b []byte, size, samples int) classify.Outcome {
	for range samples {
		if size < 8 {
			return classify.Never
		}
		if len(b) < 8 {
			return classify.Match
		}
		typ, length := wire.U32(b), 8+wire.U32(b[4:])
		if typ>>12 == 0 && (typ < 1 || typ > 5) || length%4 != 0 || length < 16 || length > size {
			return classify.Never
		}
		b, size = b[min(len(b), length):], size-length
	}
	if size != 0 {
		return classify.Never
	}
	return classify.Match
}

// sflowSpeaker says that the agent sends, and is never answered.
func sflowSpeaker(_ classify.Transport, b []byte) classify.Speaker {
	return classify.ClientSpeaks
}
