package decode

// Fields of the frame control of IEEE 802.15.4 (7.2.2).
const (
	lowRateData      = 1
	lowRateSecurity  = 0x0008
	lowRatePAN       = 0x0040 // the source's PAN is the destination's
	lowRateNoNumber  = 0x0100 // no sequence number
	lowRateInfo      = 0x0200 // information elements follow
	lowRateShort     = 2      // address modes
	lowRateExtended  = 3
	lowRateVersion15 = 2 // of the standard of 2015
)

// eui is a hardware address of IEEE 802.15.4: 2 or 8 bytes, or none.
type eui []byte

// lowRate decodes an IEEE 802.15.4 frame (7.3.2) without its check sequence.
func (d *Decoder) lowRate(p *Packet, b []byte, wire int) {
	if len(b) < 3 {
		p.damaged(LayerLink, b, wire)
		return
	}
	control := le16(b)
	n := 3
	if control&lowRateNoNumber != 0 && control>>12&3 == lowRateVersion15 {
		n = 2
	}
	if control&7 != lowRateData || control&lowRateSecurity != 0 || control&lowRateInfo != 0 && control>>12&3 == lowRateVersion15 {
		p.notIP(OtherLowRate)
		return
	}
	dst, n, ok := lowRateAddress(b, n, control>>10&3, true)
	if !ok {
		p.damaged(LayerLink, b, wire)
		return
	}
	src, n, ok := lowRateAddress(b, n, control>>14, control&lowRatePAN == 0)
	if !ok {
		p.damaged(LayerLink, b, wire)
		return
	}
	d.lowpan(p, b[n:], wire-n, src, dst)
}

// lowRateAddress takes the address at n, with its PAN's identifier in front where
// there is one.
func lowRateAddress(b []byte, n int, mode uint16, pan bool) (eui, int, bool) {
	size := 0
	switch mode {
	case lowRateShort:
		size = 2
	case lowRateExtended:
		size = 8
	default:
		return nil, n, mode == 0
	}
	if pan {
		n += 2
	}
	if len(b) < n+size {
		return nil, n, false
	}
	return b[n : n+size], n + size, true
}

// lowRateTap passes the header of LINKTYPE_IEEE802_15_4_TAP, whose fields tell
// how long the frame's check sequence is.
func (d *Decoder) lowRateTap(p *Packet, b []byte, wire int) {
	if len(b) < 4 {
		p.damaged(LayerLink, b, wire)
		return
	}
	length := int(le16(b[2:]))
	if b[0] != 0 || length < 4 {
		p.damaged(LayerLink, b, len(b))
		return
	}
	if len(b) < length {
		p.damaged(LayerLink, b, wire)
		return
	}
	check := 0
	const typeCheck = 0
	for at := 4; at+4 <= length; {
		size := int(le16(b[at+2:]))
		if le16(b[at:]) == typeCheck && size > 0 && at+4 < length {
			check = [...]int{0, 2, 4}[min(b[at+4], 2)]
		}
		at += 4 + (size+3)&^3
	}
	b, wire = b[length:], wire-length
	b, wire = trim(b, wire, max(0, wire-check))
	d.lowRate(p, b, wire)
}

// lowRateChecked decodes a frame with a check sequence of two bytes.
func (d *Decoder) lowRateChecked(p *Packet, b []byte, wire int) {
	b, wire = trim(b, wire, max(0, wire-2))
	d.lowRate(p, b, wire)
}

// lowpan decodes what 6LoWPAN puts before IPv6 (RFC 4944, 5.1; RFC 6282, 3). src
// and dst are the frame's addresses, from which those of IPv6 may derive.
func (d *Decoder) lowpan(p *Packet, b []byte, wire int, src, dst eui) {
	if !d.layer(p, b, wire) {
		return
	}
	if len(b) > 0 && b[0]>>6 == 2 { // mesh addressing (RFC 4944, 5.2)
		n := 1
		if b[0]&15 == 15 { // more hops in a byte of their own
			n = 2
		}
		for _, long := range [...]bool{b[0]&0x20 == 0, b[0]&0x10 == 0} {
			if n += 2; long {
				n += 6
			}
		}
		if len(b) < n {
			p.damaged(LayerLink, b, wire)
			return
		}
		src, dst = nil, nil // the frame's are those of one hop
		b, wire = b[n:], wire-n
	}
	switch {
	case len(b) < 2:
		p.damaged(LayerLink, b, wire)
	case b[0] == 0x41: // IPv6 as it is
		d.ipv6(p, b[1:], wire-1)
	case b[0]>>5 == 3:
		d.iphc(p, b, wire, src, dst)
	case b[0]>>3 == 0x18 && len(b) > 4: // first fragment (RFC 4944, 5.3)
		d.lowpan(p, b[4:], wire-4, src, dst)
	default:
		p.notIP(OtherLowRate)
	}
}

// iphc decodes a compressed IPv6 header (RFC 6282, 3.1). Addresses that need a
// context, which is agreed on elsewhere, cannot be told.
func (d *Decoder) iphc(p *Packet, b []byte, wire int, src, dst eui) {
	flow, inline, hops := b[0]>>3&3, b[0]&4 == 0, b[0]&3
	modes := b[1]
	r := compressed{b: b, n: 2}
	if modes&0x80 != 0 { // identifiers of contexts
		r.skip(1)
	}
	r.skip([...]int{4, 3, 1, 0}[flow])
	next := uint8(0)
	if inline {
		next = r.byte()
	}
	if hops == 0 {
		r.skip(1)
	}
	p.Version = 6
	known := r.unicast(&p.Src, modes&0x40 != 0, modes>>4&3, src)
	if modes&8 != 0 {
		known = r.multicast(&p.Dst, modes&4 != 0, modes&3) && known
	} else {
		known = r.unicast(&p.Dst, modes&4 != 0, modes&3, dst) && known
	}
	switch {
	case r.short:
		p.Src, p.Dst = [16]byte{}, [16]byte{}
		p.damaged(LayerIPv6, b, wire)
	case !known:
		p.Version, p.Src, p.Dst = 0, [16]byte{}, [16]byte{}
		p.notIP(OtherLowRate)
	case !inline:
		d.nhc(p, b[r.n:], wire-r.n)
	case isExtension(next):
		d.extensions(p, next, b[r.n:], wire-r.n)
	default:
		d.transport(p, next, b[r.n:], wire-r.n)
	}
}

// compressed reads a header whose fields may be missing.
type compressed struct {
	b     []byte
	n     int
	short bool
}

func (r *compressed) skip(n int) {
	if r.n += n; r.n > len(r.b) {
		r.n, r.short = len(r.b), true
	}
}

func (r *compressed) byte() uint8 {
	r.skip(1)
	if r.short {
		return 0
	}
	return r.b[r.n-1]
}

// into copies the next n bytes to the end of an address.
func (r *compressed) into(a []byte, n int) {
	r.skip(n)
	if !r.short {
		copy(a[len(a)-n:], r.b[r.n-n:r.n])
	}
}

// unicast reads an address (RFC 6282, 3.1.1). It is not known where it has a
// context.
func (r *compressed) unicast(a *[16]byte, context bool, mode uint8, link eui) bool {
	if context && mode == 0 {
		return true // unspecified
	}
	if mode == 0 {
		r.into(a[:], 16)
		return true
	}
	a[0], a[1] = 0xfe, 0x80
	switch mode {
	case 1:
		r.into(a[:], 8)
	case 2:
		a[11], a[12] = 0xff, 0xfe
		r.into(a[:], 2)
	default:
		link.identify(a)
	}
	return !context && (mode != 3 || link != nil)
}

// identify makes the lower half of an address of a hardware address, which the
// frame has in reverse order (RFC 4944, 6).
func (e eui) identify(a *[16]byte) {
	for i := range e {
		a[15-i] = e[i]
	}
	if len(e) == 8 {
		a[8] ^= 2
	} else {
		a[11], a[12] = 0xff, 0xfe
	}
}

// multicast reads the address of a group (RFC 6282, 3.1.1).
func (r *compressed) multicast(a *[16]byte, context bool, mode uint8) bool {
	a[0] = 0xff
	switch mode {
	case 0:
		r.into(a[:], 16)
	case 1:
		a[1] = r.byte()
		r.into(a[:], 5)
	case 2:
		a[1] = r.byte()
		r.into(a[:], 3)
	default:
		a[1] = 2
		r.into(a[:], 1)
	}
	return !context
}

// nhc decodes a compressed header behind IPv6's: UDP's (RFC 6282, 4.3) or an
// extension's (4.2).
func (d *Decoder) nhc(p *Packet, b []byte, wire int) {
	if len(b) < 2 || !d.layer(p, b, wire) {
		p.damaged(LayerIPv6, b, wire)
		return
	}
	if b[0]>>4 == 0x0e {
		d.nhcExtension(p, b, wire)
		return
	}
	if b[0]>>3 != 0x1e {
		p.damaged(LayerIPv6, b, len(b))
		return
	}
	r := compressed{b: b, n: 1}
	var ports [4]byte
	switch b[0] & 3 {
	case 0:
		r.into(ports[:], 4)
	case 1:
		r.into(ports[:2], 2)
		ports[2], ports[3] = 0xf0, r.byte()
	case 2:
		ports[0], ports[1] = 0xf0, r.byte()
		r.into(ports[2:], 2)
	default:
		both := r.byte()
		ports = [4]byte{0xf0, 0xb0 | both>>4, 0xf0, 0xb0 | both&15}
	}
	if b[0]&4 == 0 { // checksum
		r.skip(2)
	}
	if r.short {
		p.damaged(LayerUDP, b, wire)
		return
	}
	p.Kind, p.Protocol = IP, protoUDP
	p.SrcPort, p.DstPort = be16(ports[:]), be16(ports[2:])
	p.Payload, p.PayloadLen = b[r.n:], wire-r.n
}

// nhcExtension passes an extension header.
func (d *Decoder) nhcExtension(p *Packet, b []byte, wire int) {
	const otherIPv6 = 7
	if b[0]>>1&7 == otherIPv6 {
		p.notIP(OtherLowRate)
		return
	}
	r := compressed{b: b, n: 1}
	next, inline := uint8(0), b[0]&1 == 0
	if inline {
		next = r.byte()
	}
	r.skip(int(r.byte()))
	switch {
	case r.short:
		p.damaged(LayerIPv6, b, wire)
	case !inline:
		d.nhc(p, b[r.n:], wire-r.n)
	case isExtension(next):
		d.extensions(p, next, b[r.n:], wire-r.n)
	default:
		d.transport(p, next, b[r.n:], wire-r.n)
	}
}
