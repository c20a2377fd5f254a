package protocols

import (
	"servmap/classify"
	"servmap/classify/match"
)

var ciscoVPN = classify.Protocol{
	Name: "CiscoVPN", Category: "VPN", Transport: classify.TCP | classify.UDP, TCPPorts: []uint16{8008, 10000}, UDPPorts: []uint16{10000},
	PortsOnly: true, Recognise: recogniseCiscoVPN, Reference: "Cisco VPN Client, IPsec over TCP and UDP",
}

// ciscoMagic stands in the four bytes before the header of IKE on Cisco's own port.
const ciscoMagic = "\xfe\x57\x7e\x2b"

// recogniseCiscoVPN accepts IKE on Cisco's port, alone, behind the magic or
// behind a marker of zeros.
func recogniseCiscoVPN(p *classify.Probe) classify.Outcome {
	if !p.HasPort(10000) {
		return classify.Never
	}
	b := p.Payload
	if p.Transport == classify.TCP {
		b = p.Stream(p.From)
	}
	switch begun := match.Prefix(b, ciscoMagic); {
	case begun == classify.Match && len(b) > 12:
		return classify.Match
	case begun != classify.Never && p.Transport == classify.TCP:
		return classify.NeedMore
	}
	if p.Transport == classify.UDP && (isIKE(p, b, p.Len) || len(b) > 32 && match.AllZero(b[:4]) && isIKE(p, b[4:], p.Len-4)) {
		return classify.Match
	}
	return classify.Never
}
