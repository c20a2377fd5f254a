package decode

// ipTunnel decodes a tunnel that is known by its IP protocol.
func (d *Decoder) ipTunnel(p *Packet, protocol uint8, b []byte, wire int) {
	switch protocol {
	case protoIPv4: // RFC 2003, and RFC 2473 where the outer packet is IPv6
		d.enter(p, TunnelIPIP, typeIPv4, b, wire)
	case protoIPv6: // RFC 4213, RFC 2473
		d.enter(p, TunnelIPIP, typeIPv6, b, wire)
	case protoGRE:
		d.gre(p, b, wire)
	case protoEtherIP: // RFC 3378, 3: version 3; what is reserved is ignored
		if len(b) > 2 && b[0]>>4 == 3 {
			d.enter(p, TunnelEtherIP, typeEthernet, b[2:], wire-2)
		}
	case protoMPLS: // RFC 4023
		d.enter(p, TunnelMPLS, typeMPLS, b, wire)
	}
}

// gre decodes GRE (RFC 2784, RFC 2890, and the routing of RFC 1701) and, in version 1, PPTP's
// variant (RFC 2637, 4.1).
func (d *Decoder) gre(p *Packet, b []byte, wire int) {
	if len(b) < 4 {
		return
	}
	flags, protocol := be16(b), be16(b[2:])
	n := 4
	if flags&0xc000 != 0 { // checksum and offset, which come together
		n += 4
	}
	key := n
	if flags&0x2000 != 0 {
		n += 4
	}
	if flags&0x1000 != 0 { // sequence number
		n += 4
	}
	switch flags & 7 {
	case 0:
		if flags&0x4000 != 0 {
			n = sourceRoutes(b, n)
		}
		if n < len(b) {
			tenant := uint64(0)
			if flags&0x2000 != 0 {
				tenant = greTenant(flags, protocol, be32(b[key:]))
			}
			d.greData(p, protocol, tenant, flags&0x1000 != 0, b[n:], wire-n)
		}
	case 1:
		if flags&0x0080 != 0 { // acknowledgement
			n += 4
		}
		if protocol == typePPP && flags&0xe000 == 0x2000 && n < len(b) {
			length := int(be16(b[4:]))
			b, wire = trim(b[n:], wire-n, length)
			d.enter(p, TunnelPPTP, typePPP, b, wire)
		}
	}
}

// sourceRoutes returns the end of GRE's routing field, which begins at n (RFC 1701): entries have
// their length in the fourth byte, and one without length is the last.
func sourceRoutes(b []byte, n int) int {
	for n+4 <= len(b) {
		length := int(b[n+3])
		n += 4 + length
		if length == 0 {
			return n
		}
	}
	return len(b)
}

// greData decodes what GRE carries. tenant is what the header's key names, 0 where it has none: that
// of ERSPAN is none. sequence tells that the header has a sequence number.
func (d *Decoder) greData(p *Packet, protocol uint16, tenant uint64, sequence bool, b []byte, wire int) {
	kind, form, n := TunnelGRE, uint32(protocol), 0
	switch protocol {
	case typeERSPAN2: // without a sequence number there is no header: type I
		kind, form = TunnelERSPAN, typeEthernet
		if sequence {
			n = 8
		}
	case typeERSPAN3:
		if len(b) < 12 {
			return
		}
		kind, form, n = TunnelERSPAN, typeEthernet, 12
		if b[10]>>2&31 == 2 { // the frame type says IP
			form = formIP
		}
		if b[11]&1 != 0 { // platform's own header
			n = 20
		}
	case 0x883e: // WCCP; its second version has a header of its own
		form = typeIPv4
		if b[0]>>4 != 4 {
			n = 4
		}
	default:
		if protocol&0xff00 == 0x8200 { // Aruba's access points
			form = formWiFi
		} else if protocol <= 1500 {
			return
		}
	}
	switch {
	case n >= len(b):
	case tenant != 0 && kind == TunnelGRE:
		d.enterTenant(p, kind, tenant, form, b[n:], wire-n)
	default:
		d.enter(p, kind, form, b[n:], wire-n)
	}
}

// UDP ports of tunnels (IANA; Linux used 8472 for VXLAN before the assignment).
const (
	portL2TP      = 1701
	portGTPU      = 2152
	portTeredo    = 3544
	portGREUDP    = 4754
	portVXLAN     = 4789
	portVXLANGPE  = 4790
	portCAPWAP    = 5247
	portGENEVE    = 6081
	portMPLSUDP   = 6635
	portVXLANOld  = 8472
	portTZSP      = 37008
	teredoService = 0x20010000 // RFC 4380, 2.6
)

// udpTunnel decodes a tunnel that is known by its port and header. Only the destination port counts
// where the endpoints of a tunnel may send from any port.
func (d *Decoder) udpTunnel(p *Packet) {
	b, wire := p.Payload, p.PayloadLen
	switch p.DstPort {
	case portVXLAN, portVXLANOld:
		d.vxlan(p, b, wire)
	case portVXLANGPE:
		d.vxlanGPE(p, b, wire)
	case portGENEVE:
		d.geneve(p, b, wire)
	case portGREUDP: // RFC 8086
		d.gre(p, b, wire)
	case portMPLSUDP: // RFC 7510
		d.enter(p, TunnelMPLS, typeMPLS, b, wire)
	case portTZSP:
		d.tzsp(p, b, wire)
	case portGTPU:
		d.gtp(p, b, wire)
	case portCAPWAP:
		d.capwap(p, b, wire)
	case portTeredo:
		d.teredo(p, b, wire)
	case portL2TP:
		d.l2tp(p, b, wire)
	default:
		switch p.SrcPort {
		case portGTPU:
			d.gtp(p, b, wire)
		case portCAPWAP:
			d.capwap(p, b, wire)
		case portTeredo:
			d.teredo(p, b, wire)
		case portL2TP:
			d.l2tp(p, b, wire)
		}
	}
}

// vxlan decodes VXLAN (RFC 7348, 5). The flag of a valid network identifier must be set. Reserved
// bits are ignored: extensions use some of them.
func (d *Decoder) vxlan(p *Packet, b []byte, wire int) {
	if len(b) > 8 && b[0]&0x08 != 0 {
		d.enterTenant(p, TunnelVXLAN, tenantID(TunnelVXLAN, be32(b[4:])>>8), typeEthernet, b[8:], wire-8)
	}
}

// vxlanGPE decodes the variant that names the inner protocol (draft-ietf-nvo3-vxlan-gpe, 3.1).
func (d *Decoder) vxlanGPE(p *Packet, b []byte, wire int) {
	if len(b) <= 8 || b[0]&0x30 != 0 {
		return
	}
	form, next := uint32(typeEthernet), b[3]
	if b[0]&4 == 0 {
		next = 3
	}
	switch next {
	case 1:
		form = typeIPv4
	case 2:
		form = typeIPv6
	case 3:
	case 4:
		form = typeNSH
	case 5:
		form = typeMPLS
	default:
		return
	}
	if b[0]&8 != 0 {
		d.enterTenant(p, TunnelVXLAN, tenantID(TunnelVXLAN, be32(b[4:])>>8), form, b[8:], wire-8)
	} else {
		d.enter(p, TunnelVXLAN, form, b[8:], wire-8)
	}
}

// geneve decodes GENEVE (RFC 8926, 3.4). Reserved bits are ignored.
func (d *Decoder) geneve(p *Packet, b []byte, wire int) {
	if len(b) <= 8 || b[0]>>6 != 0 {
		return
	}
	if n := 8 + int(b[0]&0x3f)*4; n < len(b) && be16(b[2:]) > 1500 {
		d.enterTenant(p, TunnelGENEVE, tenantID(TunnelGENEVE, be32(b[4:])>>8), uint32(be16(b[2:])), b[n:], wire-n)
	}
}

// gtp decodes a G-PDU of GTP-U (3GPP TS 29.281, 5.1).
func (d *Decoder) gtp(p *Packet, b []byte, wire int) {
	if len(b) < 12 || b[0]&0xf0 != 0x30 || b[1] != 0xff {
		return
	}
	flags := b[0]
	b, wire = trim(b[8:], wire-8, int(be16(b[2:])))
	if flags&7 != 0 {
		if len(b) < 4 {
			return
		}
		next := b[3]
		b, wire = b[4:], wire-4
		if flags&4 == 0 {
			next = 0
		}
		for next != 0 { // extension headers, in units of four bytes
			if len(b) < 4 {
				return
			}
			n := int(b[0]) * 4
			if n == 0 || n > len(b) {
				return
			}
			next = b[n-1]
			b, wire = b[n:], wire-n
		}
	}
	if len(b) > 0 && (b[0]>>4 == 4 || b[0]>>4 == 6) {
		d.enter(p, TunnelGTP, formIP, b, wire)
	}
}

// capwap decodes the data channel of CAPWAP (RFC 5415, 4.3). It carries 802.3 frames, or 802.11
// frames whose frame control some access points send with its bytes swapped. DTLS, keep-alives and
// later fragments stay outer packets.
func (d *Decoder) capwap(p *Packet, b []byte, wire int) {
	if len(b) < 8 || b[0] != 0 || b[3]&0x08 != 0 || b[3]&0x80 != 0 && be16(b[6:])>>3 != 0 {
		return
	}
	n := int(b[1]>>3) * 4
	if n < 8 || n+2 > len(b) {
		return
	}
	native, binding := b[2]&1 != 0, b[2]>>1&31
	b, wire = b[n:], wire-n
	switch {
	case !native:
		d.enter(p, TunnelCAPWAP, typeEthernet, b, wire)
	case binding == 1:
		form := formWiFi
		if b[0]&3 != 0 {
			form = formSwappedWiFi
		}
		d.enter(p, TunnelCAPWAP, form, b, wire)
	}
}

// teredo decodes Teredo (RFC 4380, 5.1.1): authentication and origin indications, then IPv6 of
// which one end has a Teredo address. Bubbles and the router discovery with the server stay outer
// packets.
func (d *Decoder) teredo(p *Packet, b []byte, wire int) {
	if len(b) > 4 && be16(b) == 1 {
		n := 4 + int(b[2]) + int(b[3]) + 9
		if n > len(b) {
			return
		}
		b, wire = b[n:], wire-n
	}
	if len(b) > 8 && be16(b) == 0 {
		b, wire = b[8:], wire-8
	}
	if len(b) < 40 || b[0]>>4 != 6 || b[6] == protoNoNext || 40+int(be16(b[4:])) > wire ||
		be32(b[8:]) != teredoService && be32(b[24:]) != teredoService {
		return
	}
	d.enter(p, TunnelTeredo, typeIPv6, b, wire)
}

// l2tp decodes data messages of L2TP (RFC 2661, 3.1).
func (d *Decoder) l2tp(p *Packet, b []byte, wire int) {
	if len(b) < 6 {
		return
	}
	flags := be16(b)
	if flags&0x800f != 2 { // a control message or another version; reserved bits are ignored
		return
	}
	n := 6
	if flags&0x4000 != 0 {
		b, wire = trim(b, wire, int(be16(b[2:])))
		n += 2
	}
	if flags&0x0800 != 0 {
		n += 4
	}
	if flags&0x0200 != 0 {
		if len(b) < n+2 {
			return
		}
		n += 2 + int(be16(b[n:]))
	}
	if n < len(b) {
		d.enter(p, TunnelL2TP, typePPP, b[n:], wire-n)
	}
}

// tzsp decodes the TaZmen sniffer protocol: version, type, protocol, tags.
func (d *Decoder) tzsp(p *Packet, b []byte, wire int) {
	if len(b) < 5 || b[0] != 1 || b[1] > 1 {
		return
	}
	form := uint32(0)
	switch be16(b[2:]) {
	case 1:
		form = typeEthernet
	case 18:
		form = formWiFi
	case 119, 127:
		form = formPrism
	default:
		return
	}
	for n := 4; n < len(b); {
		switch tag := b[n]; {
		case tag == 0:
			n++
		case tag == 1:
			d.enter(p, TunnelTZSP, form, b[n+1:], wire-n-1)
			return
		case n+1 < len(b):
			n += 2 + int(b[n+1])
		default:
			return
		}
	}
}
