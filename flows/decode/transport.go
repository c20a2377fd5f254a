package decode

// transport decodes what an IP packet carries.
func (d *Decoder) transport(p *Packet, protocol uint8, b []byte, wire int) {
	p.Kind, p.Protocol = IP, protocol
	if protocol == protoTCP {
		tcp(p, b, wire)
		return
	}
	p.Payload, p.PayloadLen = b, wire
	switch protocol {
	case protoUDP:
		d.udp(p, b, wire)
	case protoSCTP:
		sctp(p, b, wire)
	case protoUDPLite:
		if ports(p, LayerOther, b, wire) {
			p.payload(b, wire, 8)
		}
	case protoDCCP:
		dccp(p, b, wire)
	case protoAH:
		d.authenticated(p, b, wire)
	case protoIPv4, protoIPv6, protoGRE, protoEtherIP, protoMPLS:
		if d.Tunnels {
			d.ipTunnel(p, protocol, b, wire)
		}
	}
}

// authenticated decodes what follows an authentication header behind IPv4 (RFC 4302, 2). In IPv6 it
// is one of the extension headers.
func (d *Decoder) authenticated(p *Packet, b []byte, wire int) {
	if len(b) < 12 || !d.layer(p, b, wire) {
		return
	}
	if n := (int(b[1]) + 2) * 4; n >= 12 && n <= len(b) {
		d.transport(p, b[0], b[n:], wire-n)
	}
}

// payload sets the payload of p to what follows a header of n bytes.
func (p *Packet) payload(b []byte, wire, n int) {
	if len(b) < n {
		p.Malformed = p.Malformed || len(b) == wire
		p.Payload, p.PayloadLen = nil, max(0, wire-n)
		return
	}
	p.Payload, p.PayloadLen = b[n:], wire-n
}

// ports decodes the ports: every transport with ports begins with them.
func ports(p *Packet, l Layer, b []byte, wire int) bool {
	if len(b) < 4 {
		p.damaged(l, b, wire)
		return false
	}
	p.SrcPort, p.DstPort = be16(b), be16(b[2:])
	return true
}

// tcp decodes a TCP header (RFC 9293, 3.1).
func tcp(p *Packet, b []byte, wire int) {
	if len(b) < 14 {
		if ports(p, LayerTCP, b, wire) {
			p.payload(b, wire, 20)
		}
		return
	}
	p.SrcPort, p.DstPort = be16(b), be16(b[2:])
	p.Seq, p.Ack = be32(b[4:]), be32(b[8:])
	p.HasTCP, p.TCPFlags = true, b[13]
	header := int(b[12]>>4) * 4
	if header < 20 || header > wire {
		p.Malformed = p.Malformed || header < 20 || !p.Fragment
		p.Payload, p.PayloadLen = nil, 0
		return
	}
	p.payload(b, wire, header)
}

// udp decodes a UDP header (RFC 768). The length is 0 in a jumbogram, and where the interface
// segments.
func (d *Decoder) udp(p *Packet, b []byte, wire int) {
	if len(b) < 8 {
		if ports(p, LayerUDP, b, wire) {
			p.payload(b, wire, 8)
		}
		return
	}
	p.SrcPort, p.DstPort = be16(b), be16(b[2:])
	length := int(be16(b[4:]))
	switch {
	case length == 0:
	case length < 8:
		p.Malformed = true
		length = 8
		fallthrough
	default:
		p.Malformed = p.Malformed || length > wire && !p.Fragment
		b, wire = trim(b, wire, length)
	}
	p.payload(b, wire, 8)
	hops := d.nhops
	if d.Tunnels {
		d.udpTunnel(p)
	}
	// The part of the datagram in later fragments counts as not captured.
	if p.Fragment && d.nhops == hops && length > 8 {
		p.PayloadLen = max(p.PayloadLen, length-8)
	}
}

// sctp decodes the ports, and finds the user data of the first DATA or I-DATA chunk, if one can of the first
// that begins a message (RFC 9260, 3.3.1; RFC 8260, 2.1), with its payload protocol identifier.
func sctp(p *Packet, b []byte, wire int) {
	if !ports(p, LayerSCTP, b, wire) {
		return
	}
	p.payload(b, wire, 12)
	b, wire = p.Payload, p.PayloadLen
	p.Payload, p.PayloadLen = nil, 0
	for len(b) >= 4 {
		length := int(be16(b[2:]))
		header := 0
		switch b[0] {
		case 0:
			header = 16
		case 64:
			header = 20
		}
		if length < 4 || length < header {
			p.Malformed = true
			return
		}
		if header != 0 {
			const begins = 2
			first := b[1]&begins != 0
			if first || p.Payload == nil {
				chunk, size := trim(b, wire, length)
				p.payload(chunk, size, header)
				if len(b) >= header && (b[0] == 0 || first) { // later fragments of I-DATA have a number in its place
					p.Seq = be32(b[header-4:])
				}
			}
			if first {
				return
			}
		}
		length = (length + 3) &^ 3
		if length > len(b) {
			return
		}
		b, wire = b[length:], wire-length
	}
}

// dccp decodes a DCCP header (RFC 4340, 5.1).
func dccp(p *Packet, b []byte, wire int) {
	if !ports(p, LayerOther, b, wire) {
		return
	}
	header := 12
	if len(b) > 4 {
		header = max(header, int(b[4])*4)
	}
	p.payload(b, wire, header)
}
