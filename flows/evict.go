package flows

import "slices"

// What a limit of a partition does must not depend on when the table was swept, which is
// a matter of the clock as well. So the flows that are gone leave the table
// before a limit is kept to.

// makeWay keeps to the limits on flows and on what is remembered of them, before the packet starts
// a flow. It returns before, the flow of the same key that ended last, or 0 if it has left the table by then.
func (p *partition) makeWay(it *item, before uint32) uint32 {
	number := uint64(0)
	if before != 0 {
		number = p.numberOf(before)
	}
	full := p.live >= p.t.perPartition
	if full || p.past.size()+p.live > p.t.mostPast && (before != 0 || p.past.mayHold(&it.key)) {
		p.expire(it.now)
	}
	if full && p.live >= p.t.perPartition {
		p.evict(it.now)
	}
	if before != 0 && p.numberOf(before) != number {
		return 0
	}
	return before
}

// expire takes the flows that are gone out of the table.
func (p *partition) expire(now int64) {
	gone := p.sweep(floorSecond(now-grace), nil)
	slices.SortFunc(gone, byDue)
	for _, d := range gone {
		p.leave(d.i, d.end)
	}
}

// evict ends the sixteenth of the partition's flows that were idle longest, at the earliest instant
// before which not all flows may have been handed out: the next sweep but one takes them, and they do not pile up.
func (p *partition) evict(now int64) {
	var all []due
	p.each(func(i uint32) { all = append(all, due{p.lastOf(i), p.numberOf(i), i, p.number}) })
	slices.SortFunc(all, byDue)
	for _, c := range all[:max(1, len(all)/16)] {
		p.unplace(c.i)
		p.leave(c.i, now-grace)
		p.t.evicted++
	}
}

// leave takes a flow out of the table between two sweeps; the next one hands it on.
func (p *partition) leave(i uint32, end int64) {
	var e ended
	p.finish(i, end, &e, false)
	p.t.left = append(p.t.left, e)
}
