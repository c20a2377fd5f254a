package decode

// EtherTypes (IEEE registration authority) behind which IP may follow.
const (
	typeARP       = 0x0806
	typeIPv4      = 0x0800
	typeIPv6      = 0x86dd
	typeVLAN      = 0x8100
	typeQinQ      = 0x88a8
	typeQinQOld   = 0x9100
	typeQinQOlder = 0x9200
	typeMPLS      = 0x8847
	typeMPLSMulti = 0x8848
	typePPP       = 0x880b
	typePPPoE     = 0x8864
	typeEthernet  = 0x6558
	typePBB       = 0x88e7
	typeMACsec    = 0x88e5
	typeNSH       = 0x894f
	typeCiscoMeta = 0x8909
	typeEDSA      = 0xdada
	typeArista    = 0xd28b
	typeERSPAN2   = 0x88be
	typeERSPAN3   = 0x22eb
	typeVNTag     = 0x8926
	typeETag      = 0x893f
	typeHSR       = 0x892f
	typeTTag      = 0x8988
	typeFabric    = 0x8903
	typeTRILL     = 0x22f3
)

// ethernet decodes an Ethernet frame (IEEE 802.3, clause 3).
func (d *Decoder) ethernet(p *Packet, b []byte, wire int) {
	if len(b) < 14 {
		p.damaged(LayerLink, b, wire)
		return
	}
	p.addresses(b[:6], b[6:12])
	etherType := be16(b[12:])
	if etherType == typeIPv4 {
		d.ipv4(p, b[14:], wire-14)
		return
	}
	// A Cisco ISL header, which begins with a multicast address of its own, precedes a whole frame.
	if len(b) > 40 && be32(b)&^0x02000000 == 0x01000c00 && b[4] == 0 && b[14] == 0xaa && b[15] == 0xaa && b[16] == 3 {
		b, wire = b[26:], wire-26
		if !d.layer(p, b, wire) {
			return
		}
		d.ethernet(p, b, wire)
		return
	}
	d.typeOrLength(p, b[12:], wire-12)
}

// typeOrLength decodes an EtherType or, in 802.3 frames, the length of an LLC packet, and what
// follows.
func (d *Decoder) typeOrLength(p *Packet, b []byte, wire int) {
	if len(b) < 2 {
		p.damaged(LayerLink, b, wire)
		return
	}
	etherType := be16(b)
	b, wire = b[2:], wire-2
	if etherType <= 1500 {
		b, wire = trim(b, wire, int(etherType))
		d.llc(p, b, wire)
		return
	}
	d.network(p, etherType, b, wire)
}

// layer reports whether another layer may follow. Where the frame has too many, p becomes damaged.
func (d *Decoder) layer(p *Packet, b []byte, wire int) bool {
	if d.budget--; d.budget < 0 {
		p.damaged(LayerLink, b, len(b))
		return false
	}
	return true
}

// network decodes the packet that an EtherType names.
func (d *Decoder) network(p *Packet, etherType uint16, b []byte, wire int) {
	if !d.layer(p, b, wire) {
		return
	}
	switch etherType {
	case typeIPv4:
		d.ipv4(p, b, wire)
	case typeIPv6:
		d.ipv6(p, b, wire)
	case typeVLAN, typeQinQ, typeQinQOld, typeQinQOlder:
		d.vlan(p, b, wire)
	case typeMPLS, typeMPLSMulti:
		d.mpls(p, b, wire)
	case typePPPoE:
		d.pppoe(p, b, wire)
	case typePPP:
		d.ppp(p, b, wire)
	case typeEthernet:
		d.ethernet(p, b, wire)
	default:
		d.rareNetwork(p, etherType, b, wire)
	}
}

// rareNetwork decodes the packets of EtherTypes that few networks have.
func (d *Decoder) rareNetwork(p *Packet, etherType uint16, b []byte, wire int) {
	switch etherType {
	case typePBB: // IEEE 802.1ah: flags and service instance, then a frame
		if len(b) < 4 {
			p.damaged(LayerLink, b, wire)
			return
		}
		d.ethernet(p, b[4:], wire-4)
	case typeMACsec:
		d.macsec(p, b, wire)
	case typeNSH:
		d.nsh(p, b, wire)
	case typeCiscoMeta: // version, length, options of 4 bytes
		d.skip(p, b, wire, 6)
	case typeArista: // sub-type 1, format, then a timestamp of 48 or 64 bits
		n := 12
		if len(b) >= 4 && b[3]&0xf0 == 0x20 {
			n = 10
		}
		d.skip(p, b, wire, n)
	case typeEDSA: // two reserved bytes and a switch's tag
		d.skip(p, b, wire, 6)
	case typeVNTag: // direction, destination and source interface
		d.skip(p, b, wire, 4)
	case typeETag: // IEEE 802.1BR, 5.8: priority, ingress and extended port
		d.skip(p, b, wire, 6)
	case typeHSR: // IEC 62439-3, 5.7: path and size, sequence number
		d.skip(p, b, wire, 4)
	case typeTTag: // a switch's timestamp
		d.skip(p, b, wire, 6)
	case typeFabric: // Cisco's FabricPath: tree and time to live, then a frame
		d.frameAfter(p, b, wire, 2)
	case typeTRILL: // RFC 6325, 3: options in units of four bytes, then a frame
		if len(b) < 2 {
			p.damaged(LayerLink, b, wire)
			return
		}
		d.frameAfter(p, b, wire, 6+int(be16(b)>>6&31)*4)
	default:
		p.notIP(otherOf(etherType))
		p.EtherType = etherType
		if p.Other == OtherARP {
			p.Payload, p.PayloadLen = b, wire
		}
	}
}

// frameAfter decodes the frame that follows n bytes.
func (d *Decoder) frameAfter(p *Packet, b []byte, wire, n int) {
	if len(b) < n {
		p.damaged(LayerLink, b, wire)
		return
	}
	d.ethernet(p, b[n:], wire-n)
}

// skip decodes the EtherType, and what follows, after n bytes.
func (d *Decoder) skip(p *Packet, b []byte, wire, n int) {
	if len(b) < n {
		p.damaged(LayerLink, b, wire)
		return
	}
	d.typeOrLength(p, b[n:], wire-n)
}
