package flows

import (
	"math"
	"sync"
	"sync/atomic"

	"servmap/classify"
	"servmap/flows/decode"
	"servmap/flows/table"
	"servmap/pcapio"
)

// Sizes of what crosses between goroutines.
const (
	batchItems = 512
	batchBytes = 128 << 10
	batchQueue = 4
	// batchBlocks is how many of the reader's blocks a batch may hold, so that a shard that gets
	// few packets does not keep blocks that the others are done with.
	batchBlocks = 8
)

// batch is a run of packets for one shard, and perhaps the order to sweep or finish after them.
// Their payloads lie in blocks that it holds, or are copied into bytes.
type batch struct {
	items  []item
	bytes  []byte
	blocks []*pcapio.Block
	// sightings go on to the merge with the sweep.
	sightings []Sighting
	sweep     bool
	finish    bool
	before    int64 // of sweep: the second; of finish: input time
}

// chunk is a run of flows on their way to emit, with the sightings between them.
type chunk struct {
	flows     []Flow
	sightings []placed
	early     []Flow // come before the others
}

// placed is a sighting that comes before the flow of that index.
type placed struct {
	Sighting
	before int
}

// chunkFlows is how many flows the merge hands over at once to the goroutine that calls emit.
const chunkFlows = 512

// parallel shares the partitions out among goroutines and merges their results. Every shard answers
// each sweep with results, so that the merge knows when it has seen all flows that end before an
// instant. Merged flows go in chunks to one more goroutine, which calls emit while the merge goes
// on.
type parallel struct {
	shards  []*shard
	in      []chan *batch
	out     []chan *result
	filling []*batch
	batches sync.Pool
	results sync.Pool
	merge   *merger
	handOut func(*Flow) error // what the caller of Run gave
	sight   func(*Sighting)   // the same
	early   func(*Flow)       // the same
	chunk   chunk
	chunks  chan chunk
	spare   chan chunk
	recover bool // panics end the run as a fault, see Options.Recover
	failed  atomic.Bool
	fault   atomic.Pointer[Fault]
	closed  bool // nothing more is sent to the shards
	err     error
	done    chan struct{}
}

func newParallel(opt *Options, engine *classify.Engine, m *merger) *parallel {
	p := &parallel{
		merge: m, handOut: m.emit, sight: m.sight, early: m.early, recover: opt.Recover, done: make(chan struct{}),
		chunks: make(chan chunk, 4), spare: make(chan chunk, 6), chunk: newChunk(),
	}
	m.emit, m.sight, m.early = p.collect, p.collectSighting, p.collectEarly
	p.batches.New = func() any { return &batch{items: make([]item, 0, batchItems)} }
	p.results.New = func() any { return new(result) }
	for range opt.Workers {
		s := newShard(opt, engine)
		in, out := make(chan *batch, batchQueue), make(chan *result, 2)
		p.shards = append(p.shards, s)
		p.in, p.out = append(p.in, in), append(p.out, out)
		p.filling = append(p.filling, p.batches.Get().(*batch))
		go p.work(s, in, out)
	}
	go p.mergeResults()
	go p.emit()
	return p
}

// put adds the packet to the batch of the shard that owns its partition.
func (p *parallel) put(d *decode.Packet, now int64, file uint32, block *pcapio.Block) {
	key, second := table.KeyOf(d)
	hash := key.Hash()
	n := int(hash>>56) % len(p.shards)
	b := p.filling[n]
	if len(d.Payload) == 0 {
		block = nil
	}
	if b.full(d, block) {
		p.send(n)
		b = p.filling[n]
	}
	b.items = b.items[:len(b.items)+1]
	it := &b.items[len(b.items)-1]
	it.key, it.hash = key, hash
	it.set(d, second, now, file)
	if block != nil {
		b.hold(block)
		return
	}
	start := len(b.bytes)
	b.bytes = append(b.bytes, d.Payload...)
	it.data = b.bytes[start:len(b.bytes):len(b.bytes)]
}

// full reports whether the batch has no room for a packet, whose payload lies in a block, or is
// copied where block is nil.
func (b *batch) full(d *decode.Packet, block *pcapio.Block) bool {
	switch {
	case len(b.items) == batchItems:
		return true
	case block != nil:
		return len(b.blocks) == batchBlocks && b.blocks[batchBlocks-1] != block
	}
	return len(b.bytes)+len(d.Payload) > batchBytes && len(b.items) > 0
}

// hold keeps the block until the batch is reset.
func (b *batch) hold(block *pcapio.Block) {
	if n := len(b.blocks); n == 0 || b.blocks[n-1] != block {
		block.Hold()
		b.blocks = append(b.blocks, block)
	}
}

// reset empties the batch and lets go of its blocks.
func (b *batch) reset() {
	for _, block := range b.blocks {
		block.Release()
	}
	clear(b.blocks)
	b.items, b.bytes, b.blocks, b.sweep, b.finish = b.items[:0], b.bytes[:0], b.blocks[:0], false, false
}

// send sends the batch that is being filled for a shard.
func (p *parallel) send(n int) {
	p.in[n] <- p.filling[n]
	p.filling[n] = p.batches.Get().(*batch)
}

func (p *parallel) sighted(seen []Sighting) {
	p.filling[0].sightings = append(p.filling[0].sightings, seen...)
}

func (p *parallel) sweep(before int64) error {
	for n, b := range p.filling {
		b.sweep, b.before = true, before
		p.send(n)
	}
	if p.failed.Load() {
		return errStopped
	}
	return nil
}

func (p *parallel) finish(now int64) error {
	for n, b := range p.filling {
		b.finish, b.before = true, now
		p.send(n)
	}
	p.close()
	<-p.done
	if f := p.fault.Load(); f != nil {
		return f
	}
	return p.err
}

func (p *parallel) abandon() {
	p.failed.Store(true)
	p.close()
	<-p.done
}

// close ends the shards' goroutines after what was sent to them.
func (p *parallel) close() {
	if p.closed {
		return
	}
	p.closed = true
	for _, in := range p.in {
		close(in)
	}
}

// caught is deferred by each goroutine. Where that panicked, the run has failed, and rest receives
// what others still send, so that nobody waits.
func (p *parallel) caught(rest func()) {
	if !p.recover {
		return
	}
	if v := recover(); v != nil {
		p.fault.CompareAndSwap(nil, newFault(v))
		p.failed.Store(true)
		rest()
	}
}

// work is a shard's goroutine.
func (p *parallel) work(s *shard, in <-chan *batch, out chan<- *result) {
	defer p.caught(func() {
		for b := range in {
			b.reset()
		}
	})
	defer close(out)
	for b := range in {
		for rest := b.items; len(rest) > 0; {
			some := rest[:min(len(rest), prefetchBatch)]
			s.prefetch(some)
			for i := range some {
				s.process(&some[i])
			}
			rest = rest[len(some):]
		}
		if b.sweep || b.finish {
			if b.finish {
				s.sweepAll(b.before)
			} else {
				s.sweep(b.before)
			}
			for last := false; !last; {
				r := p.results.Get().(*result)
				s.take(r)
				r.sightings, b.sightings = b.sightings, nil
				if r.swept = math.MinInt64; b.sweep {
					r.swept = b.before * second
				}
				last = r.last
				out <- r
			}
		}
		b.reset()
		p.batches.Put(b)
	}
}

// mergeResults is the goroutine that merges the shards' results. After an error it only drains the
// channels, so that nobody waits.
func (p *parallel) mergeResults() {
	defer close(p.chunks)
	defer p.caught(p.drain)
	parts := make([]*result, len(p.out))
	more := func(n int) *result {
		if parts[n] != nil {
			p.results.Put(parts[n])
		}
		parts[n] = <-p.out[n]
		return parts[n]
	}
	for !p.failed.Load() {
		ended := false
		for n := range p.out {
			ended = more(n) == nil || ended
		}
		if ended || p.merge.release(parts, more) != nil {
			break
		}
		p.flush()
	}
	p.drain()
}

// drain receives what the shards still send until all have ended. It receives from all at once: one
// may end only when the reader does, which may wait for another.
func (p *parallel) drain() {
	var all sync.WaitGroup
	for _, out := range p.out {
		all.Go(func() {
			for range out {
				continue
			}
		})
	}
	all.Wait()
}

func newChunk() chunk { return chunk{flows: make([]Flow, 0, chunkFlows)} }

// collect puts a flow of the merge into the chunk, and flushes that when it is full.
func (p *parallel) collect(f *Flow) error {
	p.chunk.flows = append(p.chunk.flows, *f)
	if len(p.chunk.flows) == chunkFlows {
		p.flush()
	}
	if p.failed.Load() {
		return errStopped
	}
	return nil
}

// collectSighting puts a sighting into the chunk.
func (p *parallel) collectSighting(s *Sighting) {
	p.chunk.sightings = append(p.chunk.sightings, placed{*s, len(p.chunk.flows)})
}

// collectEarly puts a flow that was just recognised into the chunk.
func (p *parallel) collectEarly(f *Flow) { p.chunk.early = append(p.chunk.early, *f) }

// flush passes the chunk on and takes an empty one.
func (p *parallel) flush() {
	if len(p.chunk.flows)+len(p.chunk.sightings)+len(p.chunk.early) == 0 {
		return
	}
	p.chunks <- p.chunk
	select {
	case p.chunk = <-p.spare:
	default:
		p.chunk = newChunk()
	}
}

// emit is the goroutine that hands out every flow, in order, until that fails.
func (p *parallel) emit() {
	defer close(p.done)
	defer p.caught(func() {
		for range p.chunks {
			continue
		}
	})
	for c := range p.chunks {
		p.emitChunk(&c)
		clear(c.flows)
		clear(c.sightings)
		clear(c.early)
		select {
		case p.spare <- chunk{c.flows[:0], c.sightings[:0], c.early[:0]}:
		default:
		}
	}
}

// emitChunk hands out the flows and sightings of a chunk.
func (p *parallel) emitChunk(c *chunk) {
	for i := range c.early {
		p.early(&c.early[i])
	}
	seen := c.sightings
	for i := 0; i <= len(c.flows); i++ {
		for len(seen) > 0 && seen[0].before == i {
			p.sight(&seen[0].Sighting)
			seen = seen[1:]
		}
		if i == len(c.flows) || p.failed.Load() {
			return
		}
		if p.err = p.handOut(&c.flows[i]); p.err != nil {
			p.failed.Store(true)
		}
	}
}

func (p *parallel) counts(st *Stats) {
	for _, s := range p.shards {
		s.counts(st)
	}
}
