package flows

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"servmap/classify"
	"servmap/flows/decode"
	"servmap/pcapio"
)

// TestWorkers gives the same flows in the same order for any number of workers, with and without a
// limit on flows.
func TestWorkers(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			traffic := randomTraffic(t, seed, 8000)
			for _, limit := range []int{0, 256} {
				opt := defaults()
				opt.MaxFlows = limit
				want, wantStats := lines(t, traffic.again(), opt)
				for _, workers := range []int{2, 3, 8} {
					opt.Workers = workers
					got, st := lines(t, traffic.again(), opt)
					if !slices.Equal(got, want) {
						t.Errorf("limit %d: %d workers give other flows than one", limit, workers)
					}
					if st.Late != wantStats.Late || st.Evicted != wantStats.Evicted || st.Flows != wantStats.Flows {
						t.Errorf("limit %d: %d workers count %+v, one %+v", limit, workers, st, wantStats)
					}
				}
				if limit > 0 && wantStats.Evicted == 0 {
					t.Error("the limit evicted nothing")
				}
			}
		})
	}
}

// TestOrder checks that flows come ordered by end and number, and that every packet is in exactly
// one of them.
func TestOrder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		var packets uint64
		var last Flow
		_, err := Run(context.Background(), randomTraffic(t, seed, 10000), testEngine(t), defaults(), func(f *Flow) error {
			packets += f.Packets()
			if byFlowEnd(f, &last) <= 0 {
				t.Errorf("seed %d: flow %d (end %d) comes after flow %d (end %d)", seed, f.Number, f.End, last.Number, last.End)
			}
			last = *f
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if packets != 10000 {
			t.Errorf("seed %d: %d packets in flows, want 10000", seed, packets)
		}
	}
}

// padded has checkEvery packets of another flow after each packet of plain, so that the table is
// swept after each.
type padded struct {
	plain  *memory
	filler pcapio.Packet
	n      int
}

func (p *padded) Next(to *pcapio.Packet) error {
	p.n++
	if p.n%(checkEvery+1) != 1 {
		*to = p.filler
		return nil
	}
	err := p.plain.Next(to)
	p.filler.Time = to.Time
	return err
}

// TestSweepsDoNotMatter compares the flows of traffic with those of the same traffic when the table
// is swept after each packet.
func TestSweepsDoNotMatter(t *testing.T) {
	t.Parallel()
	traffic := randomTraffic(t, 42, 1500)
	filler := packetOf(t, "10.9.9.9:9>10.9.9.8:9", "u", 1, "x")
	strip := func(src pcapio.Source) (out []string) {
		all, _ := lines(t, src, defaults())
		for _, l := range all {
			if !strings.Contains(l, "10.9.9.9") {
				_, l, _ = strings.Cut(l, " ")
				out = append(out, l)
			}
		}
		slices.Sort(out)
		return out
	}
	got := strip(&padded{plain: traffic.again(), filler: pcapio.Packet{Data: filler, OrigLen: len(filler), Link: pcapio.LinkRaw}})
	want := strip(traffic)
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("%d flows with sweeps after every packet, %d without; the first that differ:\n  %s\n  %s", len(got), len(want), got[i], want[i])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d flows with sweeps after every packet, %d without", len(got), len(want))
	}
}

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

// TestSameFlows runs the same packets with one worker, two and three, with no compact records or
// few, and with sweeps often, seldom or never: the flows are the same, and so is their order.
func TestSameFlows(t *testing.T) {
	for seed := range uint64(8) {
		for _, limit := range []int{0, 256, 512} {
			t.Run(fmt.Sprintf("seed %d, limit %d", seed, limit), func(t *testing.T) {
				t.Parallel()
				sameFlows(t, seed, limit)
			})
		}
	}
}

func sameFlows(t *testing.T, seed uint64, limit int) {
	engine := allProtocols(t)
	traffic := meetings(t, rand.New(rand.NewPCG(seed, 7)), 1500)
	opt := defaults()
	opt.MaxFlows = limit
	want, wantStats := flowsOf(t, engine, traffic.again(), opt, allCompact, func() bool { return false })
	var counted uint64
	for i := range want {
		counted += want[i].Packets()
	}
	if counted != uint64(len(traffic.packets)) {
		t.Errorf("%d packets in flows, want %d", counted, len(traffic.packets))
	}
	for _, c := range []struct {
		workers  int
		compacts uint32
		every    int // a sweep after so many packets on average, 0 for none
	}{{2, allCompact, 0}, {3, allCompact, 0}, {1, 0, 0}, {3, 0, 0}, {1, 1, 0}, {1, allCompact, 1}, {1, 0, 7}, {2, allCompact, 40}} {
		r := rand.New(rand.NewPCG(seed, 8))
		opt.Workers = c.workers
		got, st := flowsOf(t, engine, traffic.again(), opt, c.compacts, func() bool { return c.every > 0 && r.IntN(c.every) == 0 })
		if st.Late != wantStats.Late || st.Evicted != wantStats.Evicted || st.GivenUp != wantStats.GivenUp {
			t.Errorf("%+v: %d late, %d evicted, %d given up, want %d, %d, %d", c,
				st.Late, st.Evicted, st.GivenUp, wantStats.Late, wantStats.Evicted, wantStats.GivenUp)
		}
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] {
				t.Errorf("%+v: flow %d is\n  %+v, want\n  %+v", c, i, got[i], want[i])
				break
			}
		}
		if len(got) != len(want) {
			t.Errorf("%+v: %d flows, want %d", c, len(got), len(want))
		}
	}
	if limit > 0 && wantStats.Evicted == 0 || wantStats.Late == 0 {
		t.Errorf("%d evicted and %d late try nothing", wantStats.Evicted, wantStats.Late)
	}
}

// TestFullRange runs packets whose sequence numbers, acknowledgements and times are of the full
// range, or close to those before. One worker and three, and a table swept often, give the same
// flows in the same order, and every packet is in one.
func TestFullRange(t *testing.T) {
	t.Parallel()
	engine := allProtocols(t)
	for seed := range uint64(150) {
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
