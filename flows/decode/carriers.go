package decode

// vlan decodes a stack of VLAN tags (IEEE 802.1Q, 9.6). The last tag's identifier is Packet.VLAN: in
// Q-in-Q it is the customer's network. The others, such as the provider's service tag, name the
// tenant.
func (d *Decoder) vlan(p *Packet, b []byte, wire int) {
	id := uint16(0)
	for {
		if len(b) < 4 {
			p.damaged(LayerLink, b, wire)
			return
		}
		if n := be16(b) & 0xfff; n != 0 {
			d.tag(p, id)
			id = n
		}
		switch be16(b[2:]) {
		case typeVLAN, typeQinQ, typeQinQOld, typeQinQOlder:
			b, wire = b[4:], wire-4
			continue
		}
		if p.VLAN == 0 {
			p.VLAN = id
		} else {
			d.tag(p, id)
		}
		d.typeOrLength(p, b[2:], wire-2)
		return
	}
}

// tag puts p into the VLAN of a tag that Packet.VLAN does not show; 0 is none.
func (d *Decoder) tag(p *Packet, id uint16) {
	if id != 0 && !d.IgnoreVLAN {
		d.within(p, idVLAN|uint64(id))
	}
}

// maxLabels bounds an MPLS label stack.
const maxLabels = 16

// mpls decodes a label stack (RFC 3032). No field names what follows the last label. IP is known by
// its version, and a pseudowire's control word by its first four bits (RFC 4385). Anything else may
// be a frame without control word.
func (d *Decoder) mpls(p *Packet, b []byte, wire int) {
	for i := 0; ; i++ {
		if len(b) < 4 || i == maxLabels {
			p.damaged(LayerLink, b, wire)
			return
		}
		label, bottom := be32(b)>>12, b[2]&1 != 0
		b, wire = b[4:], wire-4
		if !bottom {
			continue
		}
		if label == 13 { // associated channel (RFC 5586)
			p.notIP(OtherMPLS)
			return
		}
		break
	}
	switch {
	case len(b) == 0:
		p.damaged(LayerLink, b, wire)
	case isFrame(b): // before IP: a MAC address may look like its first byte
		d.ethernet(p, b, wire)
	case b[0]>>4 == 4:
		d.ipv4(p, b, wire)
	case b[0]>>4 == 6:
		d.ipv6(p, b, wire)
	case len(b) > 4 && b[0]>>4 == 0:
		if isIP(b[4:]) {
			d.ip(p, b[4:], wire-4)
		} else if d.layer(p, b, wire) {
			d.ethernet(p, b[4:], wire-4)
		}
	default:
		p.notIP(OtherMPLS)
	}
}

// isFrame reports whether b looks like an Ethernet frame with IP in it.
func isFrame(b []byte) bool {
	if len(b) < 14 {
		return false
	}
	etherType := be16(b[12:])
	b = b[14:]
	for (etherType == typeVLAN || etherType == typeQinQ) && len(b) >= 4 {
		etherType, b = be16(b[2:]), b[4:]
	}
	return (etherType == typeIPv4 || etherType == typeIPv6) && isIP(b) && (b[0]>>4 == 4) == (etherType == typeIPv4)
}

// isIP reports whether b begins with a plausible IP header.
func isIP(b []byte) bool {
	switch {
	case len(b) >= 20 && b[0]>>4 == 4:
		header, total := int(b[0]&15)*4, int(be16(b[2:]))
		return header >= 20 && (total == 0 || total >= header)
	case len(b) >= 40:
		return b[0]>>4 == 6
	}
	return false
}

// pppoe decodes a PPPoE session header (RFC 2516, 4).
func (d *Decoder) pppoe(p *Packet, b []byte, wire int) {
	if len(b) < 6 {
		p.damaged(LayerLink, b, wire)
		return
	}
	if b[0] != 0x11 || b[1] != 0 {
		p.notIP(OtherPPPoE)
		return
	}
	length := int(be16(b[4:]))
	b, wire = b[6:], wire-6
	if length != 0 {
		b, wire = trim(b, wire, length)
	}
	d.ppp(p, b, wire)
}

// macsec decodes a MACsec tag (IEEE 802.1AE, 9) and what follows it, unless that is encrypted.
func (d *Decoder) macsec(p *Packet, b []byte, wire int) {
	if len(b) < 6 {
		p.damaged(LayerLink, b, wire)
		return
	}
	if b[0]&0x0c != 0 {
		p.notIP(OtherMACsec)
		return
	}
	n := 6
	if b[0]&0x20 != 0 {
		n = 14
	}
	d.skip(p, b, wire, n)
}

// nsh decodes a network service header (RFC 8300, 2).
func (d *Decoder) nsh(p *Packet, b []byte, wire int) {
	if len(b) < 8 || len(b) < int(b[1]&0x3f)*4 || b[1]&0x3f < 2 {
		p.damaged(LayerLink, b, wire)
		return
	}
	n, next := int(b[1]&0x3f)*4, b[3]
	b, wire = b[n:], wire-n
	switch next {
	case 1:
		d.ipv4(p, b, wire)
	case 2:
		d.ipv6(p, b, wire)
	case 3:
		d.ethernet(p, b, wire)
	case 4:
		d.network(p, typeNSH, b, wire)
	case 5:
		d.network(p, typeMPLS, b, wire)
	default:
		p.notIP(OtherEtherType)
		p.EtherType = typeNSH
	}
}
