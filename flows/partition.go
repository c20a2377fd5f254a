package flows

import (
	"math"

	"servmap/classify"
)

// partitions is how many parts the table of flows has, whatever the number
// of workers: limits hold for each part, so what they do does not depend on
// how the parts are shared out.
const partitions = 256

// partition is one part of the table of flows. A flow has a record or a single, and both are
// known by a number. Record 0 is never used, so that 0 can mean none.
type partition struct {
	t       *table
	number  uint16
	records slab[record]
	singles slab[single]
	index   index
	// free and freeSingle are the heads of the lists of those that are not in use any more.
	free, freeSingle uint32
	live             int
	wheel            wheel
	past             past
	// states is how many flows are undecided and have payloads kept, and held how many bytes of them.
	states, held int
	// undecided lists these flows, the oldest first, and others that have been decided since.
	undecided []waiting
	entries   uint32 // how many were ever entered there
}

// table is what a shard's partitions share.
type table struct {
	opt    *Options
	engine *classify.Engine
	c      *classify.Classifier
	// perPartition is the limit on live flows of a partition.
	perPartition int
	// mostPast is the limit on the flows that a partition remembers.
	mostPast int
	// mostSingles is how many singles a partition can number.
	mostSingles uint32
	records     arena[record]
	singles     arena[single]
	extras      slab[extra] // extra 0 is never used
	extraArena  arena[extra]
	freeExtras  []uint32
	fresh       record // of a new flow, until it is sealed
	looked      record // of the single that was looked at last
	late        uint64
	evicted     uint64
	byFile      []uint64 // flows begun, by the capture of their first packet
	givenUp     uint64
	left        []ended         // have left the table before a sweep, not yet handed on
	idle        []due           // scratch of evict
	found       [maxSame]uint32 // scratch of find
	same        int             // how many flows of its key the newest packet that begins one has met
	lessons     []lesson
	failed      failures
	// work counts what was looked at besides the one record of each packet: words of the index, slots and
	// flows of the wheel, entries of lists. Tests see that it grows with the input and no faster.
	work int
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
	st.Untaught += t.c.DroppedHints
	t.failed.add(st)
	for i, n := range t.byFile {
		for i >= len(st.FlowsByFile) {
			st.FlowsByFile = append(st.FlowsByFile, 0)
		}
		st.FlowsByFile[i] += n
	}
}

// newPartition returns an empty partition whose clock stands at now.
func newPartition(t *table, number uint16, now int64) *partition {
	p := &partition{t: t, number: number, index: newIndex()}
	p.records.used = 1
	p.wheel.done = floorSecond(now - grace)
	return p
}

// limit is how many flows a partition can hold: there is a number of a record for each.
const limit = singleBit - 1

// newRecord returns the number of an unused record, which the caller fills.
func (p *partition) newRecord() uint32 {
	if i := p.free; i != 0 {
		p.free = p.records.at(i).links.next
		return i
	}
	return p.records.add(&p.t.records)
}

// newSingle returns the number of an unused single, or 0 where all are in use.
func (p *partition) newSingle() uint32 {
	if i := p.freeSingle; i != 0 {
		p.freeSingle = p.single(i).links.next
		return i
	}
	if p.singles.used == p.t.mostSingles {
		return 0
	}
	return singleBit | p.singles.add(&p.t.singles)
}

// alloc returns the number of an unused record or single for a flow of that key, and a zeroed record to
// fill: its own, or one that is to be sealed.
func (p *partition) alloc(k *Key) (uint32, *record) {
	p.live++
	var i uint32
	r := &p.t.fresh
	if k.fitsSingle() {
		i = p.newSingle()
	}
	if i == 0 {
		i = p.newRecord()
		r = p.records.at(i)
	}
	*r = record{}
	return i, r
}

// release puts a record or single on the list of those that are not in use.
func (p *partition) release(i uint32) {
	if isSingle(i) {
		s := p.single(i)
		s.numberHigh, s.numberLow, s.links.next = 0, 0, p.freeSingle
		p.freeSingle = i
		return
	}
	r := p.records.at(i)
	r.setNumber(0)
	r.links.next = p.free
	p.free = i
}

// extraOf returns the flow's extra, giving it one where it has none.
func (p *partition) extraOf(r *record) *extra {
	if r.extra == 0 {
		r.extra = p.t.newExtra()
	}
	return p.t.extras.at(r.extra)
}

func (t *table) newExtra() uint32 {
	if n := len(t.freeExtras); n > 0 {
		i := t.freeExtras[n-1]
		t.freeExtras = t.freeExtras[:n-1]
		return i
	}
	return t.extras.add(&t.extraArena)
}

// releaseExtra takes back an extra.
func (t *table) releaseExtra(i uint32) {
	*t.extras.at(i) = extra{}
	t.freeExtras = append(t.freeExtras, i)
}

// drop takes a flow, whose record is r and which was settled, out of the table. Its slot of the
// wheel is the caller's.
func (p *partition) drop(i uint32, r *record) {
	p.live--
	if r.flags&unlisted == 0 {
		p.index.remove(r.key.hash(), i)
	}
	if r.extra != 0 {
		p.t.releaseExtra(r.extra)
	}
	p.release(i)
}

// each calls f with the number of every flow's record or single.
func (p *partition) each(f func(i uint32)) {
	for i := uint32(1); i < p.records.used; i++ {
		if p.records.at(i).number() != 0 {
			f(i)
		}
	}
	for i := range p.singles.used {
		if p.singles.at(i).number() != 0 {
			f(i | singleBit)
		}
	}
}

// reindex builds the index anew, with room for more flows.
func (p *partition) reindex() {
	p.index.reset(p.live)
	p.each(func(i uint32) {
		if p.flagsOf(i)&unlisted == 0 {
			p.index.add(p.hashOf(i), i)
		}
	})
	p.t.work += p.live
}

// end returns the instant at which a flow ends if no further packet comes.
func (p *partition) end(r *record) int64 {
	return p.ends(r.flags, r.extra, r.firstTime(), r.lastTime())
}

// ends is end of a flow with these flags, extra, and times of the first and last packet.
func (p *partition) ends(flags flag, extra uint32, first, last int64) int64 {
	if flags&fixedEnd != 0 {
		return p.t.extras.at(extra).end
	}
	end := int64(math.MaxInt64)
	if flags&closed != 0 {
		end = add(last, closedFor)
	} else if idle := int64(p.t.opt.IdleTimeout); idle > 0 {
		end = add(last, idle)
	}
	if active := int64(p.t.opt.ActiveTimeout); active > 0 {
		end = min(end, add(first, active))
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
