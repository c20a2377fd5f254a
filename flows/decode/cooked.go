package decode

// loopback decodes BSD's NULL and LOOP, which begin with an address family. In NULL that has the
// byte order of the machine that captured. Both orders are accepted, and AF_INET6 of every system.
// Some programs write another header of four bytes, or none: where the bytes are no family and a
// valid IP header follows, that is decoded.
func (d *Decoder) loopback(p *Packet, b []byte, wire int) {
	if len(b) < 4 {
		p.damaged(LayerLink, b, wire)
		return
	}
	frame, frameWire := b, wire
	family := le32(b)
	if family > 0xffff {
		family = be32(b)
	}
	b, wire = b[4:], wire-4
	switch family {
	case 2:
		d.ip(p, b, wire)
	case 10, 23, 24, 28, 30: // Linux, Windows, NetBSD and OpenBSD, FreeBSD, Darwin
		if family == 23 && len(b) > 0 && b[0]>>4 != 6 {
			p.notIP(OtherIPX) // BSD's AF_IPX
			return
		}
		d.ipv6(p, b, wire)
	case typeIPv4, typeIPv6: // some tunnel devices
		d.ip(p, b, wire)
	case 7:
		p.notIP(OtherOSI)
	default:
		switch {
		case isSound(b, wire):
			d.ip(p, b, wire)
		case isSound(frame, frameWire):
			d.ip(p, frame, frameWire)
		default:
			p.notIP(OtherFamily)
		}
	}
}

// isSound reports whether b holds an IP packet that was whole on the wire: of IPv4 the header's
// checksum must be right; IPv6 has none, so its next header must be common and nothing may follow.
func isSound(b []byte, wire int) bool {
	switch {
	case !isIP(b):
		return false
	case b[0]>>4 == 4:
		return int(be16(b[2:])) <= wire && isWhole(b, int(b[0]&15)*4)
	}
	return 40+int(be16(b[4:])) == wire && isCommon(b[6])
}

// ARPHRD values that change the meaning of SLL's protocol field.
const (
	hardwareWiFi     = 801
	hardwarePrism    = 802
	hardwareRadiotap = 803
	hardwareFRAD     = 770
	hardwareNetlink  = 824
)

// sllBroadcast is the packet type of a broadcast frame. A cooked header has the sender's address
// alone, so HasMAC is not set.
const sllBroadcast = 1

// sll decodes Linux's cooked header (LINKTYPE_LINUX_SLL).
func (d *Decoder) sll(p *Packet, b []byte, wire int) {
	if len(b) < 16 {
		p.damaged(LayerLink, b, wire)
		return
	}
	p.Broadcast = be16(b) == sllBroadcast
	d.cookedType(p, be16(b[2:]), be16(b[14:]), b[16:], wire-16)
}

// sll2 decodes the second version of Linux's cooked header (LINKTYPE_LINUX_SLL2).
func (d *Decoder) sll2(p *Packet, b []byte, wire int) {
	if len(b) < 20 {
		p.damaged(LayerLink, b, wire)
		return
	}
	p.Broadcast = b[10] == sllBroadcast
	d.cookedType(p, be16(b[8:]), be16(b), b[20:], wire-20)
}

// cookedType decodes what a cooked header names by ARPHRD value and protocol.
func (d *Decoder) cookedType(p *Packet, hardware, protocol uint16, b []byte, wire int) {
	switch hardware {
	case hardwareNetlink:
		p.notIP(OtherFamily)
		return
	case hardwareWiFi:
		d.wifi(p, b, wire, false, false)
		return
	case hardwarePrism:
		d.prism(p, b, wire)
		return
	case hardwareRadiotap:
		d.radiotap(p, b, wire)
		return
	case hardwareFRAD:
		d.frameRelay(p, b, wire)
		return
	}
	switch {
	case protocol == 1: // Novell's 802.3
		p.notIP(OtherIPX)
	case protocol == 4:
		d.llc(p, b, wire)
	case protocol <= 1500:
		p.notIP(OtherFamily)
	default:
		d.network(p, protocol, b, wire)
	}
}

// nflog decodes the packet among the attributes of a netfilter log message (LINKTYPE_NFLOG). Their
// byte order is that of the machine that captured.
func (d *Decoder) nflog(p *Packet, b []byte, wire int) {
	if len(b) < 8 {
		p.damaged(LayerLink, b, wire)
		return
	}
	b, wire = b[4:], wire-4
	get := le16
	if n := int(le16(b)); n < 4 || n > 1024 && n > wire {
		get = be16
	}
	for len(b) >= 4 {
		n, kind := int(get(b)), get(b[2:])&0x7fff
		if n < 4 {
			break
		}
		if kind == 9 { // NFULA_PAYLOAD
			b, wire = trim(b, wire, n)
			d.ip(p, b[4:], wire-4)
			return
		}
		n = (n + 3) &^ 3
		if n > len(b) {
			break
		}
		b, wire = b[n:], wire-n
	}
	p.damaged(LayerLink, b, wire)
}

// tokenRing skips access and frame control, the addresses and a source route (IEEE 802.5).
func (d *Decoder) tokenRing(p *Packet, b []byte, wire int) {
	n := 14
	if len(b) > 14 && b[8]&0x80 != 0 {
		n += int(b[14] & 0x1f)
	}
	d.after(p, b, wire, n, (*Decoder).llc)
}

// arcnet decodes an ARCnet header of n bytes, the last of which is the protocol (RFC 1051).
func (d *Decoder) arcnet(p *Packet, b []byte, wire, n int) {
	if len(b) < n {
		p.damaged(LayerLink, b, wire)
		return
	}
	switch protocol := b[n-1]; protocol {
	case 0xf0:
		d.after(p, b, wire, n, (*Decoder).ipv4)
	case 0xd4:
		d.arcnet1201(p, b, wire, n, (*Decoder).ipv4)
	case 0xc4:
		d.arcnet1201(p, b, wire, n, (*Decoder).ipv6)
	case 0xf1, 0xd5:
		p.notIP(OtherARP)
	default:
		p.notIP(OtherFamily)
	}
}

// arcnet1201 skips the flags and the sequence number that RFC 1201 adds.
func (d *Decoder) arcnet1201(p *Packet, b []byte, wire, n int, next func(*Decoder, *Packet, []byte, int)) {
	skip := n + 3
	if len(b) > n && b[n] == 0xff { // exception packet: padding, then the flags again
		skip = n + 7
	}
	d.after(p, b, wire, skip, next)
}

// switchTag skips the tag of n bytes that a switch chip puts after the addresses.
func (d *Decoder) switchTag(p *Packet, b []byte, wire, n int) {
	if len(b) < 12+n {
		p.damaged(LayerLink, b, wire)
		return
	}
	p.addresses(b[:6], b[6:12])
	d.typeOrLength(p, b[12+n:], wire-12-n)
}

// pktap decodes Darwin's header: its own length, record type, and the DLT of what follows, all
// little-endian.
func (d *Decoder) pktap(p *Packet, link uint16, b []byte, wire int) {
	if len(b) < 12 {
		if link == linkPKTAP {
			p.damaged(LayerLink, b, wire)
		}
		return
	}
	length, inner := le32(b), le32(b[8:])
	if length < 12 || length > uint32(len(b)) || inner > 0xffff || le32(b[4:]) != 1 {
		if link == linkPKTAP {
			p.damaged(LayerLink, b, wire)
		}
		return
	}
	if d.layer(p, b, wire) {
		d.link(p, uint16(inner), b[length:], wire-int(length))
	}
}

// pflog skips the header of BSD's packet filter, which begins with its length without padding.
func (d *Decoder) pflog(p *Packet, b []byte, wire int) {
	if len(b) < 4 {
		p.damaged(LayerLink, b, wire)
		return
	}
	n := (int(b[0]) + 3) &^ 3
	d.after(p, b, wire, max(n, 4), (*Decoder).ip)
}

// sunATM decodes a type, which tells LAN emulation from LLC, and skips the circuit.
func (d *Decoder) sunATM(p *Packet, b []byte, wire int) {
	if len(b) < 4 {
		p.damaged(LayerLink, b, wire)
		return
	}
	switch b[0] & 15 {
	case 1:
		d.after(p, b, wire, 6, (*Decoder).ethernet)
	case 2:
		d.llc(p, b[4:], wire-4)
	default:
		p.notIP(OtherFamily)
	}
}
