package decode

import (
	"net/netip"
	"reflect"
	"testing"
)

func TestStats(t *testing.T) {
	d := &Decoder{Tunnels: true}
	var p Packet
	frames := []vector{
		{link: 1, frame: eth(typeIPv4, plain())},
		{link: 1, frame: eth(typeVLAN, tag(5, typeIPv6, plain6()))},
		{link: 1, frame: eth(0x0806, make([]byte, 28))},
		{link: 1, frame: eth(0x1234, make([]byte, 28))},
		{link: 1, frame: eth(0x1234, make([]byte, 28))},
		{link: 189, frame: make([]byte, 28)},
		{link: 101, frame: plain()[:10]},
		{link: 101, frame: plain()[:10], wire: 60},
		{link: 1, frame: outerIP(4, plain())},
		{link: 1, frame: eth(typeIPv4, ip4(outerB, outerA, 4, plain6()))},
		{link: 1, frame: eth(typeIPv4, ip4(outerB, outerA, 41, plain6()))},
		{link: 1, frame: outerUDP(9999, 4789, cat(u32(8<<24), u32(0), eth(typeMPLS, cat(u32(1<<12|0x100), plain()))))},
		{link: 101, frame: cat([]byte{0x45, 0, 0, 99}, plain()[4:])},
	}
	for _, v := range frames {
		d.Decode(v.link, v.frame, max(v.wire, len(v.frame)), 0, &p)
	}
	a, b := netip.MustParseAddr("203.0.113.1"), netip.MustParseAddr("203.0.113.2")
	endpoints := []TunnelCount{{TunnelIPIP, a, b, 2}, {TunnelVXLAN, a, b, 1}}
	if got := d.Stats.Endpoints(); !reflect.DeepEqual(got, endpoints) {
		t.Errorf("endpoints %v, want %v", got, endpoints)
	}
	got := d.Stats
	got.endpoints = nil
	want := Stats{Packets: 13, IPv4: 5, IPv6: 2, EtherTypes: map[uint16]uint64{0x1234: 2}, Links: map[uint16]uint64{189: 1}, Malformed: 1}
	want.Kinds[IP], want.Kinds[NotIP], want.Kinds[Unsupported], want.Kinds[Damaged] = 7, 3, 1, 2
	want.Others[OtherARP], want.Others[OtherEtherType] = 1, 2
	want.Damaged[LayerIPv4], want.Cut[LayerIPv4] = 1, 1
	want.Tunnels[TunnelIPIP], want.Tunnels[TunnelVXLAN] = 2, 1
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v, want\n%+v", got, want)
	}
}

func TestStatsAreBounded(t *testing.T) {
	d := &Decoder{Tunnels: true}
	var p Packet
	for i := range 2 * maxEndpoints {
		frame := eth(typeIPv4, ip4([]byte{10, 0, byte(i >> 8), byte(i)}, outerB, 4, plain()))
		d.Decode(1, frame, len(frame), 0, &p)
		frame = eth(0x2345+i, nil)
		d.Decode(1, frame, len(frame), 0, &p)
		d.Decode(uint16(1000+i), frame, len(frame), 0, &p)
	}
	s := &d.Stats
	if n := len(s.Endpoints()); n != maxEndpoints || s.UnnamedEndpoints != maxEndpoints {
		t.Errorf("%d endpoints kept, %d packets of others", n, s.UnnamedEndpoints)
	}
	if len(s.EtherTypes) != maxTypes || s.UnnamedTypes != s.Others[OtherEtherType]-maxTypes {
		t.Errorf("%d types kept, %d frames of others", len(s.EtherTypes), s.UnnamedTypes)
	}
	if len(s.Links) != maxTypes || s.UnnamedLinks != 2*maxEndpoints-maxTypes {
		t.Errorf("%d link types kept, %d frames of others", len(s.Links), s.UnnamedLinks)
	}
}

func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for i := range others {
		seen[i.String()] = true
	}
	for i := NoTunnel + 1; i < tunnels; i++ {
		seen[i.String()] = true
	}
	for i := range kinds {
		seen[i.String()] = true
	}
	for i := range numLayers {
		seen[i.String()] = true
	}
	if seen["?"] || seen[""] {
		t.Errorf("something has no name: %v", seen)
	}
	if want := Tunnel(7).Number(); want != 7 || TunnelERSPAN.Number() != 7 || TunnelIPIP.Number() != 0 {
		t.Error("numbers of tunnels")
	}
}
