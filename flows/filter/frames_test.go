package filter

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"

	"servmap/flows/decode"
)

func u16(v int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(v)) }

var (
	macA   = []byte{2, 0, 0, 0, 0, 0xa}
	macB   = []byte{2, 0, 0, 0, 0, 0xb}
	macAll = []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
)

func ether(dst []byte, etherType int, payload []byte) []byte {
	return slices.Concat(dst, macA, u16(etherType), payload)
}

// ip builds an IP packet of the version that the addresses have.
func ip(src, dst string, proto byte, payload []byte) []byte {
	return fragment(src, dst, proto, 0, payload)
}

// fragment is ip with IPv4's flags and offset.
func fragment(src, dst string, proto byte, flags int, payload []byte) []byte {
	a, b := netip.MustParseAddr(src), netip.MustParseAddr(dst)
	if a.Is6() {
		return slices.Concat([]byte{0x60, 0, 0, 0}, u16(len(payload)), []byte{proto, 64}, a.AsSlice(), b.AsSlice(), payload)
	}
	return slices.Concat([]byte{0x45, 0}, u16(20+len(payload)), u16(77), u16(flags), []byte{64, proto, 0, 0}, a.AsSlice(), b.AsSlice(), payload)
}

func ports(src, dst int, rest ...byte) []byte { return slices.Concat(u16(src), u16(dst), rest) }

func tcp(src, dst int) []byte {
	return ports(src, dst, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 1, 0, 0, 0, 0, 0)
}

func udp(src, dst int, payload ...byte) []byte {
	return slices.Concat(ports(src, dst), u16(8+len(payload)), u16(0), payload)
}

func sctp(src, dst int) []byte { return ports(src, dst, 0, 0, 0, 1, 0, 0, 0, 0) }

func dccp(src, dst int) []byte { return ports(src, dst, 3, 0, 0, 0, 0x40, 0, 0, 1) }

// frame is an Ethernet frame with a name for the tables.
type frame struct {
	name string
	data []byte
}

func frames() []frame {
	web := ip("10.0.0.1", "10.1.2.3", 6, tcp(40000, 80))
	return []frame{
		{"web", ether(macB, 0x0800, web)},
		{"back", ether(macB, 0x0800, ip("10.1.2.3", "10.0.0.1", 6, tcp(80, 40000)))},
		{"dns", ether(macB, 0x0800, ip("10.0.0.1", "192.0.2.53", 17, udp(40001, 53)))},
		{"ntp6", ether(macB, 0x86dd, ip("2001:db8::1", "2001:db8::2", 17, udp(123, 123)))},
		{"tls6", ether(macB, 0x86dd, ip("2001:db8::1", "2001:db8:1::2", 6, tcp(50000, 443)))},
		{"sctp", ether(macB, 0x0800, ip("10.0.0.1", "10.9.9.9", 132, sctp(2905, 2906)))},
		{"dccp", ether(macB, 0x0800, ip("10.0.0.1", "10.9.9.9", 33, dccp(80, 53)))},
		{"ping", ether(macB, 0x0800, ip("10.0.0.1", "192.0.2.1", 1, make([]byte, 8)))},
		{"ping6", ether(macB, 0x86dd, ip("2001:db8::1", "ff02::1", 58, make([]byte, 8)))},
		{"igmp", ether([]byte{1, 0, 0x5e, 0, 0, 1}, 0x0800, ip("10.0.0.1", "224.0.0.1", 2, make([]byte, 8)))},
		{"esp", ether(macB, 0x0800, ip("10.0.0.1", "192.0.2.1", 50, make([]byte, 16)))},
		{"ah", ether(macB, 0x0800, ip("10.0.0.1", "192.0.2.1", 51, make([]byte, 16)))},
		{"arp", ether(macAll, 0x0806, slices.Concat([]byte{0, 1, 8, 0, 6, 4, 0, 1}, macA, []byte{10, 0, 0, 1}, make([]byte, 6), []byte{10, 1, 2, 3}))},
		{"rarp", ether(macAll, 0x8035, make([]byte, 28))},
		{"lldp", ether([]byte{1, 0x80, 0xc2, 0, 0, 0xe}, 0x88cc, make([]byte, 40))},
		{"dhcp", ether(macAll, 0x0800, ip("0.0.0.0", "255.255.255.255", 17, udp(68, 67, make([]byte, 1000)...)))},
		{"vlan10", ether(macB, 0x8100, slices.Concat(u16(10), u16(0x0800), web))},
		{"qinq", ether(macB, 0x88a8, slices.Concat(u16(20), u16(0x8100), u16(30), u16(0x0800), web))},
		{"prio", ether(macB, 0x8100, slices.Concat(u16(0xe000), u16(0x0800), web))},
		{"arp10", ether(macAll, 0x8100, slices.Concat(u16(10), u16(0x0806), make([]byte, 28)))},
		{"gre", ether(macB, 0x0800, ip("203.0.113.1", "203.0.113.2", 47, slices.Concat(u16(0), u16(0x0800), web)))},
		{"vxlan", ether(macB, 0x0800, ip("203.0.113.1", "203.0.113.2", 17,
			udp(50001, 4789, slices.Concat([]byte{8, 0, 0, 0, 0, 0, 1, 0}, ether(macB, 0x0800, web))...)))},
		{"6in4", ether(macB, 0x0800, ip("203.0.113.1", "203.0.113.2", 41, ip("2001:db8::1", "2001:db8::2", 17, udp(123, 123))))},
		{"first", ether(macB, 0x0800, fragment("10.0.0.1", "10.0.0.2", 17, 0x2000, udp(1000, 2000, make([]byte, 16)...)))},
		{"later", ether(macB, 0x0800, fragment("10.0.0.1", "10.0.0.2", 17, 3, make([]byte, 16)))},
		{"orphan", ether(macB, 0x0800, fragment("10.0.0.3", "10.0.0.2", 17, 3, make([]byte, 16)))},
		{"options6", ether(macB, 0x86dd, ip("2001:db8::1", "2001:db8::2", 60, slices.Concat([]byte{6, 0, 1, 4, 0, 0, 0, 0}, tcp(50000, 443))))},
		{"cuttcp", ether(macB, 0x0800, ip("10.0.0.1", "10.1.2.3", 6, []byte{0x9c, 0x40}))},
		{"cutip", ether(macB, 0x0800, web[:12])},
	}
}

// decoded decodes the frames with tunnels looked into, and gives the packets in
// the order of the frames.
func decoded(t testing.TB) []decode.Packet {
	t.Helper()
	all := frames()
	out := make([]decode.Packet, len(all))
	d := decode.Decoder{Tunnels: true}
	var p decode.Packet
	keep := func() { out[p.Number] = p }
	for i, f := range all {
		p.Number = uint64(i)
		d.Decode(1, f.data, len(f.data), int64(i), &p)
		if p.Kind != decode.Held {
			keep()
		}
		for d.Next(&p) {
			keep()
		}
	}
	d.Flush()
	for d.Next(&p) {
		keep()
	}
	return out
}
