package flows

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"servmap/classify"
	"servmap/flows/decode"
	"servmap/flows/table"
	"servmap/pcapio"
)

// packetOf6 builds a raw IPv6 packet as packetOf does an IPv4 one, between IPv4-mapped
// addresses (RFC 4291, section 2.5.5.2) or others.
func packetOf6(v4 []byte, mapped bool) []byte {
	head := make([]byte, 40)
	head[0], head[6], head[7] = 6<<4, v4[9], 64
	binary.BigEndian.PutUint16(head[4:], uint16(len(v4)-20))
	for i, at := range []int{8, 24} {
		if mapped {
			head[at+10], head[at+11] = 0xff, 0xff
		} else {
			head[at], head[at+1] = 0xfd, 0
		}
		copy(head[at+12:], v4[12+4*i:16+4*i])
	}
	return append(head, v4[20:]...)
}

// meetings are packets of few addresses and ports, so that keys come again: connections are opened,
// closed and reset, segments sent twice, questions asked and answered or not, with
// pauses over the timeouts, and packets that come late.
func meetings(t testing.TB, r *rand.Rand, packets int) *memory {
	payloads := []string{"", "", "x", "HELLO", "WELCOME", query, answer, "GET / HTTP/1.1\r\nHost: example.org\r\n\r\n", "\x00\x00\x00\x00\x00\x00"}
	flags := []string{"u", "u", "u", "S", "S", "SA", "A", "A", "FA", "FA", "R", "i", "o"}
	pauses := []float64{0.001, 0.1, 1, 1, 1, 5, 11, 121, 1801}
	m := &memory{}
	at := 5000.0
	for len(m.packets) < packets {
		at += pauses[min(r.IntN(len(pauses)), r.IntN(len(pauses)))] * r.ExpFloat64()
		from, to := fmt.Sprintf("10.0.0.%d:%d", r.IntN(3), 40000+r.IntN(3)), fmt.Sprintf("192.0.2.%d:%d", r.IntN(3), []int{53, 5000}[r.IntN(2)])
		if r.IntN(3) == 0 {
			from, to = to, from
		}
		seq := []uint32{0, 1, 2, 1<<32 - 1, r.Uint32()}[r.IntN(5)]
		data := packetOf(t, from+">"+to, flags[r.IntN(len(flags))], seq, payloads[r.IntN(len(payloads))])
		switch r.IntN(8) {
		case 0:
			data = packetOf6(data, true)
		case 1:
			data = packetOf6(data, false)
		}
		time := at
		if r.IntN(8) == 0 {
			time -= r.Float64() * []float64{2, 12, 200}[r.IntN(3)]
		}
		for range 1 + r.IntN(5)/4 { // some twice
			m.packets = append(m.packets, pcapio.Packet{Time: int64(time * 1e9), Data: data, OrigLen: len(data), Link: pcapio.LinkRaw})
		}
	}
	return m
}

// answer is the answer to query: 192.0.2.1.
const answer = "\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\x07example\x03org\x00\x00\x01\x00\x01" +
	"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x01"

// shardsOf returns the shards of a router.
func shardsOf(r router) []*shard {
	if p, ok := r.(*parallel); ok {
		return p.shards
	}
	return []*shard{r.(*serial).shard}
}

// allCompact lets every flow have the small form that fits it.
const allCompact = 1 << 31

// flowsOf runs the packets through a table of the given number of singles a partition, and
// sweeps it before a packet where sweep says so. It sees that flows come in order.
func flowsOf(t testing.TB, e *classify.Engine, src *memory, opt Options, compacts uint32, sweep func() bool) ([]Flow, Stats) {
	t.Helper()
	var out []Flow
	merge := newMerger(e, func(f *Flow) error {
		if n := len(out); n > 0 && byFlowEnd(f, &out[n-1]) <= 0 {
			t.Errorf("flow %d, which ends at %d, comes after flow %d, which ends at %d", f.Number, f.End, out[n-1].Number, out[n-1].End)
		}
		out = append(out, *f)
		return nil
	})
	in := newCapture(&opt, e, merge)
	for _, s := range shardsOf(in.router) {
		s.memory.LimitCompacts(compacts)
	}
	var (
		pkt pcapio.Packet
		d   decode.Packet
	)
	for src.Next(&pkt) != io.EOF {
		if in.clock.began && sweep() {
			if err := in.check(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		in.packet(&pkt, &d)
	}
	if err := in.router.finish(in.clock.now); err != nil {
		t.Fatal(err)
	}
	in.router.counts(&in.stats)
	return out, in.stats
}

// TestSameFlows runs the same packets through one worker, two and three, through a table that has
// no singles, or few, and with the table swept often, seldom or never: the flows are the
// same, and so is their order.
func TestSameFlows(t *testing.T) {
	engine := allProtocols(t)
	for seed := range uint64(8) {
		all := meetings(t, rand.New(rand.NewPCG(seed, 7)), 3000).packets
		for _, limit := range []int{0, 256, 512} {
			packets := func() *memory { return &memory{packets: all} }
			opt := defaults()
			opt.MaxFlows = limit
			never := func() bool { return false }
			want, wantStats := flowsOf(t, engine, packets(), opt, allCompact, never)
			var counted uint64
			for i := range want {
				counted += want[i].Packets()
			}
			if counted != uint64(len(all)) {
				t.Errorf("seed %d, limit %d: %d packets in flows, want %d", seed, limit, counted, len(all))
			}
			for _, c := range []struct {
				workers  int
				compacts uint32
				every    int // a sweep after so many packets or so, 0 for none
			}{{2, allCompact, 0}, {3, allCompact, 0}, {1, 0, 0}, {3, 0, 0}, {1, 1, 0}, {1, allCompact, 1}, {1, 0, 7}, {2, allCompact, 40}} {
				r := rand.New(rand.NewPCG(seed, 8))
				opt.Workers = c.workers
				got, st := flowsOf(t, engine, packets(), opt, c.compacts, func() bool { return c.every > 0 && r.IntN(c.every) == 0 })
				if st.Late != wantStats.Late || st.Evicted != wantStats.Evicted || st.GivenUp != wantStats.GivenUp {
					t.Errorf("seed %d, limit %d, %+v: %d late, %d evicted, %d given up, want %d, %d, %d", seed, limit, c,
						st.Late, st.Evicted, st.GivenUp, wantStats.Late, wantStats.Evicted, wantStats.GivenUp)
				}
				for i := range min(len(got), len(want)) {
					if got[i] != want[i] {
						t.Errorf("seed %d, limit %d, %+v: flow %d is\n  %+v, want\n  %+v", seed, limit, c, i, got[i], want[i])
						break
					}
				}
				if len(got) != len(want) {
					t.Errorf("seed %d, limit %d, %+v: %d flows, want %d", seed, limit, c, len(got), len(want))
				}
			}
			if limit > 0 && wantStats.Evicted == 0 || wantStats.Late == 0 {
				t.Errorf("seed %d, limit %d: %d evicted and %d late try nothing", seed, limit, wantStats.Evicted, wantStats.Late)
			}
		}
	}
}

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
