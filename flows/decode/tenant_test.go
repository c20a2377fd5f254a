package decode

import "testing"

// vxlanOf, geneveOf, greOf and tagsOf carry an inner packet of a tenant.

func vxlanOf(vni int, inner []byte) []byte {
	return outerUDP(9999, 4789, cat(u32(8<<24), u32(vni<<8), eth(typeIPv4, inner)))
}

func geneveOf(vni int, inner []byte) []byte {
	return outerUDP(9999, 6081, cat([]byte{0, 0}, u16(typeIPv4), u32(vni<<8), inner))
}

func greOf(flags, protocol int, inner []byte, fields ...[]byte) []byte {
	return outerIP(47, gre(flags, protocol, cat(fields...), inner))
}

// tagsOf has tags from the outermost on.
func tagsOf(inner []byte, tags ...int) []byte {
	next, packet := typeIPv4, inner
	for i := len(tags) - 1; i >= 0; i-- {
		packet = tag(tags[i], next, packet)
		next = typeVLAN
		if i == 1 {
			next = typeQinQ
		}
	}
	return eth(next, packet)
}

// TestTenants decodes pairs of frames whose inner packets are those of one conversation, and expects
// them to be of one tenant or of two.
func TestTenants(t *testing.T) {
	there, back := plain(), ip4(hostB, hostA, 6, tcpSegment(text("abc")))
	frame := eth(typeIPv4, there)
	tests := []struct {
		name string
		a, b []byte
		same bool
	}{
		{"VXLAN", vxlanOf(1, there), vxlanOf(2, there), false},
		{"VXLAN of which only the highest bit differs", vxlanOf(1, there), vxlanOf(1|1<<23, there), false},
		{"VXLAN, both directions", vxlanOf(7, there), vxlanOf(7, back), true},
		{"VXLAN and GENEVE", vxlanOf(7, there), geneveOf(7, there), false},
		{"VXLAN-GPE is VXLAN", vxlanOf(7, there), outerUDP(1, 4790, cat([]byte{0x0c, 0, 0, 1}, u32(7<<8), there)), true},
		{"VXLAN-GPE with an identifier and without", outerUDP(1, 4790, cat([]byte{4, 0, 0, 1}, u32(7<<8), there)), vxlanOf(7, there), false},
		{"VXLAN with number 0 and no tunnel", vxlanOf(0, there), eth(typeIPv4, there), false},
		{"GENEVE", geneveOf(1, there), geneveOf(2, there), false},
		{"GENEVE, both directions", geneveOf(0xffffff, there), geneveOf(0xffffff, back), true},
		{"GRE keys", greOf(0x2000, typeIPv4, there, u32(1)), greOf(0x2000, typeIPv4, there, u32(2)), false},
		{"GRE key of 32 bits", greOf(0x2000, typeIPv4, there, u32(1)), greOf(0x2000, typeIPv4, there, u32(-0x7fffffff)), false},
		{"GRE with a key and without", greOf(0x2000, typeIPv4, there, u32(0)), greOf(0, typeIPv4, there), false},
		{"GRE checksums and sequence numbers", greOf(0xb000, typeIPv4, there, u32(1), u32(5), u32(1)), greOf(0xb000, typeIPv4, back, u32(2), u32(5), u32(2)), true},
		{"GRE key behind a checksum", greOf(0xa000, typeIPv4, there, u32(1), u32(5)), greOf(0xa000, typeIPv4, there, u32(1), u32(6)), false},
		{"NVGRE subnets", greOf(0x2000, typeEthernet, frame, u32(0x123400)), greOf(0x2000, typeEthernet, frame, u32(0x123500)), false},
		{"NVGRE flow identifiers", greOf(0x2000, typeEthernet, frame, u32(0x12345601)), greOf(0x2000, typeEthernet, frame, u32(0x12345602)), true},
		{"Linux' GRE keys with frames", greOf(0x2000, typeEthernet, frame, u32(1)), greOf(0x2000, typeEthernet, frame, u32(2)), false},
		{"GTP-U tunnel endpoints", outerUDP(2152, 2152, cat([]byte{0x30, 0xff}, u16(len(there)), u32(1), there)), outerUDP(2152, 2152, cat([]byte{0x30, 0xff}, u16(len(back)), u32(2), back)), true},
		{"PPTP call identifiers", outerIP(47, gre(0x3081, typePPP, u16(4+len(there)), u16(1), u32(1), u32(1), []byte{0xff, 3, 0, 0x21}, there)),
			outerIP(47, gre(0x3081, typePPP, u16(4+len(back)), u16(2), u32(1), u32(1), []byte{0xff, 3, 0, 0x21}, back)), true},
		{"ERSPAN keys", greOf(0x3000, typeERSPAN2, frame, u32(1), u32(1), make([]byte, 8)), greOf(0x3000, typeERSPAN2, frame, u32(2), u32(1), make([]byte, 8)), true},
		{"service tags", tagsOf(there, 100, 5), tagsOf(there, 101, 5), false},
		{"service tags, both directions", tagsOf(there, 100, 5), tagsOf(back, 100, 5), true},
		{"a service tag and none", tagsOf(there, 100, 5), tagsOf(there, 5), false},
		{"priority tag outside", tagsOf(there, 0, 5), tagsOf(there, 5), true},
		{"priority tag inside", tagsOf(there, 5, 0), tagsOf(there, 5), true},
		{"three tags", tagsOf(there, 1, 2, 5), tagsOf(there, 2, 1, 5), false},
		{"customer tags", tagsOf(there, 100, 5), tagsOf(there, 100, 6), false},
		{"VLANs in VXLAN in a VLAN", eth(typeVLAN, tag(9, typeIPv4, vxlanIn(1, 5, there))), eth(typeVLAN, tag(9, typeIPv4, vxlanIn(1, 6, there))), false},
		{"tunnels in tunnels", outerIP(47, gre(0x2000, typeIPv4, u32(1), vxlanOf(7, there)[14:])), outerIP(47, gre(0x2000, typeIPv4, u32(2), vxlanOf(7, there)[14:])), false},
		{"tunnels in tunnels, the inner one", outerIP(47, gre(0x2000, typeIPv4, u32(1), vxlanOf(7, there)[14:])), outerIP(47, gre(0x2000, typeIPv4, u32(1), vxlanOf(8, there)[14:])), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := &Decoder{Tunnels: true}
			var a, b Packet
			d.Decode(1, test.a, len(test.a), 0, &a)
			d.Decode(1, test.b, len(test.b), 0, &b)
			if a.Protocol != 6 || b.Protocol != 6 {
				t.Fatalf("not the inner packets: %+v and %+v", a, b)
			}
			if same := a.Tenant == b.Tenant && a.VLAN == b.VLAN && a.Tunnel == b.Tunnel; same != test.same {
				t.Errorf("tenants %d and %d, VLAN %d and %d, tunnel %d and %d", a.Tenant, b.Tenant, a.VLAN, b.VLAN, a.Tunnel, b.Tunnel)
			}
			for _, p := range []Packet{a, b} {
				if p.Tenant == 0 {
					continue
				}
				if vlan, tunnel := d.Tenants.Network(p.Tenant); vlan != p.VLAN || tunnel != p.Tunnel {
					t.Errorf("tenant %d has VLAN %d and tunnel %d, the packet %d and %d", p.Tenant, vlan, tunnel, p.VLAN, p.Tunnel)
				}
			}
		})
	}
}

// vxlanIn is the IPv4 packet of a VXLAN tunnel with a tagged frame.
func vxlanIn(vni, vlan int, inner []byte) []byte {
	return ip4(outerA, outerB, 17, udp(9999, 4789, cat(u32(8<<24), u32(vni<<8), eth(typeVLAN, tag(vlan, typeIPv4, inner)))))
}

// TestVLANIgnored expects frames of different VLANs to be of no tenant, and of the same packet where
// they are fragments.
func TestVLANIgnored(t *testing.T) {
	d := &Decoder{Tunnels: true, IgnoreVLAN: true}
	var p Packet
	for _, frame := range [][]byte{tagsOf(plain(), 100, 5), tagsOf(plain(), 6), tagsOf(plain(), 1, 2, 3)} {
		d.Decode(1, frame, len(frame), 0, &p)
		if p.Kind != IP || p.Tenant != 0 || p.VLAN == 0 {
			t.Errorf("got %+v", p)
		}
	}
	tenants := map[uint32]bool{}
	for _, frame := range [][]byte{vxlanOf(7, plain()), eth(typeVLAN, tag(9, typeIPv4, vxlanIn(7, 5, plain()))), eth(typeIPv4, vxlanIn(7, 6, plain()))} {
		d.Decode(1, frame, len(frame), 0, &p)
		tenants[p.Tenant] = true
	}
	if len(tenants) != 1 || tenants[0] {
		t.Errorf("tenants %v", tenants)
	}
	parts := datagram(5)
	for i, part := range [][]byte{tagsOf(parts[0], 5), tagsOf(parts[1], 6), tagsOf(parts[2], 100, 5)} {
		d.Decode(1, part, len(part), 0, &p)
		if p.Kind != IP || p.SrcPort != 1000 {
			t.Errorf("fragment %d: %+v", i, p)
		}
	}
}

// TestFragmentsHaveTheirTenant has the same datagram of two tenants in fragments, the last first.
func TestFragmentsHaveTheirTenant(t *testing.T) {
	d := &Decoder{Tunnels: true}
	var p Packet
	tenants := map[int][]uint32{}
	parts := datagram(5)
	take := func() {
		if p.Kind == IP {
			tenants[int(p.Number)] = append(tenants[int(p.Number)], p.Tenant)
			if vlan, _ := d.Tenants.Network(p.Tenant); vlan != 5 {
				t.Errorf("VLAN %d", vlan)
			}
		}
	}
	for _, n := range []int{2, 0, 1} {
		for service := 1; service <= 3; service++ {
			frame := tagsOf(parts[n], service, 5)
			p.Number = uint64(service)
			if n == 0 && service == 3 {
				continue // its first fragment never comes
			}
			d.Decode(1, frame, len(frame), 0, &p)
			for take(); d.Next(&p); {
				take()
			}
		}
	}
	for d.Flush(); d.Next(&p); {
		take()
	}
	seen := map[uint32]bool{}
	for service := 1; service <= 3; service++ {
		list := tenants[service]
		if want := 3 - service/3; len(list) != want || seen[list[0]] {
			t.Fatalf("service %d: %v of %v", service, list, tenants)
		}
		seen[list[0]] = true
		for _, n := range list {
			if n != list[0] {
				t.Errorf("service %d: %v", service, list)
			}
		}
	}
}

// TestTenantsAreBounded has more tenants than there are numbers: the rest have none, and are counted.
func TestTenantsAreBounded(t *testing.T) {
	d := &Decoder{Tunnels: true}
	frames := [][]byte{vxlanOf(1, plain()), vxlanOf(2, plain()), vxlanOf(3, plain())}
	var p Packet
	d.Decode(1, frames[0], len(frames[0]), 0, &p)
	first := p.Tenant
	d.Tenants.count = 1<<TenantBits - 2
	d.Decode(1, frames[1], len(frames[1]), 0, &p) // the segment has the last number, the network none
	if p.Tenant != 0 || p.Tunnel != 5 || d.Stats.UnnamedTenants != 1 {
		t.Errorf("got %+v, %d unnamed", p, d.Stats.UnnamedTenants)
	}
	d.Decode(1, frames[2], len(frames[2]), 0, &p)
	if p.Tenant != 0 || d.Stats.UnnamedTenants != 2 {
		t.Errorf("got %+v, %d unnamed", p, d.Stats.UnnamedTenants)
	}
	d.Decode(1, frames[0], len(frames[0]), 0, &p)
	if p.Tenant != first {
		t.Errorf("tenant %d, first %d", p.Tenant, first)
	}
}
