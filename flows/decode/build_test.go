package decode

import (
	"encoding/binary"
	"slices"
)

// Frames are put together from the inside out, by hand, so that the tests do not
// depend on another program's reading of the specifications.

func cat(parts ...[]byte) []byte { return slices.Concat(parts...) }

func u16(v int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(v)) }

func u32(v int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(v)) }

func text(s string) []byte { return []byte(s) }

var (
	macA      = []byte{2, 0, 0, 0, 0, 1}
	macB      = []byte{2, 0, 0, 0, 0, 2}
	macAll    = []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	hostA     = []byte{192, 0, 2, 1}
	hostB     = []byte{198, 51, 100, 1}
	outerA    = []byte{203, 0, 113, 1}
	outerB    = []byte{203, 0, 113, 2}
	hostA6    = []byte{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}
	hostB6    = []byte{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}
	teredoA   = []byte{0x20, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	linkLocal = []byte{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}
)

func eth(etherType int, payload []byte) []byte { return cat(macB, macA, u16(etherType), payload) }

// tag is a VLAN tag as it stands in front of the EtherType it carries.
func tag(id, next int, payload []byte) []byte { return cat(u16(id), u16(next), payload) }

// llc8023 is an 802.3 frame: a length, then LLC.
func llc8023(payload []byte) []byte { return eth(len(payload), payload) }

func snapOf(etherType int, payload []byte) []byte {
	return cat([]byte{0xaa, 0xaa, 3, 0, 0, 0}, u16(etherType), payload)
}

func ip4(src, dst []byte, protocol byte, payload []byte) []byte {
	return ip4frag(src, dst, protocol, 7, 0x4000, payload)
}

// ip4frag is an IPv4 packet with identification, flags and offset.
func ip4frag(src, dst []byte, protocol byte, id, flags int, payload []byte) []byte {
	return cat([]byte{0x45, 0}, u16(20+len(payload)), u16(id), u16(flags), []byte{64, protocol, 0, 0}, src, dst, payload)
}

func ip6(src, dst []byte, next byte, payload []byte) []byte {
	return cat([]byte{0x60, 0, 0, 0}, u16(len(payload)), []byte{next, 64}, src, dst, payload)
}

func udp(src, dst int, payload []byte) []byte {
	return cat(u16(src), u16(dst), u16(8+len(payload)), u16(0), payload)
}

func tcpSegment(payload []byte) []byte {
	return cat(u16(12345), u16(443), u32(0x01020304), u32(0x05060708), []byte{0x50, 0x18, 4, 0, 0, 0, 0, 0}, payload)
}

// plain is the IPv4 packet that most vectors carry, plain6 the IPv6 one.
func plain() []byte { return ip4(hostA, hostB, 6, tcpSegment(text("abc"))) }

func plain6() []byte { return ip6(hostA6, hostB6, 6, tcpSegment(text("abc"))) }

// outerUDP is a UDP datagram of the outer endpoints.
func outerUDP(src, dst int, payload []byte) []byte {
	return eth(typeIPv4, ip4(outerA, outerB, 17, udp(src, dst, payload)))
}

func outerIP(protocol byte, payload []byte) []byte {
	return eth(typeIPv4, ip4(outerA, outerB, protocol, payload))
}

// wifiFrame is an 802.11 data frame to the distribution system.
func wifiFrame(control, flags byte, rest ...[]byte) []byte {
	head := cat([]byte{control, flags, 0, 0}, []byte{2, 0, 0, 0, 0, 9}, macA, macB, u16(0))
	return cat(append([][]byte{head}, rest...)...)
}

func radiotapOf(present int, fields, frame []byte) []byte {
	head := []byte{0, 0, byte(8 + len(fields)), 0}
	return cat(head, binary.LittleEndian.AppendUint32(nil, uint32(present)), fields, frame)
}

func address(b []byte) (a [16]byte) {
	copy(a[:], b)
	return a
}

// result is what plain decodes to when it is all of the frame, as changed.
func result(change func(*Packet)) Packet {
	p := Packet{
		Kind: IP, Version: 4, Src: address(hostA), Dst: address(hostB), SrcPort: 12345, DstPort: 443, Protocol: 6,
		HasTCP: true, TCPFlags: 0x18, Seq: 0x01020304, Ack: 0x05060708, PayloadLen: 3, Payload: text("abc"),
	}
	if change != nil {
		change(&p)
	}
	return p
}

func onEthernet(change func(*Packet)) Packet {
	return result(func(p *Packet) {
		p.HasMAC, p.SrcMAC, p.DstMAC = true, [6]byte(macA), [6]byte(macB)
		if change != nil {
			change(p)
		}
	})
}

func asIPv6(p *Packet) { p.Version, p.Src, p.Dst = 6, address(hostA6), address(hostB6) }

// ofTenant makes the result that of a tenant, whatever its number.
func ofTenant(p *Packet) { p.Tenant = 1 }

// through makes the result that of a tunnel between the outer endpoints.
func through(kind Tunnel, number uint8) func(*Packet) {
	return func(p *Packet) {
		p.Outermost, p.Tunnel = kind, number
		if kind == TunnelVXLAN || kind == TunnelGENEVE {
			ofTenant(p)
		}
		p.OuterVersion, p.OuterSrc, p.OuterDst = 4, address(outerA), address(outerB)
	}
}

// ordinary makes the result that of the given protocol without TCP's fields.
func ordinary(protocol uint8, srcPort, dstPort uint16, payload []byte) func(*Packet) {
	return func(p *Packet) {
		p.Protocol, p.SrcPort, p.DstPort = protocol, srcPort, dstPort
		p.HasTCP, p.TCPFlags, p.Seq, p.Ack = false, 0, 0, 0
		p.Payload, p.PayloadLen = payload, len(payload)
	}
}

func outerFlow(protocol uint8, srcPort, dstPort uint16, payload []byte) Packet {
	return onEthernet(func(p *Packet) {
		ordinary(protocol, srcPort, dstPort, payload)(p)
		p.Src, p.Dst = address(outerA), address(outerB)
	})
}
