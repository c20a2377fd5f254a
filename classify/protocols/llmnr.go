package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

const llmnrPort = 5355

// llmnr is Link-Local Multicast Name Resolution (RFC 4795).
var llmnr = classify.Protocol{
	Name:      "LLMNR",
	Category:  "Network",
	Transport: classify.UDP | classify.TCP,
	Ports:     []uint16{llmnrPort},
	Reference: "RFC 4795, section 2.1",

	PortsOnly: true,
	Recognise: recogniseLLMNR,
}

// recogniseLLMNR accepts a query of one question or the answer to it, from or to port 5355 (RFC 4795,
// section 2.1.1); over TCP with its length before it. An answer gives no hint: the question went to a
// group, in another flow, so anyone may answer.
func recogniseLLMNR(p *classify.Probe) classify.Outcome {
	if !p.HasPort(llmnrPort) || p.HasPort(53) {
		return classify.Never
	}
	msg, size := p.Payload, p.Len
	if p.Transport == classify.TCP {
		stream := p.Stream(p.From)
		if len(stream) < 2+wire.DNSHeaderLen {
			return classify.NeedMore
		}
		size = int(stream[0])<<8 | int(stream[1])
		msg = stream[2:min(len(stream), 2+size)]
	}
	d, ok := wire.ParseDNS(msg, size)
	if !ok && p.Transport == classify.TCP && len(msg) < size && dnsIsBegun(msg) {
		return classify.NeedMore
	}
	if !ok || d.Opcode != 0 || d.Counts[0] != 1 || d.Class != wire.DNSClassIN && d.Class != wire.DNSClassAny {
		return classify.Never
	}
	p.Found.ServerName = d.Name()
	if d.Response {
		p.ClientIs(p.From.Other())
	} else {
		p.ClientIs(p.From)
	}
	return classify.Match
}
