package flows

import (
	"sync"
	"sync/atomic"

	"servmap/classify"
	"servmap/flows/decode"
	"servmap/pcapio"
)

// Sizes of what crosses between goroutines.
const (
	batchItems = 512
	batchBytes = 128 << 10
	batchQueue = 4
	// batchBlocks is how many of the reader's blocks a batch may hold: a shard that gets few
	// packets is not to keep all that the others have done with.
	batchBlocks = 8
)

// batch is a run of packets for one shard, and perhaps the order to sweep or finish after them.
// Their payloads lie in blocks that it holds, or are copied into bytes.
type batch struct {
	items  []item
	bytes  []byte
	blocks []*pcapio.Block
	sweep  bool
	finish bool
	before int64 // of sweep: the second; of finish: input time
}

// boxFlows is how many flows the merge hands over at once to the goroutine that
// calls emit.
const boxFlows = 512

// parallel shares the partitions out among goroutines and merges what they
// hand back. Every shard answers each sweep with results, so that the merge
// knows when it has seen all flows that end before an instant. What is merged goes
// in boxes to one more goroutine, which judges and writes while the merge goes on.
type parallel struct {
	shards  []*shard
	in      []chan *batch
	out     []chan *result
	filling []*batch
	batches sync.Pool
	results sync.Pool
	merge   *merger
	emit    func(*Flow) error
	box     []Flow
	boxes   chan []Flow
	empties chan []Flow
	recover bool // panics end the run as a fault, see Options.Recover
	failed  atomic.Bool
	fault   atomic.Pointer[Fault]
	closed  bool // nothing more is sent to the shards
	err     error
	done    chan struct{}
}

func newParallel(opt *Options, engine *classify.Engine, m *merger) *parallel {
	p := &parallel{
		merge: m, emit: m.emit, recover: opt.Recover, done: make(chan struct{}),
		boxes: make(chan []Flow, 4), empties: make(chan []Flow, 6), box: make([]Flow, 0, boxFlows),
	}
	m.emit = p.pack
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
	go p.collect()
	go p.hand()
	return p
}

// put adds the packet to the batch of the shard that owns its partition.
func (p *parallel) put(d *decode.Packet, now int64, file uint32, block *pcapio.Block) {
	key, second := makeKey(d)
	hash := key.hash()
	n := int(hash>>56) % len(p.shards)
	b := p.filling[n]
	if len(d.Payload) == 0 {
		block = nil
	}
	if b.full(d, block) {
		p.flush(n)
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

// full reports whether a packet, whose payload lies in a block or is to be copied, does not
// go into the batch any more.
func (b *batch) full(d *decode.Packet, block *pcapio.Block) bool {
	switch {
	case len(b.items) == batchItems:
		return true
	case block != nil:
		return len(b.blocks) == batchBlocks && b.blocks[batchBlocks-1] != block
	}
	return len(b.bytes)+len(d.Payload) > batchBytes && len(b.items) > 0
}

// hold keeps the block until the batch is done with.
func (b *batch) hold(block *pcapio.Block) {
	if n := len(b.blocks); n == 0 || b.blocks[n-1] != block {
		block.Hold()
		b.blocks = append(b.blocks, block)
	}
}

// reset empties the batch.
func (b *batch) reset() {
	for _, block := range b.blocks {
		block.Release()
	}
	clear(b.blocks)
	b.items, b.bytes, b.blocks, b.sweep, b.finish = b.items[:0], b.bytes[:0], b.blocks[:0], false, false
}

// flush sends the batch that is being filled for a shard.
func (p *parallel) flush(n int) {
	p.in[n] <- p.filling[n]
	p.filling[n] = p.batches.Get().(*batch)
}

func (p *parallel) sweep(before int64) error {
	for n, b := range p.filling {
		b.sweep, b.before = true, before
		p.flush(n)
	}
	if p.failed.Load() {
		return errStopped
	}
	return nil
}

func (p *parallel) finish(now int64) error {
	for n, b := range p.filling {
		b.finish, b.before = true, now
		p.flush(n)
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

// close lets the shards end when they have done what was sent to them.
func (p *parallel) close() {
	if p.closed {
		return
	}
	p.closed = true
	for _, in := range p.in {
		close(in)
	}
}

// caught is deferred by each goroutine. Where it panicked, the run has failed, and rest takes what others may
// still send, so that nobody waits.
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
			some := rest[:min(len(rest), warmed)]
			s.warm(some)
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
				last = r.last
				out <- r
			}
		}
		b.reset()
		p.batches.Put(b)
	}
}

// collect merges the shards' results. After an error it only empties the
// channels, so that nobody waits.
func (p *parallel) collect() {
	defer close(p.boxes)
	defer p.caught(p.empty)
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
		p.send()
	}
	p.empty()
}

// empty takes what the shards still send until they have all ended. It waits for all of them at once: one may
// end only when the reader does, which may wait for another.
func (p *parallel) empty() {
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

// pack puts a flow of the merge into the box, and sends that off when it is
// full.
func (p *parallel) pack(f *Flow) error {
	p.box = append(p.box, *f)
	if len(p.box) == boxFlows {
		p.send()
	}
	if p.failed.Load() {
		return errStopped
	}
	return nil
}

// send sends off the box and takes an empty one.
func (p *parallel) send() {
	if len(p.box) == 0 {
		return
	}
	p.boxes <- p.box
	select {
	case p.box = <-p.empties:
	default:
		p.box = make([]Flow, 0, boxFlows)
	}
}

// hand calls emit for every flow, in order, until it fails.
func (p *parallel) hand() {
	defer close(p.done)
	defer p.caught(func() {
		for range p.boxes {
			continue
		}
	})
	for box := range p.boxes {
		for i := range box {
			if p.failed.Load() {
				break
			}
			if p.err = p.emit(&box[i]); p.err != nil {
				p.failed.Store(true)
			}
		}
		clear(box)
		select {
		case p.empties <- box[:0]:
		default:
		}
	}
}

func (p *parallel) counts(st *Stats) {
	for _, s := range p.shards {
		s.t.add(st)
	}
}
