package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/wire"
)

const (
	netbiosNamePort     = 137
	netbiosDatagramPort = 138
)

// netbios is NetBIOS over TCP/IP: its name, datagram and session services.
var netbios = classify.Protocol{
	Name:      "NetBIOS",
	Category:  "System",
	OwnName:   true,
	Transport: classify.UDP | classify.TCP,
	UDPPorts:  []uint16{netbiosNamePort, netbiosDatagramPort, 139},
	TCPPorts:  []uint16{139},
	Reference: "RFC 1002, sections 4.2 to 4.4",

	Recognise: recogniseNetBIOS,
}

// recogniseNetBIOS accepts a packet of the name service (RFC 1002, section
// 4.2), which is a DNS message about an encoded name; a datagram with its two
// names (4.4); and a session request or the answer to it (4.3). A datagram that
// carries SMB is NetBIOS.SMBv1, as is an SMB message in a NetBIOS session of port 139.
func recogniseNetBIOS(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.TCP {
		return recogniseNetBIOSSession(p)
	}
	if p.HasPort(netbiosNamePort) && netbiosNameService(p) {
		return classify.Match
	}
	if netbiosDatagram(p) {
		return classify.Match
	}
	return classify.Never
}

func netbiosNameService(p *classify.Probe) bool {
	d, ok := wire.ParseDNS(p.Payload, p.Len)
	if !ok || d.Counts == [4]uint16{} {
		return false
	}
	switch d.Opcode {
	case 0, 5, 6, 7, 8, 9: // query, registration, release, WACK, refresh in both numbers
	default:
		return false
	}
	label := d.FirstLabel()
	if len(label) != 32 {
		return false
	}
	name, _, ok := wire.NetBIOSName(label)
	if !ok {
		return false
	}
	p.Found.ServerName = name
	if d.Response && d.Opcode == 0 {
		p.ClientIs(p.From.Other())
	}
	return true
}

func netbiosDatagram(p *classify.Probe) bool {
	const header = 14
	b := p.Payload
	if len(b) < 10 || b[0] < 0x10 || b[0] > 0x16 || !p.HasPort(netbiosDatagramPort) {
		return false
	}
	if port := binary.BigEndian.Uint16(b[8:]); port != netbiosDatagramPort && port != 0 {
		return false
	}
	switch b[0] {
	case 0x13: // error: header and one byte of code
		return p.Len == 11
	case 0x14, 0x15, 0x16: // query and its answers: header and one name
		if len(b) < 10+33 || b[10] != 32 {
			return false
		}
		name, _, ok := wire.NetBIOSName(b[11:])
		p.Found.ServerName = name
		return ok
	}
	if len(b) < header+33 || b[header] != 32 {
		return false
	}
	// The length counts from behind the header; fragments carry only a part.
	if n := int(binary.BigEndian.Uint16(b[10:])); n > p.Len && b[1]&1 == 0 && binary.BigEndian.Uint16(b[12:]) == 0 {
		return false
	}
	name, _, ok := wire.NetBIOSName(b[header+1:])
	if !ok {
		return false
	}
	p.Found.ServerName = name
	if at := netbiosSkipNames(b, header); at > 0 && len(b) >= at+4 && string(b[at:at+4]) == "\xffSMB" {
		p.Found.App = "SMBv1"
	}
	return true
}

// netbiosSkipNames returns the offset behind two encoded names and their
// scopes, or 0.
func netbiosSkipNames(b []byte, at int) int {
	for range 2 {
		for {
			if at >= len(b) || b[at] > 63 {
				return 0
			}
			n := int(b[at])
			at += 1 + n
			if n == 0 {
				break
			}
		}
	}
	return at
}

// recogniseNetBIOSSession looks at the beginning of both sides, and goes on
// looking for what the session carries.
func recogniseNetBIOSSession(p *classify.Probe) classify.Outcome {
	outcome := classify.Never
	for s := classify.Client; s <= classify.Server; s++ {
		b := p.Stream(s)
		if len(b) == 0 {
			continue
		}
		switch netbiosSession(p, b) {
		case classify.Match:
			outcome = classify.Match
			if b[0] == 0x81 {
				p.ClientIs(s)
			} else {
				p.ClientIs(s.Other())
			}
		case classify.NeedMore:
			if outcome == classify.Never {
				outcome = classify.NeedMore
			}
		}
	}
	if outcome == classify.Match {
		p.Found.App = smbVersion(p)
		if len(p.History()) < 12 {
			p.KeepLooking()
		}
	}
	return outcome
}

// netbiosSession accepts a session request (RFC 1002, section 4.3.2) and, on
// port 139, the two responses (4.3.3 and 4.3.4), of which one is empty and the other an
// error code.
func netbiosSession(p *classify.Probe, b []byte) classify.Outcome {
	switch {
	case b[0] == 0x81:
		if len(b) < 4+34 {
			if len(b) >= 4 && (b[1]&0xfe != 0 || b[2] > 2) {
				return classify.Never
			}
			return classify.NeedMore
		}
		name, _, ok := wire.NetBIOSName(b[5:])
		if n := int(b[2])<<8 | int(b[3]); b[1]&0xfe != 0 || n < 68 || n > 600 || b[4] != 32 || !ok {
			return classify.Never
		}
		p.Found.ServerName = name
		return classify.Match
	case b[0] != 0x82 && b[0] != 0x83 || !p.HasPort(139):
		return classify.Never
	case len(b) < 4 || b[0] == 0x83 && len(b) < 5:
		return classify.NeedMore
	case string(b[:4]) == "\x82\x00\x00\x00",
		string(b[:4]) == "\x83\x00\x00\x01" && len(b) == 5 && b[4] >= 0x80 && b[4] <= 0x8f:
		return classify.Match
	}
	return classify.Never
}
