package decode

import (
	"encoding/binary"
	"slices"
)

// vector is a frame and what it is to be decoded to.
type vector struct {
	name  string
	link  uint16
	frame []byte
	wire  int // 0 for all of it
	want  Packet
}

func macs(p *Packet) {
	p.HasMAC, p.SrcMAC, p.DstMAC = true, [6]byte(macA), [6]byte(macB)
}

func both(changes ...func(*Packet)) func(*Packet) {
	return func(p *Packet) {
		for _, change := range changes {
			change(p)
		}
	}
}

func vectors() []vector {
	return slices.Concat(linkVectors(), networkVectors(), wifiVectors(), tunnelVectors(), shimVectors(), mirrorVectors(), oddLinkVectors(), lowRateVectors())
}

func le(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }

func linkVectors() []vector {
	notIP := func(o Other, etherType uint16) Packet {
		return Packet{Kind: NotIP, Other: o, EtherType: etherType}
	}
	notIPOnEthernet := func(o Other, etherType uint16) Packet {
		p := notIP(o, etherType)
		macs(&p)
		return p
	}
	ppp := func(rest ...[]byte) []byte { return cat(append([][]byte{{0xff, 3}}, rest...)...) }
	sll := func(kind, hardware, protocol int, payload []byte) []byte {
		return cat(u16(kind), u16(hardware), u16(6), macA, u16(0), u16(protocol), payload)
	}
	vlan := func(id uint16) func(*Packet) { return func(p *Packet) { p.VLAN = id } }
	return []vector{
		{"Ethernet with padding", 1, cat(eth(typeIPv4, plain()), make([]byte, 3)), 0, onEthernet(nil)},
		{"Ethernet IPv6", 1, eth(typeIPv6, plain6()), 0, onEthernet(asIPv6)},
		{"Ethernet broadcast", 1, cat(macAll, macA, u16(typeIPv4), plain()), 0, onEthernet(func(p *Packet) {
			p.DstMAC, p.Broadcast = [6]byte(macAll), true
		})},
		{"802.1Q", 1, eth(typeVLAN, tag(0xa005, typeIPv4, plain())), 0, onEthernet(vlan(5))},
		{"Q-in-Q", 1, eth(typeQinQ, tag(5, typeVLAN, tag(6, typeIPv4, plain()))), 0, onEthernet(both(vlan(6), ofTenant))},
		{"three tags", 1, eth(typeQinQOld, tag(5, typeQinQ, tag(6, typeVLAN, tag(7, typeIPv6, plain6())))), 0, onEthernet(both(asIPv6, vlan(7), ofTenant))},
		{"priority tag", 1, eth(typeVLAN, tag(0xe000, typeIPv4, plain())), 0, onEthernet(nil)},
		{"VLAN with LLC inside", 1, eth(typeVLAN, tag(5, 8+len(plain()), snapOf(typeIPv4, plain()))), 0, onEthernet(vlan(5))},
		{"SNAP", 1, llc8023(snapOf(typeIPv4, plain())), 0, onEthernet(nil)},
		{"LLC with IP", 1, llc8023(cat([]byte{6, 6, 3}, plain())), 0, onEthernet(nil)},
		{"MPLS", 1, eth(typeMPLS, cat(u32(16<<12|64), u32(17<<12|0x100|64), plain())), 0, onEthernet(nil)},
		{"MPLS IPv6", 1, eth(typeMPLSMulti, cat(u32(16<<12|0x100), plain6())), 0, onEthernet(asIPv6)},
		{"MPLS pseudowire with control word", 1, eth(typeMPLS, cat(u32(16<<12|0x100), u32(9), eth(typeIPv4, plain()))), 0, onEthernet(nil)},
		{"MPLS pseudowire without", 1, eth(typeMPLS, cat(u32(16<<12|0x100), eth(typeIPv4, plain()))), 0, onEthernet(nil)},
		{"PPPoE", 1, eth(typePPPoE, cat([]byte{0x11, 0, 0, 1}, u16(2+len(plain())), u16(0x21), plain(), text("pad"))), 0, onEthernet(nil)},
		{"PPPoE over Q-in-Q", 1, eth(typeQinQ, tag(5, typeVLAN, tag(6, typePPPoE,
			cat([]byte{0x11, 0, 0, 1}, u16(2+len(plain6())), u16(0x57), plain6())))), 0, onEthernet(both(asIPv6, vlan(6), ofTenant))},
		{"PBB", 1, eth(typeQinQ, tag(5, typePBB, cat(u32(7), eth(typeIPv4, plain())))), 0, onEthernet(vlan(5))},
		{"MACsec with integrity only", 1, eth(typeMACsec, cat([]byte{0x20, 0}, u32(1), make([]byte, 8), u16(typeIPv4), plain(), make([]byte, 16))), 0, onEthernet(nil)},
		{"MACsec encrypted", 1, eth(typeMACsec, cat([]byte{0x2c, 0}, u32(1), make([]byte, 40))), 0, notIPOnEthernet(OtherMACsec, 0)},
		{"NSH", 1, eth(typeNSH, cat([]byte{0, 0x46, 1, 1}, u32(0), make([]byte, 16), plain())), 0, onEthernet(nil)},
		{"ISL", 1, cat([]byte{1, 0, 0xc, 0, 0, 0}, macA, u16(90), []byte{0xaa, 0xaa, 3}, make([]byte, 9), eth(typeIPv4, plain())), 0, onEthernet(nil)},
		{"ARP", 1, eth(0x0806, make([]byte, 28)), 0, withPayload(notIPOnEthernet(OtherARP, 0x0806), make([]byte, 28))},
		{"LLDP", 1, eth(0x88cc, make([]byte, 28)), 0, notIPOnEthernet(OtherLLDP, 0x88cc)},
		{"unknown EtherType", 1, eth(0x1234, make([]byte, 28)), 0, notIPOnEthernet(OtherEtherType, 0x1234)},
		{"STP", 1, llc8023(cat([]byte{0x42, 0x42, 3}, make([]byte, 35))), 0, notIPOnEthernet(OtherSTP, 0)},
		{"CDP", 1, llc8023([]byte{0xaa, 0xaa, 3, 0, 0, 0xc, 0x20, 0}), 0, notIPOnEthernet(OtherCDP, 0)},
		{"Novell", 1, llc8023(cat([]byte{0xff, 0xff}, make([]byte, 28))), 0, notIPOnEthernet(OtherIPX, 0)},
		{"IS-IS", 1, llc8023([]byte{0xfe, 0xfe, 3, 0x83, 0}), 0, notIPOnEthernet(OtherOSI, 0)},
		{"PPPoE discovery", 1, eth(0x8863, make([]byte, 20)), 0, notIPOnEthernet(OtherPPPoE, 0x8863)},
		{"raw IPv4", 101, plain(), 0, result(nil)},
		{"raw IPv6", 12, plain6(), 0, result(asIPv6)},
		{"raw of OpenBSD", 14, plain(), 0, result(nil)},
		{"LINKTYPE_IPV4", 228, plain(), 0, result(nil)},
		{"LINKTYPE_IPV6", 229, plain6(), 0, result(asIPv6)},
		{"NULL little-endian", 0, cat(le(2), plain()), 0, result(nil)},
		{"NULL big-endian", 0, cat(u32(2), plain()), 0, result(nil)},
		{"NULL IPv6 of Linux", 0, cat(le(10), plain6()), 0, result(asIPv6)},
		{"NULL IPv6 of Windows", 0, cat(le(23), plain6()), 0, result(asIPv6)},
		{"NULL IPv6 of NetBSD", 0, cat(u32(24), plain6()), 0, result(asIPv6)},
		{"NULL IPv6 of FreeBSD", 0, cat(le(28), plain6()), 0, result(asIPv6)},
		{"NULL IPv6 of Darwin", 0, cat(le(30), plain6()), 0, result(asIPv6)},
		{"NULL other family", 0, cat(le(16), plain()), 0, notIP(OtherFamily, 0)},
		{"LOOP", 108, cat(u32(24), plain6()), 0, result(asIPv6)},
		{"SLL", 113, sll(0, 1, typeIPv4, plain()), 0, result(nil)},
		{"SLL broadcast", 113, sll(1, 1, typeIPv4, plain()), 0, result(func(p *Packet) { p.Broadcast = true })},
		{"SLL with VLAN", 113, sll(0, 1, typeVLAN, tag(9, typeIPv4, plain())), 0, result(vlan(9))},
		{"SLL with LLC", 113, sll(0, 1, 4, []byte{0x42, 0x42, 3, 0}), 0, notIP(OtherSTP, 0)},
		{"SLL netlink", 113, sll(0, 824, 0, make([]byte, 20)), 0, notIP(OtherFamily, 0)},
		{"SLL2", 276, cat(u16(typeIPv6), u16(0), u32(3), u16(1), []byte{4, 6}, macA, u16(0), plain6()), 0, result(asIPv6)},
		{"PPP", 9, ppp(u16(0x21), plain()), 0, result(nil)},
		{"PPP without address", 9, cat(u16(0x57), plain6()), 0, result(asIPv6)},
		{"PPP with one byte of protocol", 9, cat([]byte{0x21}, plain()), 0, result(nil)},
		{"PPP with MPLS", 9, ppp(u16(0x281), u32(16<<12|0x100), plain()), 0, result(nil)},
		{"PPP bridged", 9, ppp(u16(0x31), []byte{0, 1}, eth(typeIPv4, plain())), 0, onEthernet(nil)},
		{"PPP LCP", 9, ppp(u16(0xc021), make([]byte, 8)), 0, notIP(OtherPPP, 0xc021)},
		{"PPP compressed", 9, ppp(u16(0x2d), make([]byte, 8)), 0, notIP(OtherCompressed, 0)},
		{"PPP serial with HDLC", 50, cat([]byte{0x0f, 0}, u16(typeIPv4), plain()), 0, result(nil)},
		{"PPP_ETHER", 51, cat([]byte{0x11, 0, 0, 1}, u16(2+len(plain())), u16(0x21), plain()), 0, result(nil)},
		{"PPP of pppd", 166, cat([]byte{1, 3}, u16(0x21), plain()), 0, result(nil)},
		{"PPP with direction", 204, cat([]byte{1}, ppp(u16(0x21), plain())), 0, result(nil)},
		{"C-HDLC", 104, cat([]byte{0x8f, 0}, u16(typeIPv6), plain6()), 0, result(asIPv6)},
		{"C-HDLC SLARP", 104, cat([]byte{0x8f, 0}, u16(0x8035), make([]byte, 14)), 0, notIP(OtherSLARP, 0)},
		{"Frame Relay", 107, cat([]byte{0x18, 0x41, 3, 0xcc}, plain()), 0, result(nil)},
		{"Frame Relay of Cisco", 107, cat([]byte{0x18, 0x41}, u16(typeIPv4), plain()), 0, result(nil)},
		{"MPLS as link type", 219, cat(u32(16<<12|0x100), plain()), 0, result(nil)},
		{"FDDI", 10, cat([]byte{0x50}, macB, macA, snapOf(typeIPv4, plain())), 0, result(nil)},
		{"Token Ring with source route", 6, cat([]byte{0x10, 0x40}, macB, []byte{0x82, 0, 0, 0, 0, 1, 4, 0, 0, 1}, snapOf(typeIPv4, plain())), 0, result(nil)},
		{"SLIP", 8, cat(make([]byte, 16), plain()), 0, result(nil)},
		{"IP over Fibre Channel", 122, cat(make([]byte, 16), snapOf(typeIPv4, plain())), 0, result(nil)},
		{"IP over FireWire", 138, cat(make([]byte, 16), u16(typeIPv6), plain6()), 0, result(asIPv6)},
		{"SunATM LLC", 123, cat(u32(2<<24), snapOf(typeIPv4, plain())), 0, result(nil)},
		{"SunATM LAN emulation", 123, cat(u32(1<<24), u16(1), eth(typeIPv4, plain())), 0, onEthernet(nil)},
		{"PFLOG", 117, cat([]byte{61, 2}, make([]byte, 62), plain()), 0, result(nil)},
		{"OpenBSD encapsulation", 109, cat(le(24), make([]byte, 8), plain6()), 0, result(asIPv6)},
		{"Ethernet with preamble", 274, cat(make([]byte, 8), eth(typeIPv4, plain())), 0, onEthernet(nil)},
		{"RFC 1483", 100, snapOf(typeIPv4, plain()), 0, result(nil)},
		{"ARCnet", 129, cat([]byte{1, 2, 0, 0, 0xd4, 0, 0, 7}, plain()), 0, result(nil)},
		{"DSA tag", 284, cat(macB, macA, u32(1), u16(typeIPv4), plain()), 0, onEthernet(nil)},
		{"EDSA tag", 285, cat(macB, macA, u16(0xdada), u16(0), u32(1), u16(typeIPv4), plain()), 0, onEthernet(nil)},
		{"PKTAP", 258, cat(le(16), le(1), le(12), le(0), plain()), 0, result(nil)},
		{"NFLOG", 239, cat([]byte{2, 0, 0, 0}, []byte{8, 0, 1, 0, 8, 0, 3, 0}, []byte{5, 0, 10, 0, 0, 0, 0, 0},
			[]byte{byte(4 + len(plain())), 0, 9, 0}, plain()), 0, result(nil)},
		{"NFLOG big-endian", 239, cat([]byte{2, 0, 0, 0}, []byte{0, 8, 0, 1, 8, 0, 3, 0},
			[]byte{0, byte(4 + len(plain())), 0, 9}, plain()), 0, result(nil)},
		{"USB", 189, make([]byte, 20), 0, Packet{Kind: Unsupported}},
		{"nothing captured", 1, nil, 60, Packet{Kind: Damaged, Layer: LayerLink, Cut: true}},
	}
}
