package decode

// Bits of the second byte of an 802.11 frame control field (IEEE 802.11, 9.2.4.1).
const (
	wifiToDS      = 0x01
	wifiFromDS    = 0x02
	wifiProtected = 0x40
	wifiOrder     = 0x80
)

// wifi decodes an 802.11 frame (IEEE 802.11, 9.3.2). padded tells that the driver padded the header
// to a multiple of four bytes; swapped, that the bytes of frame control and sequence control are
// swapped.
func (d *Decoder) wifi(p *Packet, b []byte, wire int, padded, swapped bool) {
	if len(b) < 2 {
		p.damaged(LayerLink, b, wire)
		return
	}
	control, flags := b[0], b[1]
	if swapped {
		control, flags = flags, control
	}
	if control&3 != 0 { // protocol version
		p.damaged(LayerLink, b, len(b))
		return
	}
	subtype, number := control>>4, 22
	if swapped {
		number = 23
	}
	switch control >> 2 & 3 {
	case 0:
		p.notIP(OtherWiFiManagement)
		return
	case 1, 3:
		p.notIP(OtherWiFiControl)
		return
	}
	header := 24
	if flags&(wifiToDS|wifiFromDS) == wifiToDS|wifiFromDS {
		header = 30
	}
	qos := header
	if subtype&8 != 0 {
		header += 2
		if flags&wifiOrder != 0 {
			header += 4
		}
	}
	if padded {
		header = (header + 3) &^ 3
	}
	if len(b) < header {
		p.damaged(LayerLink, b, wire)
		return
	}
	wifiAddresses(p, b, flags)
	switch {
	case subtype&4 != 0:
		p.notIP(OtherWiFiNull)
	case flags&wifiProtected != 0:
		p.notIP(OtherWiFiProtected)
	case b[number]&15 != 0:
		p.notIP(OtherWiFiFragment)
	case subtype&8 == 0 || b[qos]&0x80 == 0:
		d.wifiData(p, b[header:], wire-header, subtype&8 != 0)
	default:
		d.amsdu(p, b[header:], wire-header)
	}
}

// wifiAddresses sets the addresses. The DS bits say where they are (IEEE 802.11, table 9-60).
func wifiAddresses(p *Packet, b []byte, flags byte) {
	dst, src := 4, 10
	if flags&wifiToDS != 0 {
		dst = 16
	}
	switch flags & (wifiToDS | wifiFromDS) {
	case wifiFromDS:
		src = 16
	case wifiToDS | wifiFromDS:
		src = 24
	}
	p.addresses(b[dst:dst+6], b[src:src+6])
}

// addresses sets the hardware addresses.
func (p *Packet) addresses(dst, src []byte) {
	p.HasMAC = true
	p.DstMAC, p.SrcMAC = [6]byte(dst), [6]byte(src)
	p.Broadcast = p.DstMAC == [6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
}

// wifiData decodes the body of a data frame. In a mesh, whose frames all have QoS, a mesh control
// field precedes LLC. The bit that says so is reserved elsewhere, so the place of SNAP decides
// (IEEE 802.11, 9.2.4.8.3).
func (d *Decoder) wifiData(p *Packet, b []byte, wire int, qos bool) {
	if qos && len(b) > 6 && !isSNAP(b) {
		n := 6 + int(b[0]&3)*6
		if len(b) > n && isSNAP(b[n:]) {
			b, wire = b[n:], wire-n
		}
	}
	d.llc(p, b, wire)
}

// isSNAP reports whether b begins with the LLC header of SNAP.
func isSNAP(b []byte) bool { return len(b) >= 3 && b[0] == 0xaa && b[1] == 0xaa && b[2] == 3 }

// radiotap decodes a radiotap header (radiotap.org) and the 802.11 frame after it.
func (d *Decoder) radiotap(p *Packet, b []byte, wire int) {
	if len(b) < 8 {
		p.damaged(LayerLink, b, wire)
		return
	}
	length := int(le16(b[2:]))
	if b[0] != 0 || length < 8 {
		p.damaged(LayerLink, b, len(b))
		return
	}
	if len(b) < length {
		p.damaged(LayerLink, b, wire)
		return
	}
	d.wifi(p, b[length:], wire-length, radiotapFlags(b[:length])&0x20 != 0, false)
}

// radiotapFlags returns the flags field. It is the second field, after all presence words and the
// first field, the time, of eight aligned bytes.
func radiotapFlags(b []byte) byte {
	present := le32(b[4:])
	if present&2 == 0 {
		return 0
	}
	at := 4
	for more := true; more; at += 4 {
		if at+4 > len(b) {
			return 0
		}
		more = le32(b[at:])>>31 != 0
	}
	if present&1 != 0 {
		at = (at+7)&^7 + 8
	}
	if at >= len(b) {
		return 0
	}
	return b[at]
}

// ppi decodes CACE's per-packet information, which names the DLT of what follows.
func (d *Decoder) ppi(p *Packet, b []byte, wire int) {
	if len(b) < 8 {
		p.damaged(LayerLink, b, wire)
		return
	}
	length, inner := int(le16(b[2:])), le32(b[4:])
	switch {
	case b[0] != 0 || length < 8 || inner > 0xffff:
		p.damaged(LayerLink, b, len(b))
	case len(b) < length:
		p.damaged(LayerLink, b, wire)
	case d.layer(p, b, wire):
		d.link(p, uint16(inner), b[length:], wire-length)
	}
}

// prism decodes the header of Prism cards, or that of AVS, and the 802.11 frame after it. The
// second word is the header's length, in AVS in network byte order.
func (d *Decoder) prism(p *Packet, b []byte, wire int) {
	if len(b) < 8 {
		p.damaged(LayerLink, b, wire)
		return
	}
	length := be32(b[4:])
	if be32(b)&0xfffff000 != 0x80211000 && le32(b[4:]) < length {
		length = le32(b[4:])
	}
	switch {
	case length < 8 || uint64(length) > uint64(wire):
		p.damaged(LayerLink, b, len(b))
	case int(length) > len(b):
		p.damaged(LayerLink, b, wire)
	default:
		d.wifi(p, b[length:], wire-int(length), false, false)
	}
}
