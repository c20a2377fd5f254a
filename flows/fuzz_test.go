package flows

import (
	"context"
	"encoding/binary"
	"slices"
	"testing"

	"servmap/pcapio"
)

// packetsOf cuts fuzzed bytes into packets: for each, a step in time of two
// bytes (quarters of a second, and now and then backwards or a long way), a choice of endpoints
// and flags, and a payload.
func packetsOf(t testing.TB, data []byte) *memory {
	m := &memory{}
	at := int64(1e9)
	ends := []string{there, back, "10.0.0.1:40001>192.0.2.9:5000", "192.0.2.9:5000>10.0.0.1:40001"}
	flags := []string{"S", "SA", "A", "FA", "R", "u", "u", "A"}
	payloads := []string{"", "x", "HELLO", ""}
	for len(data) >= 4 && len(m.packets) < 2000 {
		step := int64(int16(binary.BigEndian.Uint16(data))) * second / 4
		if step < 0 {
			step /= 512
		}
		at += step
		p := packetOf(t, ends[data[2]&3], flags[data[2]>>2&7], uint32(data[3]), payloads[data[2]>>5&3])
		m.packets = append(m.packets, pcapio.Packet{Time: at, Data: p, OrigLen: len(p), Link: pcapio.LinkRaw})
		data = data[4:]
	}
	return m
}

// FuzzFlows checks that every packet is in exactly one flow, that flows come in
// order, and that the number of workers changes nothing.
func FuzzFlows(f *testing.F) {
	f.Add([]byte("\x00\x04\x00\x01\x00\x04\x05\x01\x00\x04\x48\x02\x01\xe0\x0d\x05\xff\x00\x48\x02"))
	f.Add([]byte("\x00\x01\x14\x00\x02\x00\x15\x00\x7f\xff\x14\x00\x7f\xff\x54\x00\x80\x00\x14\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		want := len(packetsOf(t, data).packets)
		opt := defaults()
		opt.MaxFlows = 512
		one, _ := lines(t, packetsOf(t, data), opt)
		var packets uint64
		var last Flow
		_, err := Run(context.Background(), packetsOf(t, data), testEngine(t), opt, func(f *Flow) error {
			packets += f.Packets()
			if last.Number != 0 && byFlowEnd(f, &last) < 0 {
				t.Errorf("flow %d, which ends at %d, comes after flow %d, which ends at %d", f.Number, f.End, last.Number, last.End)
			}
			last = *f
			return nil
		})
		if err != nil || packets != uint64(want) {
			t.Fatalf("%d packets in flows, want %d; %v", packets, want, err)
		}
		opt.Workers = 3
		if three, _ := lines(t, packetsOf(t, data), opt); !slices.Equal(one, three) {
			t.Errorf("three workers give other flows than one")
		}
	})
}

func byFlowEnd(a, b *Flow) int {
	if a.End != b.End {
		if a.End < b.End {
			return -1
		}
		return 1
	}
	return int(int64(a.Number) - int64(b.Number))
}
