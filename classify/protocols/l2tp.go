package protocols

import (
	"servmap/classify"
	"servmap/classify/wire"
)

var l2tp = classify.Protocol{
	Name: "L2TP", Category: "VPN", Transport: classify.UDP, UDPPorts: []uint16{1701}, IPProtocols: []uint8{115},
	FirstBytes: classify.Range(0, 3).Or(classify.Range(8, 11)).Or(classify.Range(0x40, 0x43)).Or(classify.Range(0x48, 0x4b)).Or(classify.Bytes("\xc8")), Recognise: recogniseL2TP, Reference: "RFC 2661, section 3.1; RFC 3931, section 4.1",
}

// recogniseL2TP accepts a control message of version 2 or 3: flags, a length that is the datagram's, and,
// unless it only acknowledges, a message type as first attribute (RFC 2661, sections 3.1, 4.1 and 4.4.1). On
// its port it accepts data that carries PPP as well.
func recogniseL2TP(p *classify.Probe) classify.Outcome {
	b := p.Payload
	if len(b) < 6 {
		return classify.Never
	}
	flags := wire.U16(b)
	switch version := flags & 0x0f; {
	case version != 2 && version != 3:
		return classify.Never
	case flags&0x8000 != 0:
		return l2tpControl(p)
	case !p.HasPort(1701) || flags&0x34f0 != 0:
		return classify.Never
	case version == 3: // nothing else, and the number of a session (RFC 3931, section 4.1.2.1)
		if flags == 3 && len(b) >= 8 && wire.U16(b[2:]) == 0 && wire.U32(b[4:]) != 0 {
			return classify.Match
		}
		return classify.Never
	}
	at := 6
	if flags&0x4000 != 0 {
		if wire.U16(b[2:]) > p.Len {
			return classify.Never
		}
		at += 2
	}
	if flags&0x0800 != 0 {
		at += 4
	}
	if flags&0x0200 != 0 && len(b) >= at+2 {
		at += 2 + wire.U16(b[at:])
	}
	// Address and control of PPP, and one of its protocols (RFC 1661; IANA, PPP numbers).
	if len(b) < at+4 || b[at] != 0xff || b[at+1] != 3 {
		return classify.Never
	}
	switch b[at+2] {
	case 0x00, 0x21, 0x57, 0x80, 0xc0, 0xc2, 0xfd:
		return classify.Match
	}
	return classify.Never
}

// l2tpControl checks flags and length, and the attribute of the type, which has six bytes of header and two
// of value, and is mandatory.
func l2tpControl(p *classify.Probe) classify.Outcome {
	const header, attribute, lastType = 12, 8, 29
	b := p.Payload
	if b[0] != 0xc8 || b[1] > 3 || len(b) < header || wire.U16(b[2:]) != p.Len {
		return classify.Never
	}
	switch {
	case p.Len == header:
		if p.HasPort(1701) {
			return classify.Match
		}
		return classify.NeedMore
	case len(b) < header+attribute || wire.U16(b[header:])&0x83ff != 0x8008 || wire.U32(b[header+2:]) != 0:
		return classify.Never
	}
	kind := wire.U16(b[header+6:])
	if kind == 0 || kind > lastType {
		return classify.Never
	}
	switch kind {
	case 1, 3, 7, 10, 12: // start of a connection or a call, and what confirms them
		p.ClientIs(p.From)
	case 2, 8, 11:
		p.ClientIs(p.From.Other())
	}
	return classify.Match
}
