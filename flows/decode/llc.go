package decode

// llc decodes an LLC header (IEEE 802.2) and what follows.
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

// nlpid decodes a network layer protocol identifier (ISO/IEC TR 9577) and the packet that it names.
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

// snap decodes a SNAP header (IEEE 802, 9) and what follows.
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
