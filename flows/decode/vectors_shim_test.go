package decode

import "encoding/binary"

// sum4 puts the checksum into an IPv4 packet without options.
func sum4(packet []byte) []byte {
	packet = cat(packet)
	sum := uint32(0)
	for i := 0; i < 20; i += 2 {
		sum += uint32(binary.BigEndian.Uint16(packet[i:]))
	}
	binary.BigEndian.PutUint16(packet[10:], ^uint16(sum>>16+sum&0xffff))
	return packet
}

// shimVectors have tags and headers between Ethernet and IP that switches put
// there.
func shimVectors() []vector {
	behind := func(etherType int, tag ...[]byte) []byte {
		return eth(etherType, cat(cat(tag...), u16(typeIPv4), plain()))
	}
	outer := func(etherType int, rest ...[]byte) []byte {
		return cat(macAll, macAll, u16(etherType), cat(rest...))
	}
	frame := eth(typeIPv4, plain())
	vlan := onEthernet(func(p *Packet) { p.VLAN = 9 })
	return []vector{
		{"VN-Tag", 1, behind(typeVNTag, u32(0x80010002)), 0, onEthernet(nil)},
		{"VN-Tag and VLAN", 1, eth(typeVNTag, cat(u32(0x80010002), u16(typeVLAN), tag(9, typeIPv4, plain()))), 0, vlan},
		{"E-Tag", 1, behind(typeETag, u32(1), u16(0)), 0, onEthernet(nil)},
		{"HSR", 1, behind(typeHSR, u16(0x0040), u16(1)), 0, onEthernet(nil)},
		{"HSR of IPv6", 1, eth(typeHSR, cat(u32(0x00400001), u16(typeIPv6), plain6())), 0, onEthernet(asIPv6)},
		{"PRP", 1, eth(typeIPv4, cat(plain(), u16(1), u16(0xa000), u16(0x88fb))), 0, onEthernet(nil)},
		{"timestamp tag", 1, behind(typeTTag, u32(12345), u16(7)), 0, onEthernet(nil)},
		{"FabricPath", 1, outer(typeFabric, u16(0x0041), frame), 0, onEthernet(nil)},
		{"TRILL", 1, outer(typeTRILL, u16(0x0001), u16(1), u16(2), frame), 0, onEthernet(nil)},
		{"TRILL with options", 1, outer(typeTRILL, u16(2<<6|1), u16(1), u16(2), make([]byte, 8), frame), 0, onEthernet(nil)},
		{"VN-Tag cut", 1, eth(typeVNTag, u16(0)), 0, onlyMACs(Packet{Kind: Damaged})},
		{"TRILL cut", 1, eth(typeTRILL, u32(0)), 0, onlyMACs(Packet{Kind: Damaged})},
		{"authentication header in IPv4", 1, outerIP(protoAH, cat([]byte{6, 4, 0, 0}, u32(1), u32(1), make([]byte, 12), tcpSegment(text("abc")))), 0, fromOuter(nil)},
		{"authentication header of a tunnel", 1, outerIP(protoAH, cat([]byte{4, 1, 0, 0}, u32(1), u32(1), plain())), 0, onEthernet(through(TunnelIPIP, 0))},
		{"authentication header cut", 1, outerIP(protoAH, make([]byte, 8)), 0, fromOuter(ordinary(protoAH, 0, 0, make([]byte, 8)))},
	}
}

func onlyMACs(p Packet) Packet {
	macs(&p)
	return p
}

// fromOuter makes the result that of the outer endpoints without a tunnel.
func fromOuter(change func(*Packet)) Packet {
	return onEthernet(func(p *Packet) {
		p.Src, p.Dst = address(outerA), address(outerB)
		if change != nil {
			change(p)
		}
	})
}

// mirrorVectors have reserved bits set, and inner packets that whoever mirrored
// them cut.
func mirrorVectors() []vector {
	frame := eth(typeIPv4, plain())
	long := udp(40000, 53, make([]byte, 1000))
	cutPacket := sum4(ip4(hostA, hostB, 17, long))[:100]
	cutFrame := eth(typeIPv4, cutPacket)
	cutFrame6 := eth(typeIPv6, ip6(hostA6, hostB6, 17, long)[:100])
	cut := func(kind Tunnel, number uint8, payload int) Packet {
		return onEthernet(both(through(kind, number), ordinary(17, 40000, 53, make([]byte, payload)), func(p *Packet) { p.PayloadLen = 1000 }))
	}
	cut6 := func(kind Tunnel, number uint8) Packet {
		p := cut(kind, number, 52)
		asIPv6(&p)
		return p
	}
	unsummed := eth(typeIPv4, ip4(hostA, hostB, 17, long)[:100])
	vxlan := func(flags, low int, payload []byte) []byte { return cat(u32(flags<<24), u32(7<<8|low), payload) }
	inside := outerUDP(9999, 4789, vxlan(8, 0, unsummed))
	return []vector{
		{"VXLAN with reserved bits", 1, outerUDP(9999, 4789, vxlan(0xff, 0xff, frame)), 0, onEthernet(through(TunnelVXLAN, 5))},
		{"VXLAN without identifier", 1, outerUDP(9999, 4789, vxlan(0xf7, 0, frame)), 0, fromOuter(ordinary(17, 9999, 4789, vxlan(0xf7, 0, frame)))},
		{"GENEVE with reserved bits", 1, outerUDP(9999, 6081, cat([]byte{0, 0x3f}, u16(typeEthernet), u32(0x7ff), frame)), 0, onEthernet(through(TunnelGENEVE, 0))},
		{"EtherIP with reserved bits", 1, outerIP(97, cat(u16(0x3fff), frame)), 0, onEthernet(through(TunnelEtherIP, 0))},
		{"L2TP with reserved bits", 1, outerUDP(1701, 1701, cat(u16(0x34f2), u16(1), u16(2), u16(0xff03), u16(0x21), plain())), 0, onEthernet(through(TunnelL2TP, 4))},
		{"VXLAN, cut inside", 1, outerUDP(9999, 4789, vxlan(8, 0, cutFrame)), 0, cut(TunnelVXLAN, 5, 72)},
		{"VXLAN, IPv6 cut inside", 1, outerUDP(9999, 4789, vxlan(8, 0, cutFrame6)), 0, cut6(TunnelVXLAN, 5)},
		{"VXLAN, cut inside with a wrong checksum", 1, inside, 0, fromOuter(ordinary(17, 9999, 4789, vxlan(8, 0, unsummed)))},
		{"ERSPAN, cut inside", 1, outerIP(47, gre(0x1000, typeERSPAN2, u32(9), u32(0x10070401), u32(5), cutFrame)), 0, cut(TunnelERSPAN, 7, 72)},
		{"GTP, cut inside", 1, outerUDP(2152, 2152, gtp(0x30, cutPacket)), 0, cut(TunnelGTP, 1, 72)},
	}
}

// oddLinkVectors have link headers that few programs write.
func oddLinkVectors() []vector {
	frame := eth(typeIPv4, plain())
	sound := sum4(plain())
	family := Packet{Kind: NotIP, Other: OtherFamily}
	juniper := func(flags byte, rest ...[]byte) []byte {
		return cat(append([][]byte{text("MGC"), {flags}}, rest...)...)
	}
	return []vector{
		{"NULL with a header of HDLC", 0, cat(u32(0x0f000800), sound), 0, result(nil)},
		{"NULL with any header", 0, cat(u32(0x12345678), sound), 0, result(nil)},
		{"NULL with no header", 0, sound, 0, result(nil)},
		{"NULL with any header and no sound packet", 0, cat(u32(0x12345678), plain()), 0, family},
		{"NULL with any header and IPv6", 108, cat(u32(0x7fffffff), plain6()), 0, result(asIPv6)},
		{"Juniper", 178, juniper(0, frame), 0, onEthernet(nil)},
		{"Juniper with extensions", 178, juniper(0x80, u16(6), make([]byte, 6), frame), 0, onEthernet(nil)},
		{"Juniper without link layer", 178, juniper(2, u32(2), plain()), 0, result(nil)},
		{"not Juniper", 178, cat(text("XYZ"), make([]byte, 40)), 0, Packet{Kind: Damaged}},
		{"IPNET", 226, cat(make([]byte, 24), plain()), 0, result(nil)},
		{"InfiniBand", 242, cat(u16(typeIPv4), u16(0), plain()), 0, result(nil)},
		{"InfiniBand with an address", 242, cat(make([]byte, 20), u16(typeIPv6), u16(0), plain6()), 0, result(asIPv6)},
		{"InfiniBand with a routing header", 242, cat(make([]byte, 40), u16(typeIPv4), u16(0), plain()), 0, result(nil)},
		{"InfiniBand with ARP", 242, cat(u16(typeARP), u16(0), make([]byte, 60)), 0, withPayload(Packet{Kind: NotIP, Other: OtherARP, EtherType: typeARP}, make([]byte, 60))},
	}
}

// lowRateVectors are frames of IEEE 802.15.4 with IPv6 in them.
func lowRateVectors() []vector {
	le16 := func(v int) []byte { return binary.LittleEndian.AppendUint16(nil, uint16(v)) }
	reversed := func(b ...byte) []byte {
		out := cat(b)
		for i := range out {
			out[i] = b[len(b)-1-i]
		}
		return out
	}
	long := reversed(0x02, 0, 0, 0, 0, 0, 0, 1)
	// data, PAN in common, both addresses extended or short
	extended := func(rest ...[]byte) []byte {
		return cat(le16(0xcc41), []byte{7}, le16(0xabcd), reversed(0x02, 0, 0, 0, 0, 0, 0, 2), long, cat(rest...))
	}
	short := func(rest ...[]byte) []byte {
		return cat(le16(0x8841), []byte{7}, le16(0xabcd), le16(2), le16(1), cat(rest...))
	}
	local := func(tail ...byte) []byte { return cat([]byte{0xfe, 0x80}, make([]byte, 14-len(tail)), tail) }
	want := func(src, dst []byte, srcPort, dstPort uint16) Packet {
		return Packet{Kind: IP, Version: 6, Src: address(src), Dst: address(dst), Protocol: 17, SrcPort: srcPort, DstPort: dstPort,
			PayloadLen: 3, Payload: text("abc")}
	}
	notIP := Packet{Kind: NotIP, Other: OtherLowRate}
	datagram := udp(5683, 5683, text("abc"))
	return []vector{
		{"6LoWPAN, IPv6 as it is", 230, extended([]byte{0x41}, plain6()), 0, result(asIPv6)},
		{"6LoWPAN, addresses of the frame", 230, extended([]byte{0x7a, 0x33, 17}, datagram), 0, want(local(0, 0, 0, 0, 0, 0, 0, 1), local(0, 0, 0, 0, 0, 0, 0, 2), 5683, 5683)},
		{"6LoWPAN, short addresses of the frame", 230, short([]byte{0x7e, 0x33, 0xf0}, u16(5683), u16(61616), u16(0), text("abc")), 0,
			want(local(0, 0, 0, 0xff, 0xfe, 0, 0, 1), local(0, 0, 0, 0xff, 0xfe, 0, 0, 2), 5683, 61616)},
		{"6LoWPAN, ports of four bits", 230, short([]byte{0x7e, 0x33, 0xf7, 0x12}, text("abc")), 0,
			want(local(0, 0, 0, 0xff, 0xfe, 0, 0, 1), local(0, 0, 0, 0xff, 0xfe, 0, 0, 2), 0xf0b1, 0xf0b2)},
		{"6LoWPAN, whole addresses and all fields", 230, short([]byte{0x60, 0x00}, u32(1), []byte{17, 64}, hostA6, hostB6, datagram), 0, want(hostA6, hostB6, 5683, 5683)},
		{"6LoWPAN, a group", 230, short([]byte{0x7a, 0x3b, 17, 0xfb}, datagram), 0,
			want(local(0, 0, 0, 0xff, 0xfe, 0, 0, 1), cat([]byte{0xff, 2}, make([]byte, 13), []byte{0xfb}), 5683, 5683)},
		{"6LoWPAN behind a mesh header", 230, short([]byte{0xb5}, u16(1), u16(2), []byte{0x7a, 0x11, 17}, make([]byte, 7), []byte{1}, make([]byte, 7), []byte{2}, datagram), 0,
			want(local(1), local(2), 5683, 5683)},
		{"6LoWPAN, first fragment", 230, short(u32(0xc0180001), []byte{0x7a, 0x33, 17}, datagram), 0,
			want(local(0, 0, 0, 0xff, 0xfe, 0, 0, 1), local(0, 0, 0, 0xff, 0xfe, 0, 0, 2), 5683, 5683)},
		{"6LoWPAN, hop-by-hop options", 230, short([]byte{0x7e, 0x33, 0xe0, 17, 2, 0, 0}, datagram), 0,
			want(local(0, 0, 0, 0xff, 0xfe, 0, 0, 1), local(0, 0, 0, 0xff, 0xfe, 0, 0, 2), 5683, 5683)},
		{"6LoWPAN, a context", 230, short([]byte{0x7a, 0x77, 17}, datagram), 0, notIP},
		{"802.15.4 beacon", 230, cat(le16(0x8000), []byte{7}, le16(1), le16(1), make([]byte, 4)), 0, notIP},
		{"802.15.4 encrypted", 230, cat(le16(0x8849), []byte{7}, le16(0xabcd), le16(2), le16(1), make([]byte, 20)), 0, notIP},
		{"802.15.4 with check sequence", 195, cat(short([]byte{0x7e, 0x33, 0xf7, 0x12}, text("abc")), u16(0)), 0,
			want(local(0, 0, 0, 0xff, 0xfe, 0, 0, 1), local(0, 0, 0, 0xff, 0xfe, 0, 0, 2), 0xf0b1, 0xf0b2)},
		{"802.15.4 TAP", 283, cat(le16(0), le16(12), le16(0), le16(1), []byte{1, 0, 0, 0}, short([]byte{0x7e, 0x33, 0xf7, 0x12}, text("abc")), u16(0)), 0,
			want(local(0, 0, 0, 0xff, 0xfe, 0, 0, 1), local(0, 0, 0, 0xff, 0xfe, 0, 0, 2), 0xf0b1, 0xf0b2)},
		{"802.15.4 cut", 230, short([]byte{0x7e}), 0, Packet{Kind: Damaged}},
	}
}
