package decode

import (
	"bytes"
	"fmt"
	"reflect"
	"testing"
)

// decodeOne decodes a frame with a new decoder.
func decodeOne(v vector, tunnels bool) (Packet, *Decoder) {
	d := &Decoder{Tunnels: tunnels}
	var p Packet
	d.Decode(v.link, v.frame, max(v.wire, len(v.frame)), 5, &p)
	return p, d
}

func TestDecode(t *testing.T) {
	for _, v := range vectors() {
		t.Run(v.name, func(t *testing.T) {
			got, _ := decodeOne(v, true)
			compare(t, got, v.want, max(v.wire, len(v.frame)))
		})
	}
}

// withPayload returns the packet with a payload that is there in full.
func withPayload(p Packet, payload []byte) Packet {
	p.Payload, p.PayloadLen = payload, len(payload)
	return p
}

// compare compares all of two results; want has no time and length yet.
func compare(t *testing.T, got, want Packet, wire int) {
	t.Helper()
	want.Time, want.OrigLen = 5, wire
	if !bytes.Equal(got.Payload, want.Payload) {
		t.Errorf("payload %q, want %q", got.Payload, want.Payload)
	}
	got.Payload, want.Payload = nil, nil
	if got.Tenant != 0 { // which number does not matter here
		got.Tenant = 1
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v, want\n%+v", got, want)
	}
}

func TestTunnelsNotLookedInto(t *testing.T) {
	for _, v := range tunnelVectors() {
		t.Run(v.name, func(t *testing.T) {
			p, d := decodeOne(v, false)
			if p.Kind != IP || p.Outermost != NoTunnel || p.Tunnel != 0 || d.Stats.Tunnels != [tunnels]uint64{} || p.Protocol == 6 {
				t.Errorf("got %+v", p)
			}
		})
	}
}

func TestNestedTunnelsAreBounded(t *testing.T) {
	packet := plain()
	for range 40 {
		packet = ip4(outerA, outerB, 4, packet)
	}
	p, d := decodeOne(vector{link: 101, frame: packet}, true)
	if p.Kind != IP || p.Protocol != 4 || d.Stats.Tunnels[TunnelIPIP] != maxTunnels {
		t.Errorf("got %+v, tunnels %v", p, d.Stats.Tunnels)
	}
}

func TestLayersAreBounded(t *testing.T) {
	frame := eth(typeIPv4, plain())
	for range 1000 {
		frame = eth(typePBB, cat(u32(0), frame))
	}
	p, _ := decodeOne(vector{link: 1, frame: frame}, true)
	if p.Kind != Damaged || p.Layer != LayerLink || p.Cut {
		t.Errorf("got %+v", p)
	}
}

// check fails where a result breaks what Packet promises.
func check(t testing.TB, data []byte, wire int, p *Packet) {
	t.Helper()
	if p.PayloadLen < len(p.Payload) || p.Kind == IP && !p.Fragment && p.PayloadLen > mostPayload(p, max(wire, len(data))) {
		t.Fatalf("payload of %d bytes, on the wire %d, frame %d", len(p.Payload), p.PayloadLen, wire)
	}
	if len(p.Payload) > 0 && !within(data, p.Payload) {
		t.Fatal("payload is not part of the frame")
	}
	if p.Kind == IP && p.Version != 4 && p.Version != 6 {
		t.Fatalf("version %d", p.Version)
	}
	if p.Version == 4 && ([12]byte)(p.Src[4:]) != [12]byte{} {
		t.Fatalf("IPv4 address with more than four bytes: %x", p.Src)
	}
	if p.Kind >= kinds || p.Layer >= numLayers || p.Other >= others || p.Outermost >= tunnels {
		t.Fatalf("number out of range: %+v", p)
	}
}

// mostPayload is how long the payload of a frame can have been: inside a tunnel
// whoever mirrored the packet may have cut it.
func mostPayload(p *Packet, frame int) int {
	if p.Outermost == NoTunnel {
		return frame
	}
	return 1 << 16
}

// within reports whether part shares its memory with whole.
func within(whole, part []byte) bool {
	at := cap(whole) - cap(part)
	return at >= 0 && at+len(part) <= len(whole) && &whole[at] == &part[0]
}

func TestEveryPrefix(t *testing.T) {
	for _, v := range vectors() {
		for n := range len(v.frame) + 1 {
			// as a snap length and as a damaged frame
			for _, wire := range []int{len(v.frame), n} {
				cut := vector{link: v.link, frame: v.frame[:n:n], wire: wire}
				p, d := decodeOne(cut, true)
				check(t, cut.frame, wire, &p)
				sum := d.Stats.Kinds[Unsupported] + d.Stats.Kinds[IP] + d.Stats.Kinds[NotIP] + d.Stats.Kinds[Damaged] + d.Stats.Kinds[Held]
				if sum != 1 || d.Stats.Packets != 1 {
					t.Fatalf("%s, %d bytes: counted %v", v.name, n, d.Stats.Kinds)
				}
			}
		}
	}
}

// TestEveryByte changes every byte of every frame to a few values.
func TestEveryByte(t *testing.T) {
	for _, v := range vectors() {
		frame := bytes.Clone(v.frame)
		for i := range frame {
			old := frame[i]
			for _, to := range []byte{0, 1, 0x7f, 0x80, 0xff, old ^ 0x10, old + 1} {
				frame[i] = to
				p, _ := decodeOne(vector{link: v.link, frame: frame}, true)
				check(t, frame, len(frame), &p)
			}
			frame[i] = old
		}
	}
}

func TestNoAllocations(t *testing.T) {
	d := &Decoder{Tunnels: true}
	p := new(Packet)
	all := vectors()
	decodeAll := func() {
		for i := range all {
			d.Decode(all[i].link, all[i].frame, len(all[i].frame), 5, p)
		}
	}
	decodeAll() // the statistics learn the names they count
	if n := testing.AllocsPerRun(10, decodeAll); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, v := range vectors() {
		switch v.name {
		case "Ethernet with padding", "Ethernet IPv6", "Q-in-Q", "UDP", "VXLAN", "radiotap", "ARP":
		default:
			continue
		}
		b.Run(v.name, func(b *testing.B) {
			d := &Decoder{Tunnels: true}
			p := new(Packet)
			b.SetBytes(int64(len(v.frame)))
			b.ReportAllocs()
			for b.Loop() {
				d.Decode(v.link, v.frame, len(v.frame), 5, p)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	seeds := vectors()
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, v := range seeds {
		f.Add(v.link, v.frame, uint16(max(v.wire, len(v.frame))))
	}
	for _, v := range fragmentVectors() {
		f.Add(uint16(101), v, uint16(len(v)))
	}
	for _, v := range [][]byte{
		amsduOf(msdu(macA, macB, numbered(1)), msdu(macB, macA, numbered(2))),
		amsduOf(msdu(macA, macB, snapOf(typeIPv4, datagram(5)[1])), msdu(macA, macB, snapOf(typeIPv4, datagram(5)[0]))),
	} {
		f.Add(uint16(105), v, uint16(len(v)))
	}
	f.Fuzz(func(t *testing.T, link uint16, data []byte, wire uint16) {
		d := &Decoder{Tunnels: true}
		var first, second, released Packet
		d.Decode(link, data, int(wire), 5, &first)
		check(t, data, int(wire), &first)
		sum := 0
		if first.Kind == IP {
			sum = first.OrigLen
		}
		for d.Next(&released) {
			if !released.Fragment { // the payload of one that was held is a copy
				check(t, data, int(wire), &released)
			}
			sum += released.OrigLen
		}
		if sum > max(int(wire), len(data)) {
			t.Fatalf("packets of %d bytes in a frame of %d", sum, max(int(wire), len(data)))
		}
		again := &Decoder{Tunnels: true}
		again.Decode(link, data, int(wire), 5, &second)
		if fmt.Sprint(first) != fmt.Sprint(second) {
			t.Fatalf("first %+v, then %+v", first, second)
		}
		outer := &Decoder{}
		outer.Decode(link, data, int(wire), 5, &second)
		check(t, data, int(wire), &second)
		if (first.Kind == IP) != (second.Kind == IP) && first.Kind != Held && second.Kind != Held {
			t.Fatalf("%v with tunnels, %v without", first.Kind, second.Kind)
		}
	})
}
