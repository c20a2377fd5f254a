package decode

// EtherTypes (IEEE registration authority) that are passed through.
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

// Carrier is a layer that carries packets and has no addresses of its own to
// make it a tunnel of two endpoints.
type Carrier uint8

// The carriers.
const (
	CarrierVLAN Carrier = iota
	CarrierQinQ
	CarrierMPLS
	CarrierPPPoE
	CarrierPBB
	CarrierMACsec
	CarrierNSH
	carriers
)

// String names the carrier.
func (c Carrier) String() string {
	return name(int(c), "VLAN", "Q-in-Q", "MPLS", "PPPoE", "PBB", "MACsec", "NSH")
}

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
	// A Cisco ISL header stands before the whole frame and begins with a
	// multicast address of its own.
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

// typeOrLength decodes what follows an EtherType or, in 802.3 frames, the length of
// an LLC packet.
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

// layer reports whether another layer may follow; p is damaged where the frame
// has too many of them.
func (d *Decoder) layer(p *Packet, b []byte, wire int) bool {
	if d.budget--; d.budget < 0 {
		p.damaged(LayerLink, b, len(b))
		return false
	}
	return true
}

// network decodes what an EtherType announces.
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

// rareNetwork decodes the EtherTypes that few networks have.
func (d *Decoder) rareNetwork(p *Packet, etherType uint16, b []byte, wire int) {
	switch etherType {
	case typePBB: // IEEE 802.1ah: flags and service instance, then a frame
		if len(b) < 4 {
			p.damaged(LayerLink, b, wire)
			return
		}
		d.Stats.Carriers[CarrierPBB]++
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
	}
}

// frameAfter passes n bytes that a whole frame follows.
func (d *Decoder) frameAfter(p *Packet, b []byte, wire, n int) {
	if len(b) < n {
		p.damaged(LayerLink, b, wire)
		return
	}
	d.ethernet(p, b[n:], wire-n)
}

// skip passes n bytes that an EtherType follows.
func (d *Decoder) skip(p *Packet, b []byte, wire, n int) {
	if len(b) < n {
		p.damaged(LayerLink, b, wire)
		return
	}
	d.typeOrLength(p, b[n:], wire-n)
}

// vlan decodes a stack of IEEE 802.1Q tags (9.6). Its identifier is that of the
// last tag: in Q-in-Q the customer's network, where the first is the provider's.
func (d *Decoder) vlan(p *Packet, b []byte, wire int) {
	id := uint16(0)
	for c := CarrierVLAN; ; c = CarrierQinQ {
		if len(b) < 4 {
			p.damaged(LayerLink, b, wire)
			return
		}
		if n := be16(b) & 0xfff; n != 0 {
			id = n
		}
		switch be16(b[2:]) {
		case typeVLAN, typeQinQ, typeQinQOld, typeQinQOlder:
			b, wire = b[4:], wire-4
			continue
		}
		if p.VLAN == 0 {
			p.VLAN = id
		}
		d.Stats.Carriers[c]++
		d.typeOrLength(p, b[2:], wire-2)
		return
	}
}

// llc decodes an LLC header (IEEE 802.2) and SNAP (IEEE 802, 9).
func (d *Decoder) llc(p *Packet, b []byte, wire int) {
	if len(b) < 3 {
		p.damaged(LayerLink, b, wire)
		return
	}
	if !d.layer(p, b, wire) {
		return
	}
	switch {
	case b[0] == 0xaa && b[1]&0xfe == 0xaa && b[2] == 3:
		d.snap(p, b[3:], wire-3)
	case b[0] == 0x06 && b[2] == 3:
		d.ipv4(p, b[3:], wire-3)
	case b[0] == 0xff && b[1] == 0xff: // Novell's 802.3 has no LLC
		p.notIP(OtherIPX)
	case b[0] == 0x42:
		p.notIP(OtherSTP)
	case b[0] == 0xe0:
		p.notIP(OtherIPX)
	case b[0] == 0xf0:
		p.notIP(OtherNetBEUI)
	case b[0] == 0xfe && b[2] == 3:
		d.nlpid(p, b[3:], wire-3)
	default:
		p.notIP(OtherLLC)
	}
}

// nlpid decodes what a network layer protocol identifier announces (ISO/IEC
// TR 9577).
func (d *Decoder) nlpid(p *Packet, b []byte, wire int) {
	if len(b) < 1 {
		p.damaged(LayerLink, b, wire)
		return
	}
	switch b[0] {
	case 0xcc:
		d.ipv4(p, b[1:], wire-1)
	case 0x8e:
		d.ipv6(p, b[1:], wire-1)
	case 0xcf:
		d.ppp(p, b[1:], wire-1)
	case 0x80:
		d.snap(p, b[1:], wire-1)
	case 0x00: // padding before the identifier proper
		if d.layer(p, b, wire) {
			d.nlpid(p, b[1:], wire-1)
		}
	default:
		p.notIP(OtherOSI)
	}
}

func (d *Decoder) snap(p *Packet, b []byte, wire int) {
	if len(b) < 5 {
		p.damaged(LayerLink, b, wire)
		return
	}
	oui, etherType := be32(b)>>8, be16(b[3:])
	switch {
	case oui == 0, oui == 0x0000f8: // encapsulated Ethernet, bridged too
		d.network(p, etherType, b[5:], wire-5)
	case oui == 0x0080c2 && (etherType == 1 || etherType == 7): // RFC 2427, 4.2
		n := 5
		if wire > 5+2+14 && len(b) > 7 && b[5] == 0 && b[6] == 0 { // padding of ATM
			n = 7
		}
		if d.layer(p, b, wire) {
			d.ethernet(p, b[n:], wire-n)
		}
	case oui == 0x080007:
		p.notIP(OtherAppleTalk)
	case oui == 0x00000c:
		if etherType == 0x2000 {
			p.notIP(OtherCDP)
		} else if etherType == 0x010b {
			p.notIP(OtherSTP)
		} else {
			p.notIP(OtherCisco)
		}
	default:
		p.notIP(OtherLLC)
	}
}

// maxLabels bounds an MPLS label stack.
const maxLabels = 16

// mpls passes a label stack (RFC 3032). What is behind the last label is not
// said anywhere: IP tells itself by its version, a pseudowire's control word by
// its first four bits (RFC 4385), and what is left may be a frame without one.
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
		d.Stats.Carriers[CarrierMPLS]++
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

// isFrame reports whether b is an Ethernet frame with IP in it, as well as its first
// bytes can tell.
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
	d.Stats.Carriers[CarrierPPPoE]++
	length := int(be16(b[4:]))
	b, wire = b[6:], wire-6
	if length != 0 {
		b, wire = trim(b, wire, length)
	}
	d.ppp(p, b, wire)
}

// macsec passes a MACsec tag whose data are not encrypted (IEEE 802.1AE, 9).
func (d *Decoder) macsec(p *Packet, b []byte, wire int) {
	if len(b) < 6 {
		p.damaged(LayerLink, b, wire)
		return
	}
	if b[0]&0x0c != 0 {
		p.notIP(OtherMACsec)
		return
	}
	d.Stats.Carriers[CarrierMACsec]++
	n := 6
	if b[0]&0x20 != 0 {
		n = 14
	}
	d.skip(p, b, wire, n)
}

// nsh passes a service header (RFC 8300, 2).
func (d *Decoder) nsh(p *Packet, b []byte, wire int) {
	if len(b) < 8 || len(b) < int(b[1]&0x3f)*4 || b[1]&0x3f < 2 {
		p.damaged(LayerLink, b, wire)
		return
	}
	d.Stats.Carriers[CarrierNSH]++
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
