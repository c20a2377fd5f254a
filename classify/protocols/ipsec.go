package protocols

import (
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var ipsec = classify.Protocol{
	Name: "IPSec", Category: "VPN", Transport: classify.TCP | classify.UDP, TCPPorts: []uint16{500}, UDPPorts: []uint16{500, 4500},
	IPProtocols: []uint8{50, 51}, FirstBytesTCP: classify.Bytes("I"),
	Owners:    vpnOwners,
	Recognise: recogniseIPSec, Reference: "RFC 7296, RFC 2408, RFC 3948, RFC 8229",
}

// recogniseIPSec accepts a message of IKE version 1 or 2 (RFC 2408, section
// 3.1; RFC 7296, section 3.1) with or without the four zeros that mark it
// beside ESP (RFC 3948, section 2.2), and on its port ESP whose numbers count
// up, or a message with bytes behind it; over TCP both behind "IKETCP" (RFC 8229, section 3).
func recogniseIPSec(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.TCP {
		return match.Either(p, func(b []byte) classify.Outcome { return match.Prefix(b, "IKETCP") })
	}
	b := p.Payload
	if len(b) >= 32 && match.AllZero(b[:4]) && isIKE(p, b[4:], p.Len-4) || isIKE(p, b, p.Len) || p.HasPort(500) && ikeWithMore(b, p.Len) {
		return classify.Match
	}
	if p.HasPort(4500) {
		return espInUDP(p)
	}
	return classify.Never
}

// Bits of the flags of version 2 (RFC 7296, section 3.1).
const (
	ikeInitiator = 0x08
	ikeResponse  = 0x20
)

// isIKE checks a header whose length is the datagram's. What is reserved of the
// flags of version 2 is not looked at, as receivers must not.
func isIKE(p *classify.Probe, b []byte, length int) bool {
	if len(b) < 28 || int64(binary.BigEndian.Uint32(b[24:])) != int64(length) || match.AllZero(b[:8]) {
		return false
	}
	first := match.AllZero(b[8:16])
	next, version, exchange, flags := b[16], b[17], b[18], b[19]
	switch version {
	case 0x10:
		if flags > 7 || !(exchange >= 1 && exchange <= 6 || exchange == 32 || exchange == 33) || next > 33 && next < 128 {
			return false
		}
	case 0x20, 0x21, 0x22:
		if exchange < 34 || exchange > 44 || next != 0 && next < 33 {
			return false
		}
	default:
		return false
	}
	if first && (version == 0x10 || flags&ikeInitiator != 0 && flags&ikeResponse == 0) {
		p.ClientIs(p.From)
	}
	return true
}

// ikeWithMore accepts a message of version 1 whose datagram is longer than it says, and which may lack cookies:
// its exchange and flags are known, and its first payload fits (RFC 2408, sections 3.1 and 3.2).
func ikeWithMore(b []byte, length int) bool {
	const header, generic = 28, 4
	if len(b) < header+generic || b[17] != 0x10 || b[19] > 7 || !(b[18] >= 1 && b[18] <= 6 || b[18] == 32 || b[18] == 33) || b[16] == 0 || b[16] > 33 {
		return false
	}
	size, first := int64(binary.BigEndian.Uint32(b[24:])), int64(binary.BigEndian.Uint16(b[header+2:]))
	return size >= header+generic && size < int64(length) && b[header] <= 33 && b[header+1] == 0 && first >= generic && header+first <= size
}

// espInUDP accepts keepalives that ESP follows, and two packets of one
// security association whose numbers count up (RFC 3948, section 2.1; RFC 4303,
// section 2).
func espInUDP(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if p.Len == 1 && b[0] == 0xff {
		return classify.NeedMore
	}
	if len(b) < 20 || match.AllZero(b[:4]) || classify.IsText(b) || len(p.History()) > 12 {
		return classify.Never
	}
	number := binary.BigEndian.Uint32(b[4:])
	for i := range p.History()[:len(p.History())-1] {
		h := &p.History()[i]
		if h.From != p.From || len(h.Data) < 20 || string(h.Data[:4]) != string(b[:4]) {
			continue
		}
		if before := binary.BigEndian.Uint32(h.Data[4:]); number > before && number-before < 64 {
			return classify.Match
		}
	}
	return classify.NeedMore
}
