package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
	"servmap/classify/wire"
)

var softether = classify.Protocol{
	Name: "Softether", Category: "VPN", Transport: classify.UDP, UDPPorts: []uint16{5004}, NoGuess: true,
	FirstBytes: classify.Bytes("\x00I"),
	Recognise:  recogniseSoftether, Reference: "SoftEther VPN documentation: NAT traversal",
}

// recogniseSoftether accepts the answer of the server that helps through
// translators of addresses, "IP=192.0.2.1,PORT=40000", and the lists of named
// values that its clients and servers exchange in datagrams.
func recogniseSoftether(p *classify.Probe) classify.Outcome {
	b := p.Payload
	switch {
	case len(b) >= 17 && len(b) <= 32 && isSoftetherAddress(b):
		p.ClientIs(p.From.Other())
		return classify.Match
	case len(b) >= 32 && isPack(b):
		return classify.Match
	}
	return classify.Never
}

func isSoftetherAddress(b []byte) bool {
	if match.Prefix(b, "IP=") != classify.Match {
		return false
	}
	i := 3
	for i < len(b) && (b[i] >= '0' && b[i] <= '9' || b[i] == '.') {
		i++
	}
	if i < 10 || match.Prefix(b[i:], ",PORT=") != classify.Match {
		return false
	}
	for _, c := range b[i+6:] {
		if (c < '0' || c > '9') && c != 0 {
			return false
		}
	}
	return true
}

// isPack accepts the beginning of a list of values: how many there are, then
// of the first the length of its name and one, the name, a type and how many
// values it has; all numbers of four bytes in network order.
func isPack(b []byte) bool {
	if b[0] != 0 || b[1] != 0 || b[2] != 0 || b[3] == 0 || b[3] > 64 || b[4] != 0 || b[5] != 0 || b[6] != 0 {
		return false
	}
	n := int(b[7]) - 1
	if n < 4 || n > 40 || len(b) < 8+n+8 {
		return false
	}
	for _, c := range b[8 : 8+n] {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_') {
			return false
		}
	}
	kind, count := wire.U32(b[8+n:]), wire.U32(b[12+n:])
	return kind <= 4 && count >= 1 && count <= 16
}
