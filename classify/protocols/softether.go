package protocols

import "servmap/classify"

var softether = classify.Protocol{
	Name: "Softether", Category: "VPN", Transport: classify.UDP, UDPPorts: []uint16{5004}, NoGuess: true,
	Recognise: recogniseSoftether, Reference: "SoftEther VPN documentation: NAT traversal",
}

// recogniseSoftether accepts the answer of the server that helps through
// translators of addresses: "IP=192.0.2.1,PORT=40000".
func recogniseSoftether(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 17 || len(b) > 32 || hasPrefix(b, "IP=") != classify.Match {
		return classify.Never
	}
	i := 3
	for i < len(b) && (b[i] >= '0' && b[i] <= '9' || b[i] == '.') {
		i++
	}
	if i < 10 || hasPrefix(b[i:], ",PORT=") != classify.Match {
		return classify.Never
	}
	for _, c := range b[i+6:] {
		if (c < '0' || c > '9') && c != 0 {
			return classify.Never
		}
	}
	p.ClientIs(p.From.Other())
	return classify.Match
}
