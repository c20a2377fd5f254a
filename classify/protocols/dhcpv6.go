package protocols

import (
	"encoding/binary"

	"servmap/classify"
)

// dhcpv6 is the Dynamic Host Configuration Protocol for IPv6.
var dhcpv6 = classify.Protocol{
	Name:      "DHCPV6",
	Category:  "Network",
	OwnName:   true,
	Transport: classify.UDP,
	UDPPorts:  []uint16{546, 547},
	NoGuess:   true,
	Reference: "RFC 8415, sections 8, 9 and 21.1",

	FirstBytes: classify.Range(1, 36),
	PortsOnly:  true,
	Recognise:  recogniseDHCPv6,
}

// recogniseDHCPv6 accepts a message on its ports whose options fill it exactly
// (RFC 8415, section 21.1). A relay's message has a longer header (section 9).
func recogniseDHCPv6(p *classify.Probe) classify.Outcome {
	const relayForward, relayReply, last = 12, 13, 36
	if !p.HasPort(546) && !p.HasPort(547) {
		return classify.Never
	}
	b := p.Payload
	if len(b) < 4 || b[0] == 0 || b[0] > last {
		return classify.Never
	}
	kind, header := b[0], 4
	if kind == relayForward || kind == relayReply {
		header = 34
	}
	if len(b) < header {
		return classify.Never
	}
	rest, options := b[header:], 0
	for len(rest) > 0 {
		if len(rest) < 4 {
			return classify.Never
		}
		code, size := binary.BigEndian.Uint16(rest), int(binary.BigEndian.Uint16(rest[2:]))
		if code == 0 || code > 0x200 {
			return classify.Never
		}
		if len(rest) < 4+size {
			if len(b) < p.Len { // the capture's cut, not the sender's
				break
			}
			return classify.Never
		}
		if code == dhcpv6FQDN && size > 2 && kind != relayForward && kind != relayReply {
			p.Found.ServerName = dhcpv6Name(rest[5 : 4+size])
		}
		rest = rest[4+size:]
		options++
	}
	if options == 0 {
		return classify.Never
	}
	switch kind {
	case 1, 3, 4, 5, 6, 8, 9, 11: // what only clients send (RFC 8415, section 7.3)
		p.ClientIs(p.From)
	case 2, 7, 10:
		p.ClientIs(p.From.Other())
	}
	return classify.Match
}

const dhcpv6FQDN = 39 // RFC 4704, section 4

// dhcpv6Name writes labels, with or without the root's, as text.
func dhcpv6Name(b []byte) string {
	var out []byte
	for len(b) > 0 && b[0] > 0 && b[0] <= 63 && len(b) > int(b[0]) {
		if len(out) > 0 {
			out = append(out, '.')
		}
		out = append(out, b[1:1+int(b[0])]...)
		b = b[1+int(b[0]):]
	}
	return string(out)
}
