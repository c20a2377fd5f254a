package flows

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"servmap/flows/decode"
	"servmap/pcapio"
)

// inVXLAN puts a raw IP packet into a frame with VLAN tags, and that into a VXLAN segment where vni
// is not negative.
func inVXLAN(t testing.TB, packet []byte, vni int, vlans ...uint16) []byte {
	etherType := uint16(0x0800)
	if packet[0]>>4 == 6 {
		etherType = 0x86dd
	}
	head := []byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1}
	for _, id := range vlans {
		head = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(head, 0x8100), id)
	}
	frame := append(binary.BigEndian.AppendUint16(head, etherType), packet...)
	if vni < 0 {
		return frame
	}
	body := binary.BigEndian.AppendUint32([]byte{8, 0, 0, 0}, uint32(vni)<<8)
	return inVXLAN(t, packetOf(t, "203.0.113.1:9999>203.0.113.2:4789", "u", 0, string(body)+string(frame)), -1)
}

// TestTenantsAreTold has conversations of the same addresses and ports in several tenants' networks,
// with one worker and with more.
func TestTenantsAreTold(t *testing.T) {
	type network struct {
		vni   int
		vlans []uint16
	}
	networks := []network{{-1, nil}, {1, nil}, {1 << 23, nil}, {1<<23 | 1, nil}, {-1, []uint16{5}}, {-1, []uint16{100, 5}}, {-1, []uint16{101, 5}}, {7, []uint16{5}}}
	for _, version := range []int{4, 6} {
		src := &memory{}
		for round, ends := range []string{there, back, there} {
			for _, n := range networks {
				packet := packetOf(t, ends, "u", 0, "x")
				if version == 6 {
					packet = packetOf6(packet, false)
				}
				data := inVXLAN(t, packet, n.vni, n.vlans...)
				src.packets = append(src.packets, pcapio.Packet{Time: int64(round+1) * 1e9, Data: data, OrigLen: len(data), Link: pcapio.LinkEthernet})
			}
		}
		want := []string{"#1 2/1 vlan 0 tunnel 0", "#2 2/1 vlan 0 tunnel 5", "#3 2/1 vlan 0 tunnel 5", "#4 2/1 vlan 0 tunnel 5",
			"#5 2/1 vlan 5 tunnel 0", "#6 2/1 vlan 5 tunnel 0", "#7 2/1 vlan 5 tunnel 0", "#8 2/1 vlan 5 tunnel 5"}
		for _, workers := range []int{1, 3} {
			opt := defaults()
			opt.Workers, opt.Tunnels = workers, true
			if got := networksOf(t, src.again(), opt); !slices.Equal(got, want) {
				t.Errorf("IPv%d, %d workers: got\n  %s\nwant\n  %s", version, workers, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
			}
		}
	}
}

// TestVLANIsIgnored has one conversation in several VLANs, one direction with tags and the other
// without, and two VXLAN segments in them.
func TestVLANIsIgnored(t *testing.T) {
	src := &memory{}
	for i, frame := range [][]byte{
		inVXLAN(t, packetOf(t, there, "u", 0, "x"), -1, 5), inVXLAN(t, packetOf(t, back, "u", 0, "x"), -1),
		inVXLAN(t, packetOf(t, there, "u", 0, "x"), -1, 100, 6), inVXLAN(t, packetOf(t, there, "u", 0, "x"), 1, 5),
		inVXLAN(t, packetOf(t, back, "u", 0, "x"), 1, 6), inVXLAN(t, packetOf(t, there, "u", 0, "x"), 2, 5),
	} {
		src.packets = append(src.packets, pcapio.Packet{Time: int64(i+1) * 1e9, Data: frame, OrigLen: len(frame), Link: pcapio.LinkEthernet})
	}
	opt := defaults()
	opt.Tunnels, opt.IgnoreVLAN = true, true
	var tagged int
	opt.Filter = func(p *decode.Packet) bool {
		if p.VLAN != 0 {
			tagged++
		}
		return true
	}
	want := []string{"#1 2/1 vlan 0 tunnel 0", "#4 1/1 vlan 0 tunnel 5", "#6 1/0 vlan 0 tunnel 5"}
	if got := networksOf(t, src, opt); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if tagged != 5 {
		t.Errorf("the filter saw %d tags", tagged)
	}
}

// networksOf returns a line for each flow that tells its network.
func networksOf(t testing.TB, src *memory, opt Options) []string {
	t.Helper()
	var out []string
	_, err := Run(context.Background(), src, testEngine(t), opt, func(f *Flow) error {
		out = append(out, fmt.Sprintf("#%d %d/%d vlan %d tunnel %d", f.Number, f.Src2Dst.Packets, f.Dst2Src.Packets, f.VLAN, f.Tunnel))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
