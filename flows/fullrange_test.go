package flows

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestFullRange runs packets whose sequence numbers, acknowledgements and times are of the full range, or close to those
// before: one worker and three, and a table swept often, give the same flows, in order, and every packet is in one.
func TestFullRange(t *testing.T) {
	engine := allProtocols(t)
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 11))
		var data []byte
		for range 40 {
			shift, move := byte(28+r.IntN(8)), byte(0)
			if r.IntN(10) == 0 {
				shift = byte(r.IntN(64))
			}
			if r.IntN(2) == 0 {
				move = byte(r.IntN(256))
			}
			seq := []uint32{0, 1, 1 << 30, 1<<31 - 1, 1 << 31, 1<<31 + 1, 1<<31 + 2, 1<<32 - 1, r.Uint32()}[r.IntN(9)]
			data = append(data, fuzzed(byte(r.IntN(8)), byte(r.IntN(8)), byte(r.IntN(64)), seq, seq+uint32(r.IntN(3)), int16(r.IntN(1<<16)>>(r.IntN(4)*4)), shift, move)...)
		}
		opt := defaults()
		opt.MaxFlows = 512
		want, wantStats := flowsOf(t, engine, packetsOf(t, data), opt, allCompact, func() bool { return false })
		var packets uint64
		for i := range want {
			packets += want[i].Packets()
		}
		if packets != 40 {
			t.Errorf("seed %d: %d packets in flows, want 40", seed, packets)
		}
		for _, workers := range []int{1, 3} {
			opt.Workers = workers
			got, st := flowsOf(t, engine, packetsOf(t, data), opt, allCompact, func() bool { return r.IntN(2) == 0 })
			if !slices.Equal(got, want) || st.Late != wantStats.Late {
				t.Errorf("seed %d: %d workers and sweeps give other flows", seed, workers)
			}
		}
	}
}
