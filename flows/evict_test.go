package flows

import (
	"testing"

	"servmap/flows/table"
)

// TestEvictedFlowsDoNotPileUp hands out the flows that were ended to make room within two seconds
// of packet time: they are to take less memory, not more.
func TestEvictedFlowsDoNotPileUp(t *testing.T) {
	const rate = 1000 // flows a second
	opt := defaults()
	opt.MaxFlows = partitions
	s := emptyTable(testEngine(t), &opt).shard
	var res result
	for n := range uint64(30 * rate) {
		at := int64(n) * second / rate
		k := table.Key{(n + 1) << 32, 0, 1 << 63, 0, protoUDP << 24}
		s.process(&item{key: k, hash: k.Hash(), time: at, now: at, number: n + 1, wire: 60})
		if n%rate == 0 {
			s.sweep(table.FloorSecond(at - grace))
			for s.take(&res); !res.last; s.take(&res) {
			}
		}
		if len(s.left) > 2*rate {
			t.Fatalf("%d flows wait after %d s, want at most %d", len(s.left), at/second, 2*rate)
		}
	}
	if s.evicted == 0 {
		t.Error("no flow was evicted")
	}
}
