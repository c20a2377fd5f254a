package protocols

import (
	"bytes"
	"encoding/binary"

	"servmap/classify"
	"servmap/classify/match"
)

var rdp = classify.Protocol{
	Name: "RDP", Category: "RemoteAccess", Transport: classify.TCP | classify.UDP, Ports: []uint16{3389},
	FirstBytesTCP: classify.Bytes("\x03"),
	Recognise:     recogniseRDP, Plausible: match.MayBeSealed, Reference: "MS-RDPBCGR 2.2.1, MS-RDPEUDP 2.2",
}

// recogniseRDP accepts an X.224 connection request or confirm with what RDP
// puts into it (MS-RDPBCGR 2.2.1.1 and 2.2.1.2), or a bare one that MCS
// follows or that comes from the usual port; and the SYN of RDP over UDP. What
// goes on in TLS is labelled TLS with RDP as application.
func recogniseRDP(p *classify.Probe) classify.Outcome {
	if p.Transport == classify.UDP {
		return recogniseRDPUDP(p)
	}
	own := p.HasPort(3389)
	out := match.Either(p, func(b []byte) classify.Outcome { return rdpConnection(b, own) })
	if out != classify.Match {
		return out
	}
	var rest [2][]byte
	for s := range rest {
		if b := p.Stream(classify.Side(s)); len(b) > 7 && b[0] == 3 {
			rest[s] = b[min(len(b), int(b[2])<<8|int(b[3])):]
			if b[5] == x224Request {
				p.ClientIs(classify.Side(s))
			} else {
				p.ClientIs(classify.Side(s).Other())
			}
		}
	}
	if wentToTLSAfter(p, rest[classify.Client], rest[classify.Server]) {
		p.Found.Master, p.Found.App = "TLS", "RDP"
	} else if len(p.History()) < 6 {
		p.KeepLooking()
	}
	return classify.Match
}

// X.224 codes of TPDUs (section 13) and types of the structures that RDP
// appends to them (MS-RDPBCGR 2.2.1.1.1, 2.2.1.2.1 and 2.2.1.2.2).
const (
	x224Request = 0xe0
	x224Confirm = 0xd0
	rdpRequest  = 1
	rdpResponse = 2
	rdpFailure  = 3
)

func rdpConnection(b []byte, own bool) classify.Outcome {
	if b[0] != 3 || len(b) > 1 && b[1] != 0 {
		return classify.Never
	}
	if len(b) < 6 {
		return classify.NeedMore
	}
	n := int(b[2])<<8 | int(b[3])
	if n < 11 || n > 600 || int(b[4]) != n-5 || b[5] != x224Request && b[5] != x224Confirm {
		return classify.Never
	}
	if len(b) < n {
		return classify.NeedMore
	}
	if b[10] != 0 { // class 0
		return classify.Never
	}
	confirm, user := b[5] == x224Confirm, b[11:n]
	if !confirm {
		user = bytes.TrimPrefix(user, []byte("\r\n")) // the end of a token that is empty
	}
	switch {
	case !confirm && (bytes.HasPrefix(user, []byte("Cookie: mstshash=")) || bytes.HasPrefix(user, []byte("Cookie: msts="))):
		return classify.Match
	case len(user) >= 8 && rdpNegotiation(user[len(user)-8:], confirm), len(user) >= 44 && rdpNegotiation(user[:8], confirm):
		return classify.Match
	case own && !confirm && bytes.HasSuffix(user, []byte("\r\n")) && classify.IsText(user):
		return classify.Match // a routing token of another form (2.2.1.1)
	case len(user) > 0:
		return classify.Never
	case own:
		return classify.Match
	}
	// MCS Connect-Initial or Connect-Response in a data TPDU (2.2.1.3).
	rest := b[n:]
	if len(rest) < 9 {
		return classify.NeedMore
	}
	if rest[0] == 3 && bytes.Equal(rest[4:8], []byte{2, 0xf0, 0x80, 0x7f}) && (rest[8] == 0x65 || rest[8] == 0x66) {
		return classify.Match
	}
	return classify.Never
}

// rdpNegotiation accepts type, flags, length 8 and, low byte first, the
// protocols or the code of a failure.
func rdpNegotiation(b []byte, confirm bool) bool {
	v := binary.LittleEndian.Uint32(b[4:])
	return (!confirm && b[0] == rdpRequest || confirm && (b[0] == rdpResponse || b[0] == rdpFailure)) &&
		b[2] == 8 && b[3] == 0 && v <= 0x1f
}

// Flags of RDP over UDP and the bounds of its MTU (MS-RDPEUDP 2.2.2.1, 2.2.2.5).
const (
	rdpSYN    = 0x0001
	rdpACK    = 0x0004
	rdpDATA   = 0x0008
	rdpMinMTU = 1132
	rdpMaxMTU = 1232
)

// recogniseRDPUDP accepts a SYN, the SYN+ACK that is padded with zeros to the
// same length, and data behind an acknowledgement. Fields are in network order.
func recogniseRDPUDP(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 16 {
		return classify.Never
	}
	flags := binary.BigEndian.Uint16(b[6:])
	if flags == rdpACK|rdpDATA && binary.BigEndian.Uint32(b)>>16 != 0 && rdpUDPData(b[8:]) {
		return classify.Match
	}
	if p.Len < rdpMinMTU || p.Len > rdpMaxMTU {
		return classify.Never
	}
	up, down := binary.BigEndian.Uint16(b[12:]), binary.BigEndian.Uint16(b[14:])
	if flags&rdpSYN == 0 || flags&0xe000 != 0 || up < rdpMinMTU || up > rdpMaxMTU || down < rdpMinMTU || down > rdpMaxMTU {
		return classify.Never
	}
	first := binary.BigEndian.Uint32(b) == 0xffffffff
	switch {
	case first && flags&rdpACK == 0:
		p.ClientIs(p.From)
	case !first && flags&rdpACK != 0 && len(b) > 512 && match.AllZero(b[512:]):
		p.ClientIs(p.From.Other())
	default:
		return classify.Never
	}
	return classify.Match
}

// rdpUDPData accepts an acknowledgement vector of at most 2,048 elements, filled up to
// four bytes, and the header of a source packet, whose two numbers are the same
// as long as no packet was repaired (MS-RDPEUDP 2.2.2.7 and 2.2.2.4).
func rdpUDPData(b []byte) bool {
	n := 2 + int(binary.BigEndian.Uint16(b))
	n = (n + 3) &^ 3
	if n > 2052 || len(b) < n+9 {
		return false
	}
	// Numbers begin anywhere: small ones are rather a table of something else.
	large := 0
	for _, c := range b[n : n+4] {
		if c >= 0x20 {
			large++
		}
	}
	return large >= 2 && binary.BigEndian.Uint32(b[n:]) == binary.BigEndian.Uint32(b[n+4:])
}
