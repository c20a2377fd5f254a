package decode

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
)

// msdu is an MSDU of an A-MSDU, padded.
func msdu(src, dst, packet []byte) []byte {
	b := cat(dst, src, u16(len(packet)), packet)
	return append(b, make([]byte, -len(b)&3)...)
}

// amsduOf is an 802.11 frame of MSDUs.
func amsduOf(parts ...[]byte) []byte { return wifiFrame(0x88, 1, u16(0x8000), cat(parts...)) }

// numbered is an IP packet with a port that tells it from others.
func numbered(port int) []byte {
	return snapOf(typeIPv4, ip4(hostA, hostB, 17, udp(port, 53, text("abc"))))
}

// packetsOf decodes frames and tells number, length and source port of all packets.
func packetsOf(d *Decoder, link uint16, frames ...[]byte) []string {
	var out []string
	var p Packet
	take := func() { out = append(out, fmt.Sprintf("#%d %v %d: %d", p.Number, p.Kind, p.OrigLen, p.SrcPort)) }
	for i, frame := range frames {
		p.Number = uint64(i+1) + d.Stats.Aggregated
		d.Decode(link, frame, len(frame), int64(i), &p)
		for take(); d.Next(&p); {
			take()
		}
	}
	return out
}

// TestAggregated decodes A-MSDUs. The lengths of a frame's packets add up to that of the frame.
func TestAggregated(t *testing.T) {
	arp, stp := msdu(macA, macB, snapOf(0x806, make([]byte, 28))), msdu(macA, macB, []byte{0x42, 0x42, 3, 0, 0, 0})
	one, two, three := msdu(macA, macB, numbered(1)), msdu(macB, macA, numbered(2)), msdu(macA, macB, numbered(3)) // 56 bytes each
	parts := datagram(5)
	frag := func(n int) []byte { return msdu(macA, macB, snapOf(typeIPv4, parts[n])) } // 52 bytes each
	lied := slices.Clone(two)
	lied[12] = 0xff
	tests := []struct {
		name   string
		frames [][]byte
		want   []string
	}{
		{"three", [][]byte{amsduOf(one, two, three)}, []string{"#1 IP 82: 1", "#2 IP 56: 2", "#3 IP 56: 3"}},
		{"the last without padding", [][]byte{amsduOf(one, two[:53])}, []string{"#1 IP 82: 1", "#2 IP 53: 2"}},
		{"frames that follow", [][]byte{amsduOf(one, two), amsduOf(three), amsduOf(one, three), wifiFrame(8, 1, numbered(4))},
			[]string{"#1 IP 82: 1", "#2 IP 56: 2", "#3 IP 82: 3", "#4 IP 82: 1", "#5 IP 56: 3", "#6 IP 63: 4"}},
		{"others in between", [][]byte{amsduOf(arp, one, stp, two, arp)}, []string{"#1 IP 206: 1", "#2 IP 56: 2"}},
		{"others alone", [][]byte{amsduOf(arp, stp)}, []string{"#1 not IP 98: 0"}},
		{"a length that is too long", [][]byte{amsduOf(one, lied, three)}, []string{"#1 IP 82: 1", "#2 IP 112: 2"}},
		{"rests", [][]byte{amsduOf(one, two, make([]byte, 13))}, []string{"#1 IP 95: 1", "#2 IP 56: 2"}},
		{"a packet that is longer than its MSDU", [][]byte{outerUDP(9999, 37008, cat([]byte{1, 0, 0, 18, 1}, amsduOf(msdu(macA, macB, numbered(1)[:35]), two)))},
			[]string{"#1 IP 181: 9999"}},
		{"cut", [][]byte{amsduOf(one, two[:20])}, []string{"#1 IP 102: 1"}},
		{"fragments", [][]byte{amsduOf(frag(0), frag(1), frag(2))}, []string{"#1 IP 78: 1000", "#2 IP 52: 1000", "#3 IP 52: 1000"}},
		{"fragments, the last first", [][]byte{amsduOf(frag(2), one, frag(0)), amsduOf(two, frag(1))},
			[]string{"#1 held fragment 78: 0", "#2 IP 56: 1", "#3 IP 52: 1000", "#1 IP 78: 1000", "#4 IP 82: 2", "#5 IP 52: 1000"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, link := &Decoder{Tunnels: true}, uint16(105)
			if test.frames[0][12] == 8 { // the EtherType of a tunnel's frame
				link = 1
			}
			got := packetsOf(d, link, test.frames...)
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if d.Stats.Packets != uint64(len(test.frames)) || d.Stats.FragmentsLost != 0 {
				t.Errorf("counted %+v", d.Stats)
			}
		})
	}
}

// TestAggregatedPacketsAreTheirOwn compares the packets of an A-MSDU with those of frames of their own.
func TestAggregatedPacketsAreTheirOwn(t *testing.T) {
	packets := [][]byte{snapOf(typeIPv4, plain()), snapOf(typeIPv6, plain6()), snapOf(typeVLAN, tag(5, typeIPv4, plain())), numbered(7)}
	var frame []byte
	var want []Packet
	d := &Decoder{Tunnels: true}
	for i, packet := range packets {
		frame = append(frame, msdu(macA, macB, packet)...)
		p := Packet{Number: uint64(i)}
		single := eth(len(packet), packet)
		d.Decode(1, single, len(single), 7, &p)
		want = append(want, p)
	}
	for name, outer := range map[string]struct {
		link  uint16
		frame []byte
	}{
		"alone":     {105, amsduOf(frame)},
		"radiotap":  {127, radiotapOf(0, nil, amsduOf(frame))},
		"in TZSP":   {1, outerUDP(9999, 37008, cat([]byte{1, 0, 0, 18, 1}, amsduOf(frame)))},
		"in CAPWAP": {1, outerUDP(9999, 5247, capwapOf(3, 0, amsduOf(frame)))},
	} {
		t.Run(name, func(t *testing.T) {
			d := &Decoder{Tunnels: true}
			var p Packet
			d.Decode(outer.link, outer.frame, len(outer.frame), 7, &p)
			got := []Packet{p}
			for d.Next(&p) {
				got = append(got, p)
			}
			total := 0
			for i := range got {
				total += got[i].OrigLen
				if (got[i].Outermost != NoTunnel) != (outer.link == 1) {
					t.Errorf("packet %d: tunnel %v", i, got[i].Outermost)
				}
				got[i].OrigLen, got[i].Outermost, got[i].Tunnel, got[i].OuterVersion = want[i].OrigLen, 0, 0, 0
				got[i].OuterSrc, got[i].OuterDst = [16]byte{}, [16]byte{}
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got\n%+v, want\n%+v", got, want)
			}
			if total != len(outer.frame) {
				t.Errorf("%d bytes of %d", total, len(outer.frame))
			}
			if s := &d.Stats; outer.link == 1 && s.Tunnels[TunnelTZSP]+s.Tunnels[TunnelCAPWAP] != 1 || s.Packets != 1 || s.Aggregated != 3 {
				t.Errorf("counted %+v", s)
			}
		})
	}
}

// TestAggregatedIsBounded has more packets in an A-MSDU than are decoded: the first one has what the
// others leave.
func TestAggregatedIsBounded(t *testing.T) {
	var all []byte
	small := msdu(macA, macB, snapOf(typeIPv4, ip4(hostA, hostB, 1, nil)))
	for range 2 * maxMSDUs {
		all = append(all, small...)
	}
	frame := amsduOf(all)
	got := packetsOf(&Decoder{}, 105, frame)
	if want := fmt.Sprintf("#1 IP %d: 0", len(frame)-maxMSDUs*len(small)); len(got) != 1+maxMSDUs || got[0] != want {
		t.Errorf("%d packets, first %q, want %q", len(got), got[0], want)
	}
}
