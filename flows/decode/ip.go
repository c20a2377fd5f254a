package decode

// IP protocol numbers (IANA).
const (
	protoHopByHop    = 0
	protoICMP        = 1
	protoIPv4        = 4
	protoTCP         = 6
	protoUDP         = 17
	protoDCCP        = 33
	protoIPv6        = 41
	protoRouting     = 43
	protoFragment    = 44
	protoGRE         = 47
	protoAH          = 51
	protoICMPv6      = 58
	protoNoNext      = 59
	protoDestination = 60
	protoEtherIP     = 97
	protoSCTP        = 132
	protoUDPLite     = 136
	protoMPLS        = 137
)

// maxExtensions bounds the chain of IPv6 extension headers.
const maxExtensions = 16

// ip decodes an IP packet of either version.
func (d *Decoder) ip(p *Packet, b []byte, wire int) {
	switch {
	case len(b) == 0:
		p.damaged(LayerIPv4, b, wire)
	case b[0]>>4 == 6:
		d.ipv6(p, b, wire)
	default:
		d.ipv4(p, b, wire)
	}
}

// ipv4 decodes an IPv4 packet (RFC 791, 3.1). wire is the number of bytes on the wire from the
// header on, padding included.
func (d *Decoder) ipv4(p *Packet, b []byte, wire int) {
	if len(b) < 20 {
		p.damaged(LayerIPv4, b, wire)
		return
	}
	header := int(b[0]&15) * 4
	if b[0]>>4 != 4 || header < 20 {
		p.damaged(LayerIPv4, b, 0)
		return
	}
	// Where the interface segments, the captured total length is 0.
	if total := int(be16(b[2:])); total > wire && d.nhops > 0 && isWhole(b, header) {
		wire = total // the mirror cut the packet, as a snap length does
	} else if total != 0 {
		p.Malformed = total > wire
		b, wire = trim(b, wire, total)
	}
	if len(b) < header {
		p.damaged(LayerIPv4, b, wire)
		return
	}
	p.Version = 4
	copy(p.Src[:4], b[12:16])
	copy(p.Dst[:4], b[16:20])
	protocol := b[9]
	if flags := be16(b[6:]); flags&0x3fff != 0 { // more fragments, or an offset
		if !d.fragment(p, uint32(be16(b[4:])), protocol, int(flags&0x1fff)*8, b[header:], wire-header) {
			return
		}
	}
	d.transport(p, protocol, b[header:], wire-header)
}

// isWhole reports whether b holds an IPv4 header of that length with a right
// checksum (RFC 1071).
func isWhole(b []byte, header int) bool {
	if len(b) < header {
		return false
	}
	sum := uint32(0)
	for i := 0; i < header; i += 2 {
		sum += uint32(be16(b[i:]))
	}
	return sum>>16+sum&0xffff == 0xffff
}

// ipv6 decodes an IPv6 packet (RFC 8200).
func (d *Decoder) ipv6(p *Packet, b []byte, wire int) {
	if len(b) < 40 {
		p.damaged(LayerIPv6, b, wire)
		return
	}
	if b[0]>>4 != 6 {
		p.damaged(LayerIPv6, b, 0)
		return
	}
	p.Version = 6
	copy(p.Src[:], b[8:24])
	copy(p.Dst[:], b[24:40])
	next := b[6]
	length := int(be16(b[4:]))
	b, wire = b[40:], wire-40
	// The length is 0 in a jumbogram (RFC 2675), whose jumbo payload option states the length, and
	// where the interface segments: then all that the frame holds is the packet.
	if length > wire && d.nhops > 0 && isCommon(next) {
		wire = length // the mirror cut the packet; IPv6 has no checksum that would confirm it
	} else if length != 0 || next == protoNoNext {
		p.Malformed = length > wire
		b, wire = trim(b, wire, length)
	} else if n, ok := jumbo(next, b); ok {
		p.Malformed = n > wire
		b, wire = trim(b, wire, n)
	}
	if isExtension(next) {
		d.extensions(p, next, b, wire)
		return
	}
	d.transport(p, next, b, wire)
}

// isCommon reports whether next is one of the protocols that most IPv6 packets carry.
func isCommon(next uint8) bool {
	return next == protoTCP || next == protoUDP || next == protoICMPv6 || isExtension(next)
}

// isExtension reports whether a header of that number is an extension header.
func isExtension(next uint8) bool {
	switch next {
	case protoHopByHop, protoRouting, protoFragment, protoAH, protoDestination:
		return true
	}
	return false
}

// extensions skips the extension headers (RFC 8200, 4; RFC 4302, 2).
func (d *Decoder) extensions(p *Packet, next uint8, b []byte, wire int) {
	for range maxExtensions {
		if !isExtension(next) {
			d.transport(p, next, b, wire)
			return
		}
		if len(b) < 8 {
			p.damaged(LayerIPv6, b, wire)
			return
		}
		length := (int(b[1]) + 1) * 8
		switch next {
		case protoAH:
			length = (int(b[1]) + 2) * 4
		case protoFragment:
			length = 8
		}
		header := b
		if len(b) < length {
			p.damaged(LayerIPv6, b, wire)
			return
		}
		b, wire = b[length:], wire-length
		// A packet in a single fragment is not fragmented (RFC 6946).
		if offset := be16(header[2:]); next == protoFragment && offset&0xfff9 != 0 &&
			!d.fragment(p, be32(header[4:]), header[0], int(offset&^7), b, wire) {
			return
		}
		next = header[0]
	}
	p.damaged(LayerIPv6, b, len(b))
}

// jumbo returns the length in the jumbo payload option (RFC 2675, 2) of the hop-by-hop header that
// b begins with.
func jumbo(next uint8, b []byte) (int, bool) {
	if next != protoHopByHop || len(b) < 8 {
		return 0, false
	}
	end := min(len(b), (int(b[1])+1)*8)
	for i := 2; i+2 <= end; {
		switch {
		case b[i] == 0: // Pad1
			i++
		case b[i] == 0xc2 && b[i+1] == 4 && i+6 <= end:
			return int(min(be32(b[i+2:]), 1<<30)), true // fits an int anywhere
		default:
			i += 2 + int(b[i+1])
		}
	}
	return 0, false
}
