package flows

import (
	"math"

	"servmap/classify"
)

// partitions is how many parts the table of flows has, whatever the number
// of workers: limits hold for each part, so what they do does not depend on
// how the parts are shared out.
const partitions = 256

// chunkSize is the number of records allocated at once: 120 of 136 bytes fill a
// size class of the allocator, 16 KiB, almost exactly.
const chunkSize = 120

// fetched is how many new records are fetched from memory at once. They are zero
// already, but to clear them brings them near: the processor waits once for all
// of their lines, where it would wait for each record's when that is filled.
const fetched = 8

// partition is one part of the table of flows. Record 0 is never used, so
// that 0 can mean none.
type partition struct {
	t      *table
	number uint16
	chunks [][]record // of chunkSize each; pointers to arrays would cost a look at each array's first byte
	extras []extra
	index  index
	free   uint32 // head of the list of unused records
	freeX  []uint32
	used   uint32 // records ever handed out
	live   int
	wheel  wheel
	past   past
	// undecided lists flows with payloads kept, the oldest first; some of
	// them may have been decided since.
	undecided []waiting
}

// table is what a shard's partitions share.
type table struct {
	opt    *Options
	engine *classify.Engine
	c      *classify.Classifier
	// perPartition is the limit on live flows of a partition.
	perPartition int
	arena        arena
	late         uint64
	evicted      uint64
	byFile       []uint64 // flows begun, by the capture of their first packet
	givenUp      uint64
	evictees     []ended  // evicted, not yet handed on
	same         []uint32 // scratch of find
	lessons      []lesson
}

// count counts a new flow for the capture of its first packet.
func (t *table) count(file uint32) {
	for int(file) >= len(t.byFile) {
		t.byFile = append(t.byFile, 0)
	}
	t.byFile[file]++
}

// add adds what the table counted.
func (t *table) add(st *Stats) {
	st.Late += t.late
	st.Evicted += t.evicted
	st.GivenUp += t.givenUp
	for i, n := range t.byFile {
		for i >= len(st.FlowsByFile) {
			st.FlowsByFile = append(st.FlowsByFile, 0)
		}
		st.FlowsByFile[i] += n
	}
}

// newPartition returns an empty partition whose clock stands at now.
func newPartition(t *table, number uint16, now int64) *partition {
	p := &partition{t: t, number: number, index: newIndex(), used: 1, extras: make([]extra, 1)}
	p.wheel.done = floorSecond(now - grace)
	return p
}

func (p *partition) at(i uint32) *record { return &p.chunks[i/chunkSize][i%chunkSize] }

// alloc returns an unused, zeroed record.
func (p *partition) alloc() uint32 {
	p.live++
	if i := p.free; i != 0 {
		r := p.at(i)
		p.free = r.next
		*r = record{}
		return i
	}
	i := p.used
	p.used++
	if int(i/chunkSize) == len(p.chunks) {
		p.chunks = append(p.chunks, p.t.arena.chunk())
	}
	if k := i % chunkSize; k%fetched == 0 {
		clear(p.chunks[i/chunkSize][k : k+fetched])
	}
	return i
}

// extraOf returns the flow's extra, giving it one where it has none. The
// pointer holds until the next call.
func (p *partition) extraOf(r *record) *extra {
	if r.extra == 0 {
		if n := len(p.freeX); n > 0 {
			r.extra = p.freeX[n-1]
			p.freeX = p.freeX[:n-1]
		} else {
			r.extra = uint32(len(p.extras))
			p.extras = append(p.extras, extra{})
		}
	}
	return &p.extras[r.extra]
}

// drop takes a record out of the table. Its slot of the wheel is the
// caller's.
func (p *partition) drop(i uint32) {
	r := p.at(i)
	p.live--
	p.index.remove(r.key.hash(), i)
	if r.extra != 0 {
		x := &p.extras[r.extra]
		if x.state != nil {
			p.t.c.Release(x.state)
		}
		*x = extra{}
		p.freeX = append(p.freeX, r.extra)
	}
	r.setNumber(0)
	r.next = p.free
	p.free = i
}

// each calls f for every flow.
func (p *partition) each(f func(i uint32, r *record)) {
	for i := uint32(1); i < p.used; i++ {
		if r := p.at(i); r.number() != 0 {
			f(i, r)
		}
	}
}

// reindex builds the index anew, with room for more flows.
func (p *partition) reindex() {
	p.index.reset(p.live)
	p.each(func(i uint32, r *record) { p.index.add(r.key.hash(), i) })
}

// end returns the instant at which a flow ends if no further packet comes.
func (p *partition) end(r *record) int64 {
	if r.flags&fixedEnd != 0 {
		return p.extras[r.extra].end
	}
	end := int64(math.MaxInt64)
	if r.flags&closed != 0 {
		end = add(r.lastTime(), closedFor)
	} else if idle := int64(p.t.opt.IdleTimeout); idle > 0 {
		end = add(r.lastTime(), idle)
	}
	if active := int64(p.t.opt.ActiveTimeout); active > 0 {
		end = min(end, add(r.firstTime(), active))
	}
	return end
}

// expiration tells why the flow ends at end.
func (p *partition) expiration(r *record, end int64) Expiration {
	if r.flags&fixedEnd != 0 {
		if r.flags&activeEnd != 0 {
			return ExpiredActive
		}
		return ExpiredIdle
	}
	if active := int64(p.t.opt.ActiveTimeout); active > 0 && end == add(r.firstTime(), active) {
		return ExpiredActive
	}
	return ExpiredIdle
}

// add adds a span to a time and stays in range.
func add(time, span int64) int64 {
	if time > math.MaxInt64-span {
		return math.MaxInt64
	}
	return time + span
}

// fixEnd fixes the end of a flow: further packets no longer move it.
func (p *partition) fixEnd(r *record, end int64) {
	if r.flags&fixedEnd != 0 {
		return
	}
	if p.expiration(r, end) == ExpiredActive {
		r.flags |= activeEnd
	}
	p.extraOf(r).end = end
	r.flags |= fixedEnd
}
