package decode

// dataChunk is an SCTP DATA chunk with its header.
func dataChunk(payload []byte) []byte {
	return cat([]byte{0, 3}, u16(16+len(payload)), u32(1), u16(0), u16(0), u32(0), payload)
}

// chunk is a DATA chunk with its flags, 2 for the beginning of a message and 1 for its end, and an identifier.
func chunk(flags byte, identifier int, payload []byte) []byte {
	return cat([]byte{0, flags}, u16(16+len(payload)), u32(1), u16(0), u16(0), u32(identifier), payload)
}

func sctpPacket(chunks ...[]byte) []byte {
	return cat(append([][]byte{u16(2905), u16(2906), u32(1), u32(0)}, chunks...)...)
}

func networkVectors() []vector {
	damaged := func(l Layer, change func(*Packet)) Packet {
		p := Packet{Kind: Damaged, Layer: l}
		if change != nil {
			change(&p)
		}
		return p
	}
	addressed := func(p *Packet) { p.Version, p.Src, p.Dst = 4, address(hostA), address(hostB) }
	raw := func(protocol byte, payload []byte) []byte { return ip4(hostA, hostB, protocol, payload) }
	raw6 := func(next byte, payload []byte) []byte { return ip6(hostA6, hostB6, next, payload) }
	options := plain()
	options = cat([]byte{0x47}, options[1:20], []byte{1, 1, 1, 1, 1, 1, 1, 0}, options[20:])
	options[3] += 8
	tso := plain()
	tso[2], tso[3] = 0, 0
	jumbo := cat([]byte{0x60, 0, 0, 0, 0, 0, 0, 64}, hostA6, hostB6, []byte{6, 0, 0xc2, 4}, u32(70000+28), tcpSegment(make([]byte, 80)))
	big := cat([]byte{0x60, 0, 0, 0, 0, 0, 6, 64}, hostA6, hostB6, tcpSegment(text("abc")))
	short := plain()
	short[3] = 19
	long := plain()
	long[3] += 9
	offset := plain()
	offset[32] = 0x40
	malformed := func(p *Packet) { p.Malformed = true }
	return []vector{
		{"IPv4 options", 101, options, 0, result(nil)},
		{"IPv4 length 0", 101, tso, 0, result(nil)},
		{"IPv4 longer than the frame", 101, long, 0, result(malformed)},
		{"IPv4 cut by snap length", 101, plain()[:42], len(plain()), result(func(p *Packet) { p.Payload = text("ab") })},
		{"IPv4 header cut", 101, plain()[:19], len(plain()), damaged(LayerIPv4, func(p *Packet) { p.Cut = true })},
		{"IPv4 length below its header", 101, short, 0, damaged(LayerIPv4, nil)},
		{"IPv4 header of 16 bytes", 101, cat([]byte{0x44}, plain()[1:]), 0, damaged(LayerIPv4, nil)},
		{"IPv4 of version 5", 228, cat([]byte{0x55}, plain()[1:]), 0, damaged(LayerIPv4, nil)},
		{"IPv6 of version 5", 229, cat([]byte{0x50}, plain6()[1:]), 0, damaged(LayerIPv6, nil)},
		{"TCP offset of 16 bytes", 101, offset, 0, result(func(p *Packet) {
			malformed(p)
			p.Payload, p.PayloadLen = nil, 0
		})},
		{"TCP ports only", 101, plain()[:24], len(plain()), result(func(p *Packet) {
			ordinary(6, 12345, 443, nil)(p)
			p.PayloadLen = 3
		})},
		{"TCP without ports", 101, raw(6, []byte{1, 2}), 0, damaged(LayerTCP, func(p *Packet) {
			addressed(p)
			p.Protocol = 6
		})},
		{"UDP", 101, raw(17, udp(1000, 53, text("hello"))), 0, result(ordinary(17, 1000, 53, text("hello")))},
		{"UDP length 0", 101, raw(17, cat(u16(1000), u16(53), u16(0), u16(0), text("hello"))), 0, result(ordinary(17, 1000, 53, text("hello")))},
		{"UDP length below 8", 101, raw(17, cat(u16(1000), u16(53), u16(7), u16(0), text("hello"))), 0, result(both(ordinary(17, 1000, 53, []byte{}), malformed))},
		{"UDP shorter than IP says", 101, raw(17, cat(u16(1000), u16(53), u16(10), u16(0), text("hello"))), 0, result(ordinary(17, 1000, 53, text("he")))},
		{"ICMP", 101, raw(1, text("\x08\x00abcdefgh")), 0, result(ordinary(1, 0, 0, text("\x08\x00abcdefgh")))},
		{"IGMP", 101, raw(2, text("12345678")), 0, result(ordinary(2, 0, 0, text("12345678")))},
		{"ESP", 101, raw(50, text("12345678")), 0, result(ordinary(50, 0, 0, text("12345678")))},
		{"SCTP", 101, raw(132, sctpPacket(dataChunk(text("user")))), 0, result(ordinary(132, 2905, 2906, text("user")))},
		{"SCTP with SACK before DATA", 101, raw(132, sctpPacket([]byte{3, 0, 0, 5, 1, 0, 0, 0}, dataChunk(text("user")), dataChunk(text("more")))), 0,
			result(ordinary(132, 2905, 2906, text("user")))},
		{"SCTP with an identifier", 101, raw(132, sctpPacket(chunk(3, 60, text("user")))), 0, result(func(p *Packet) {
			ordinary(132, 2905, 2906, text("user"))(p)
			p.Seq = 60
		})},
		{"SCTP with the end of a message before the beginning of another", 101, raw(132, sctpPacket(chunk(1, 46, text("tail")), chunk(2, 18, text("next")))), 0,
			result(func(p *Packet) {
				ordinary(132, 2905, 2906, text("next"))(p)
				p.Seq = 18
			})},
		{"SCTP with the middle of a message alone", 101, raw(132, sctpPacket(chunk(0, 46, text("midd")))), 0, result(func(p *Packet) {
			ordinary(132, 2905, 2906, text("midd"))(p)
			p.Seq = 46
		})},
		{"SCTP INIT", 101, raw(132, sctpPacket(cat([]byte{1, 0}, u16(20), make([]byte, 16)))), 0, result(ordinary(132, 2905, 2906, nil))},
		{"SCTP chunk without length", 101, raw(132, sctpPacket([]byte{1, 0, 0, 0})), 0, result(both(ordinary(132, 2905, 2906, nil), malformed))},
		{"UDP-Lite", 101, raw(136, udp(1000, 53, text("hello"))), 0, result(ordinary(136, 1000, 53, text("hello")))},
		{"DCCP", 101, raw(33, cat(u16(1000), u16(53), []byte{4, 0, 0, 0}, make([]byte, 8), text("hello"))), 0, result(ordinary(33, 1000, 53, text("hello")))},
		{"IPv6 UDP", 101, raw6(17, udp(1000, 53, text("hello"))), 0, result(both(asIPv6, ordinary(17, 1000, 53, text("hello"))))},
		{"ICMPv6", 101, raw6(58, text("\x80\x00abcdefgh")), 0, result(both(asIPv6, ordinary(58, 0, 0, text("\x80\x00abcdefgh"))))},
		{"IPv6 extension headers", 101, raw6(0, cat([]byte{60, 0, 1, 4, 0, 0, 0, 0}, []byte{43, 0, 1, 4, 0, 0, 0, 0},
			[]byte{51, 0, 0, 0, 0, 0, 0, 0}, []byte{6, 4, 0, 0}, make([]byte, 20), tcpSegment(text("abc")))), 0, result(asIPv6)},
		{"IPv6 atomic fragment", 101, raw6(44, cat([]byte{6, 0, 0, 0}, u32(9), tcpSegment(text("abc")))), 0, result(asIPv6)},
		{"IPv6 no next header", 101, raw6(59, text("x")), 0, result(both(asIPv6, ordinary(59, 0, 0, text("x"))))},
		{"IPv6 extension beyond the packet", 101, raw6(0, []byte{6, 9, 1, 4, 0, 0, 0, 0}), 0, damaged(LayerIPv6, asIPv6)},
		{"IPv6 jumbogram", 101, jumbo, 40 + 70028, result(func(p *Packet) {
			asIPv6(p)
			p.Payload, p.PayloadLen = make([]byte, 80), 70000
		})},
		{"IPv6 length 0", 101, big, 0, result(asIPv6)},
	}
}
