package protocols

import (
	"encoding/binary"
	"strconv"

	"servmap/classify"
	"servmap/classify/match"
)

// dhcp is the Dynamic Host Configuration Protocol for IPv4 and BOOTP, whose
// format it has.
var dhcp = classify.Protocol{
	Name:      "DHCP",
	Category:  "Network",
	OwnName:   true,
	Transport: classify.UDP,
	UDPPorts:  []uint16{67, 68},
	Reference: "RFC 2131, section 2; RFC 2132",

	FirstBytes: classify.Bytes("\x01\x02"),
	Recognise:  recogniseDHCP,
}

const (
	dhcpHeader     = 236 // up to the options
	dhcpCookie     = 0x63825363
	dhcpHostName   = 12
	dhcpParameters = 55
	dhcpEnd        = 255
)

// recogniseDHCP accepts a request or reply with the magic cookie before its
// options (RFC 2131, section 3), and a BOOTP message without it on its ports.
func recogniseDHCP(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < dhcpHeader || b[0] != 1 && b[0] != 2 || b[2] > 16 || b[3] > 32 {
		return classify.Never
	}
	onPort := p.HasPort(67) || p.HasPort(68)
	hasCookie := len(b) >= dhcpHeader+4 && binary.BigEndian.Uint32(b[dhcpHeader:]) == dhcpCookie
	// Who asks or is answered has a hardware address or, with some kinds of link, an option that names it.
	if match.AllZero(b[28:44]) && (!hasCookie || len(b) == dhcpHeader+4 || b[dhcpHeader+4] == 0 || b[dhcpHeader+4] == dhcpEnd) {
		return classify.Never
	}
	if !hasCookie && (!onPort || b[1] != 1 || b[2] != 6 || b[3] > 16 || p.Len < 300) {
		return classify.Never
	}
	if b[0] == 1 {
		p.ClientIs(p.From)
	} else {
		p.ClientIs(p.From.Other())
	}
	if hasCookie {
		dhcpOptions(p, b[dhcpHeader+4:], b[0] == 1)
	}
	return classify.Match
}

// dhcpOptions finds the host's name and, as the client's fingerprint, the list
// of parameters that it asks for.
func dhcpOptions(p *classify.Probe, b []byte, request bool) {
	for len(b) >= 1 && b[0] != dhcpEnd {
		if b[0] == 0 { // padding has no length
			b = b[1:]
			continue
		}
		if len(b) < 2 || len(b) < 2+int(b[1]) {
			return
		}
		code, value := b[0], b[2:2+int(b[1])]
		switch {
		case code == dhcpHostName && request && len(value) > 0:
			for len(value) > 0 && value[len(value)-1] == 0 {
				value = value[:len(value)-1]
			}
			p.Found.ServerName = string(value)
		case code == dhcpParameters && request:
			list := make([]byte, 0, 4*len(value))
			for i, parameter := range value {
				if i > 0 {
					list = append(list, ',')
				}
				list = strconv.AppendUint(list, uint64(parameter), 10)
			}
			p.Found.ClientFingerprint = string(list)
		}
		b = b[2+len(value):]
	}
}
