package flows

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"servmap/pcapio"
)

// amsduOf is an 802.11 frame of IP packets, each in an MSDU (IEEE 802.11, 9.3.2.2).
func amsduOf(packets ...[]byte) pcapio.Packet {
	frame := append([]byte{0x88, 1}, make([]byte, 24)...)
	frame[24] = 0x80 // QoS: an A-MSDU
	for _, packet := range packets {
		frame = append(frame, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1)
		frame = binary.BigEndian.AppendUint16(frame, uint16(8+len(packet)))
		frame = append(append(frame, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0), packet...)
		frame = append(frame, make([]byte, -(14+8+len(packet))&3)...)
	}
	return pcapio.Packet{Data: frame, OrigLen: len(frame), Link: 105}
}

// TestAggregatedFlows has many flows begin in the same frames. Each is a flow of its own, in the order
// of their packets, with any number of workers, and their bytes are those of the frames.
func TestAggregatedFlows(t *testing.T) {
	src := &memory{}
	var want []string
	bytes := uint64(0)
	for frame := range 40 {
		var packets [][]byte
		for n := range 7 {
			number := frame*7 + n
			packets = append(packets, packetOf(t, fmt.Sprintf("10.0.%d.%d:7>192.0.2.9:5000", frame, n), "u", 0, "HELLO"))
			want = append(want, fmt.Sprintf("#%d 10.0.%d.%d 1 HELLO", number+1, frame, n))
		}
		p := amsduOf(packets...)
		p.Time = int64(frame/4) * 1e9
		bytes += uint64(p.OrigLen)
		src.packets = append(src.packets, p)
	}
	for _, workers := range []int{1, 2, 3, 5} {
		opt := defaults()
		opt.Workers = workers
		var got []string
		sum := uint64(0)
		st, err := Run(context.Background(), src.again(), testEngine(t), opt, func(f *Flow) error {
			got = append(got, fmt.Sprintf("#%d %s %d %s", f.Number, f.Src, f.Packets(), f.Application))
			sum += f.Bytes()
			return nil
		})
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%d workers: got %.300q, want %.300q, %v", workers, got, want, err)
		}
		if sum != bytes || st.Bytes != bytes || st.Packets != 40 || st.Decode.Aggregated != 240 {
			t.Errorf("%d workers: %d bytes of %d, %d packets, %d aggregated", workers, sum, bytes, st.Packets, st.Decode.Aggregated)
		}
	}
}

// TestAggregatedWholeFlow has all packets of a conversation in one frame.
func TestAggregatedWholeFlow(t *testing.T) {
	src := &memory{packets: []pcapio.Packet{amsduOf(packetOf(t, there, "S", 1, ""), packetOf(t, back, "SA", 1, ""), packetOf(t, there, "A", 2, "HELLO"))}}
	got, _ := lines(t, src, defaults())
	if want := []string{"#1 0-0 10.0.0.1:40000>192.0.2.9:5000 2/1 HELLO"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
