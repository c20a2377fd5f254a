package decode

// ppp decodes a PPP packet, with or without the address and control bytes, and with a protocol of
// one or two bytes (RFC 1661, 2; RFC 1662, 3.1).
func (d *Decoder) ppp(p *Packet, b []byte, wire int) {
	if !d.layer(p, b, wire) {
		return
	}
	if len(b) >= 2 && b[0] == 0xff && b[1] == 3 {
		b, wire = b[2:], wire-2
	}
	if len(b) < 2 {
		p.damaged(LayerLink, b, wire)
		return
	}
	protocol, n := be16(b), 2
	if b[0]&1 != 0 {
		protocol, n = uint16(b[0]), 1
	}
	b, wire = b[n:], wire-n
	switch protocol {
	case 0x0021:
		d.ipv4(p, b, wire)
	case 0x0057:
		d.ipv6(p, b, wire)
	case 0x0281:
		d.network(p, typeMPLS, b, wire)
	case 0x0283:
		d.network(p, typeMPLSMulti, b, wire)
	case 0x0031:
		d.bridged(p, b, wire)
	case 0x002b:
		p.notIP(OtherIPX)
	case 0x0023:
		p.notIP(OtherOSI)
	case 0x0029:
		p.notIP(OtherAppleTalk)
	case 0x0207:
		p.notIP(OtherCDP)
	case 0x002d, 0x002f, 0x0053, 0x0055, 0x00fb, 0x00fd, 0x0061, 0x0065, 0x0067, 0x0069:
		p.notIP(OtherCompressed)
	default:
		p.notIP(OtherPPP)
		p.EtherType = protocol
	}
}

// bridged decodes a bridged LAN frame (RFC 3518, 4.2).
func (d *Decoder) bridged(p *Packet, b []byte, wire int) {
	if len(b) < 2 {
		p.damaged(LayerLink, b, wire)
		return
	}
	n := 2
	if b[0]&0x40 != 0 { // a LAN identifier follows
		n = 6
	}
	if len(b) < n || b[1] != 1 {
		p.notIP(OtherPPP)
		p.EtherType = 0x0031
		return
	}
	if d.layer(p, b, wire) {
		d.ethernet(p, b[n:], wire-n)
	}
}

// hdlc decodes Cisco's HDLC: address, control, EtherType.
func (d *Decoder) hdlc(p *Packet, b []byte, wire int) {
	if len(b) < 4 {
		p.damaged(LayerLink, b, wire)
		return
	}
	switch etherType := be16(b[2:]); {
	case etherType == 0x8035:
		p.notIP(OtherSLARP)
	case etherType == 0xfefe && len(b) > 5:
		d.nlpid(p, b[5:], wire-5)
	default:
		d.network(p, etherType, b[4:], wire-4)
	}
}

// pppSerial decodes PPP or Cisco's HDLC. The first bytes tell which.
func (d *Decoder) pppSerial(p *Packet, b []byte, wire int) {
	if len(b) >= 4 && (b[0] == 0x0f || b[0] == 0x8f) && b[1] == 0 {
		d.hdlc(p, b, wire)
		return
	}
	d.ppp(p, b, wire)
}

// frameRelay decodes a Q.922 address and RFC 2427's or Cisco's encapsulation.
func (d *Decoder) frameRelay(p *Packet, b []byte, wire int) {
	n := 0
	for n < 4 && n < len(b) && b[n]&1 == 0 {
		n++
	}
	n++
	if n < 2 || n > 4 || len(b) < n+2 {
		p.damaged(LayerLink, b, wire)
		return
	}
	b, wire = b[n:], wire-n
	if b[0] != 3 {
		d.network(p, be16(b), b[2:], wire-2)
		return
	}
	d.nlpid(p, b[1:], wire-1)
}
