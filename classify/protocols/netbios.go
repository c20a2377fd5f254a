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

func recogniseNetBIOSSession(p *classify.Probe) classify.Outcome {
	b := p.Stream(p.From)
	if len(b) == 0 {
		return classify.Never
	}
	switch b[0] {
	case 0x81: // session request: called and calling name (RFC 1002, section 4.3.2)
		if len(b) < 4 {
			return classify.NeedMore
		}
		if n := int(b[2])<<8 | int(b[3]); b[1]&0xfe != 0 || n < 68 || n > 600 {
			return classify.Never
		}
		if len(b) < 4+34 {
			return classify.NeedMore
		}
		name, _, ok := wire.NetBIOSName(b[5:])
		if b[4] != 32 || !ok {
			return classify.Never
		}
		p.Found.ServerName = name
		p.ClientIs(p.From)
		p.Found.App = smbVersion(p)
		p.KeepLooking()
		return classify.Match
	case 0x82: // positive response: nothing follows the header
		if p.HasPort(139) && len(b) >= 4 && string(b[:4]) == "\x82\x00\x00\x00" {
			p.ClientIs(p.From.Other())
			p.Found.App = smbVersion(p)
			p.KeepLooking()
			return classify.Match
		}
	case 0x83: // negative response: an error code
		if p.HasPort(139) && len(b) == 5 && string(b[:4]) == "\x83\x00\x00\x01" && b[4] >= 0x80 && b[4] <= 0x8f {
			p.ClientIs(p.From.Other())
			return classify.Match
		}
	}
	return classify.Never
}
