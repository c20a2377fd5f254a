package decode

func gre(flags, protocol int, rest ...[]byte) []byte {
	return cat(append([][]byte{u16(flags), u16(protocol)}, rest...)...)
}

func gtp(flags byte, rest ...[]byte) []byte {
	body := cat(rest...)
	return cat([]byte{flags, 0xff}, u16(len(body)), u32(1), body)
}

func capwapOf(b2, b3 byte, rest ...[]byte) []byte {
	return cat(append([][]byte{{0, 2 << 3, b2, b3, 0, 0, 0, 0}}, rest...)...)
}

func wifiVectors() []vector {
	data := snapOf(typeIPv4, plain())
	notIP := func(o Other) Packet {
		p := Packet{Kind: NotIP, Other: o}
		macs(&p)
		return p
	}
	subframe := func(packet []byte) []byte { return cat(macB, macA, u16(len(packet)), packet) }
	wds := cat([]byte{8, 3, 0, 0}, make([]byte, 12), macB, u16(0), macA)
	mesh := cat([]byte{0x88, 3, 0, 0}, make([]byte, 12), macB, u16(0), macA, u16(0x100), []byte{0, 31, 1, 0, 0, 0}, data)
	padded := wifiFrame(0x88, 1, u16(0), u16(0), data)
	return []vector{
		{"802.11", 105, wifiFrame(8, 1, data), 0, onEthernet(nil)},
		{"802.11 from the distribution system", 105, cat([]byte{8, 2, 0, 0}, macB, make([]byte, 6), macA, u16(0), data), 0, onEthernet(nil)},
		{"802.11 without one", 105, cat([]byte{8, 0, 0, 0}, macB, macA, make([]byte, 6), u16(0), data), 0, onEthernet(nil)},
		{"802.11 WDS", 105, cat(wds, data), 0, onEthernet(nil)},
		{"802.11 mesh", 105, mesh, 0, onEthernet(nil)},
		{"802.11 QoS", 105, wifiFrame(0x88, 1, u16(0), data), 0, onEthernet(nil)},
		{"802.11 QoS with HT control", 105, wifiFrame(0x88, 0x81, u16(0), u32(0), data), 0, onEthernet(nil)},
		{"802.11 A-MSDU", 105, wifiFrame(0x88, 1, u16(0x8000), subframe(data)), 0, onEthernet(nil)},
		{"802.11 A-MSDU with ARP first", 105, wifiFrame(0x88, 1, u16(0x8000), subframe(snapOf(0x806, make([]byte, 28))), make([]byte, 2), subframe(data)), 0, onEthernet(nil)},
		{"802.11 protected", 105, wifiFrame(0x88, 0x41, u16(0), data), 0, notIP(OtherWiFiProtected)},
		{"802.11 null", 105, wifiFrame(0xc8, 1, u16(0)), 0, notIP(OtherWiFiNull)},
		{"802.11 beacon", 105, wifiFrame(0x80, 0, make([]byte, 20)), 0, Packet{Kind: NotIP, Other: OtherWiFiManagement}},
		{"802.11 acknowledgement", 105, []byte{0xd4, 0, 0, 0, 2, 0, 0, 0, 0, 1}, 0, Packet{Kind: NotIP, Other: OtherWiFiControl}},
		{"radiotap", 127, radiotapOf(0, nil, wifiFrame(8, 1, data)), 0, onEthernet(nil)},
		{"radiotap with padded header", 127, radiotapOf(3, cat(make([]byte, 8), []byte{0x20}), padded), 0, onEthernet(nil)},
		{"radiotap with two presence words", 127, radiotapOf(-1<<31|2, cat(u32(0), []byte{0x20}), padded), 0, onEthernet(nil)},
		{"radiotap with two presence words and time", 127, radiotapOf(-1<<31|3, cat(make([]byte, 16), []byte{0x20}), padded), 0, onEthernet(nil)},
		{"PPI", 192, cat([]byte{0, 0, 12, 0}, le(105), u32(0), wifiFrame(8, 1, data)), 0, onEthernet(nil)},
		{"PPI with Ethernet", 192, cat([]byte{0, 0, 8, 0}, le(1), eth(typeIPv4, plain())), 0, onEthernet(nil)},
		{"Prism", 119, cat(le(0x44), le(144), make([]byte, 136), wifiFrame(8, 1, data)), 0, onEthernet(nil)},
		{"AVS", 163, cat(u32(-0x7fdeefff), u32(64), make([]byte, 56), wifiFrame(8, 1, data)), 0, onEthernet(nil)},
	}
}

func tunnelVectors() []vector {
	inner := func(kind Tunnel, number uint8) Packet { return onEthernet(through(kind, number)) }
	inner6 := func(kind Tunnel, number uint8) Packet { return onEthernet(both(asIPv6, through(kind, number))) }
	frame := eth(typeIPv4, plain())
	vxlan := func(payload []byte) []byte { return outerUDP(9999, 4789, cat(u32(8<<24), u32(7<<8), payload)) }
	teredo := ip6(teredoA, hostB6, 6, tcpSegment(text("abc")))
	teredoWant := func() Packet {
		p := inner6(TunnelTeredo, 0)
		p.Src = address(teredoA)
		return p
	}
	solicitation := ip6(linkLocal, hostB6, 58, text("\x85\x00\x00\x00\x00\x00\x00\x00"))
	bubble := ip6(teredoA, hostB6, 59, nil)
	arp := cat(u32(8<<24), u32(7<<8), eth(0x806, make([]byte, 28)))
	route := []byte{0x08, 0, 0, 4, 192, 0, 2, 9, 0, 0, 0, 0}
	swapped := wifiFrame(1, 8, snapOf(typeIPv4, plain()))
	swapped[22], swapped[23] = 5, 0x10
	return []vector{
		{"IP in IP", 1, outerIP(4, plain()), 0, inner(TunnelIPIP, 0)},
		{"IPv6 in IPv4", 1, outerIP(41, plain6()), 0, inner6(TunnelIPIP, 0)},
		{"IPv4 in IPv6", 101, ip6(hostA6, hostB6, 4, plain()), 0, result(func(p *Packet) {
			p.Outermost, p.OuterVersion, p.OuterSrc, p.OuterDst = TunnelIPIP, 6, address(hostA6), address(hostB6)
		})},
		{"IP in IP that is none", 1, outerIP(4, text("nothing")), 0, outerFlow(4, 0, 0, text("nothing"))},
		{"GRE", 1, outerIP(47, gre(0, typeIPv4, plain())), 0, inner(TunnelGRE, 7)},
		{"GRE with all fields", 1, outerIP(47, gre(0xb000, typeIPv6, make([]byte, 12), plain6())), 0, onEthernet(both(asIPv6, through(TunnelGRE, 7), ofTenant))},
		{"GRE with routing", 1, outerIP(47, gre(0x4000, typeIPv4, u32(0), route, plain())), 0, inner(TunnelGRE, 7)},
		{"GRE with Ethernet", 1, outerIP(47, gre(0, typeEthernet, frame)), 0, inner(TunnelGRE, 7)},
		{"GRE with WCCP", 1, outerIP(47, gre(0, 0x883e, u32(1), plain())), 0, inner(TunnelGRE, 7)},
		{"GRE keepalive", 1, outerIP(47, gre(0, 0)), 0, outerFlow(47, 0, 0, gre(0, 0))},
		{"GRE in UDP", 1, outerUDP(50000, 4754, gre(0, typeIPv4, plain())), 0, inner(TunnelGRE, 7)},
		{"ERSPAN I", 1, outerIP(47, gre(0, typeERSPAN2, frame)), 0, inner(TunnelERSPAN, 7)},
		{"ERSPAN II", 1, outerIP(47, gre(0x1000, typeERSPAN2, u32(1), make([]byte, 8), frame)), 0, inner(TunnelERSPAN, 7)},
		{"ERSPAN III", 1, outerIP(47, gre(0x1000, typeERSPAN3, u32(1), make([]byte, 12), frame)), 0, inner(TunnelERSPAN, 7)},
		{"ERSPAN III with platform header", 1, outerIP(47, gre(0x1000, typeERSPAN3, u32(1), make([]byte, 11), []byte{1}, make([]byte, 8), frame)), 0, inner(TunnelERSPAN, 7)},
		{"PPTP", 1, outerIP(47, gre(0x3081, typePPP, u16(4+len(plain())), u16(1), u32(1), u32(1), []byte{0xff, 3, 0, 0x21}, plain())), 0, inner(TunnelPPTP, 6)},
		{"PPTP acknowledgement", 1, outerIP(47, gre(0x2081, typePPP, u32(1), u32(1))), 0, outerFlow(47, 0, 0, gre(0x2081, typePPP, u32(1), u32(1)))},
		{"EtherIP", 1, outerIP(97, cat([]byte{0x30, 0}, frame)), 0, inner(TunnelEtherIP, 0)},
		{"MPLS in IP", 1, outerIP(137, cat(u32(16<<12|0x100), plain())), 0, inner(TunnelMPLS, 0)},
		{"MPLS in UDP", 1, outerUDP(50000, 6635, cat(u32(16<<12|0x100), plain())), 0, inner(TunnelMPLS, 0)},
		{"GTP-U", 1, outerUDP(2152, 2152, gtp(0x30, plain())), 0, inner(TunnelGTP, 1)},
		{"GTP-U with sequence number", 1, outerUDP(2152, 2152, gtp(0x32, u32(1<<16), plain6())), 0, inner6(TunnelGTP, 1)},
		{"GTP-U with extension headers", 1, outerUDP(2152, 2152, gtp(0x34, u32(0x85), []byte{1, 0, 9, 0xc0}, []byte{2, 0, 0, 0, 0, 0, 0, 0}, plain())), 0, inner(TunnelGTP, 1)},
		{"GTP-U echo", 1, outerUDP(2152, 2152, cat([]byte{0x32, 1}, u16(4), u32(0), u32(0))), 0,
			outerFlow(17, 2152, 2152, cat([]byte{0x32, 1}, u16(4), u32(0), u32(0)))},
		{"VXLAN", 1, vxlan(frame), 0, inner(TunnelVXLAN, 5)},
		{"VXLAN on the old port", 1, outerUDP(9999, 8472, cat(u32(8<<24), u32(7<<8), frame)), 0, inner(TunnelVXLAN, 5)},
		{"VXLAN with VLANs", 1, eth(typeVLAN, tag(5, typeIPv4, ip4(outerA, outerB, 17,
			udp(9999, 4789, cat(u32(8<<24), u32(7<<8), eth(typeVLAN, tag(6, typeIPv4, plain()))))))), 0,
			onEthernet(both(through(TunnelVXLAN, 5), func(p *Packet) { p.VLAN = 5 }))},
		{"VXLAN with ARP", 1, outerUDP(9999, 4789, arp), 0, outerFlow(17, 9999, 4789, arp)},
		{"VXLAN in VXLAN", 1, vxlan(vxlan(frame)), 0, inner(TunnelVXLAN, 5)},
		{"VXLAN-GPE", 1, outerUDP(9999, 4790, cat([]byte{0x0c, 0, 0, 2}, u32(0), plain6())), 0, inner6(TunnelVXLAN, 5)},
		{"GENEVE", 1, outerUDP(9999, 6081, cat([]byte{1, 0}, u16(typeEthernet), u32(0), u32(0), frame)), 0, inner(TunnelGENEVE, 0)},
		{"GENEVE with IP", 1, outerUDP(9999, 6081, cat([]byte{0, 0}, u16(typeIPv6), u32(0), plain6())), 0, inner6(TunnelGENEVE, 0)},
		{"CAPWAP with 802.3", 1, outerUDP(5247, 9999, capwapOf(0, 0, frame)), 0, inner(TunnelCAPWAP, 2)},
		{"CAPWAP with 802.11", 1, outerUDP(9999, 5247, capwapOf(3, 0, wifiFrame(8, 1, snapOf(typeIPv4, plain())))), 0, inner(TunnelCAPWAP, 2)},
		{"CAPWAP with swapped 802.11", 1, outerUDP(9999, 5247, capwapOf(3, 0, swapped)), 0, inner(TunnelCAPWAP, 2)},
		{"CAPWAP keep-alive", 1, outerUDP(9999, 5247, capwapOf(0, 8, text("0123456789"))), 0, outerFlow(17, 9999, 5247, capwapOf(0, 8, text("0123456789")))},
		{"Teredo", 1, outerUDP(9999, 3544, teredo), 0, teredoWant()},
		{"Teredo with indications", 1, outerUDP(3544, 9999, cat([]byte{0, 1, 0, 0}, make([]byte, 9), make([]byte, 8), teredo)), 0, teredoWant()},
		{"Teredo router discovery", 1, outerUDP(9999, 3544, solicitation), 0, outerFlow(17, 9999, 3544, solicitation)},
		{"Teredo bubble", 1, outerUDP(9999, 3544, bubble), 0, outerFlow(17, 9999, 3544, bubble)},
		{"L2TP", 1, outerUDP(1701, 1701, cat([]byte{0, 2}, u32(1), []byte{0xff, 3, 0, 0x21}, plain())), 0, inner(TunnelL2TP, 4)},
		{"L2TP with all fields", 1, outerUDP(1701, 1701, cat([]byte{0x4a, 2}, u16(18+len(plain())), u32(1), u32(0), u16(2), u16(0), u16(0x57-0x36), plain())), 0, inner(TunnelL2TP, 4)},
		{"TZSP", 1, outerUDP(9999, 37008, cat([]byte{1, 0, 0, 1, 0, 10, 1, 0xc4, 1}, frame)), 0, inner(TunnelTZSP, 3)},
		{"TZSP with 802.11", 1, outerUDP(9999, 37008, cat([]byte{1, 0, 0, 18, 1}, wifiFrame(8, 1, snapOf(typeIPv4, plain())))), 0, inner(TunnelTZSP, 3)},
		{"6in4 in GRE in PPPoE", 1, eth(typePPPoE, cat([]byte{0x11, 0, 0, 1}, u16(0), u16(0x21),
			ip4(outerA, outerB, 47, gre(0, typeIPv4, ip4(hostB, hostA, 41, plain6()))))), 0, inner6(TunnelGRE, 7)},
	}
}
