package flows

import (
	"context"
	"slices"
	"testing"

	"servmap/flows/decode"
	"servmap/flows/filter"
	"servmap/pcapio"
)

// TestFiltered checks that every packet is judged once: what the filter leaves
// out is counted, whether it would have made a flow or not, and makes none.
func TestFiltered(t *testing.T) {
	ether := func(etherType uint16, data []byte) []byte {
		return slices.Concat([]byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, byte(etherType >> 8), byte(etherType)}, data)
	}
	part := func(flags byte, offset byte) []byte {
		ip := packetOf(t, "10.0.0.1:1000>10.0.0.2:53", "u", 0, "12345678")
		ip[6], ip[7] = flags, offset
		return ip
	}
	frames := [][]byte{
		ether(0x0800, packetOf(t, there, "S", 1, "")),
		ether(0x0800, packetOf(t, back, "SA", 1, "")),
		ether(0x0806, make([]byte, 28)),
		ether(0x88cc, make([]byte, 28)),
		ether(0x0800, []byte{0x45, 0, 0, 20}), // cut
		ether(0x0800, part(0, 2)),             // a later fragment, before its first
		ether(0x0800, part(0x20, 0)),
		ether(0x0800, packetOf(t, "10.0.0.3:5>10.0.0.4:53", "u", 0, "")),
	}
	for _, tc := range []struct {
		expr            string
		filtered, flows uint64
	}{
		{"", 0, 3},
		{"tcp", 6, 1},
		{"not tcp", 2, 2},
		{"port 53", 5, 2},
		{"port 1000", 6, 1},
		{"arp", 7, 0},
		{"not arp", 1, 3},
		{"ip", 2, 3},
		{"greater 1000", 8, 0},
	} {
		t.Run(tc.expr, func(t *testing.T) {
			f, err := filter.Parse(tc.expr)
			if err != nil {
				t.Fatal(err)
			}
			src := &memory{}
			for i, data := range frames {
				src.packets = append(src.packets, pcapio.Packet{Time: int64(i), Data: data, OrigLen: len(data), Link: pcapio.LinkEthernet})
			}
			opt, seen := defaults(), map[uint64]int{}
			opt.Filter = func(p *decode.Packet) bool {
				seen[p.Number]++
				return f.Match(p)
			}
			st, err := Run(context.Background(), src, testEngine(t), opt, func(*Flow) error { return nil })
			if err != nil {
				t.Fatal(err)
			}
			if st.Packets != 8 || st.Filtered != tc.filtered || st.Flows != tc.flows {
				t.Errorf("%d of %d packets left out, %d flows; want %d of 8 and %d", st.Filtered, st.Packets, st.Flows, tc.filtered, tc.flows)
			}
			for n := uint64(1); n <= 8; n++ {
				if seen[n] != 1 {
					t.Errorf("packet %d was judged %d times", n, seen[n])
				}
			}
		})
	}
}
