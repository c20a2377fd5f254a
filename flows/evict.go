package flows

import "slices"

// evict ends the sixteenth of the partition's flows that were idle longest,
// to make room for another.
func (p *partition) evict(now int64) {
	var all []due
	p.each(func(i uint32) { all = append(all, due{p.lastOf(i), p.numberOf(i), i, p.number}) })
	slices.SortFunc(all, byDue)
	for _, c := range all[:max(1, len(all)/16)] {
		p.unplace(c.i)
		var e ended
		p.finish(c.i, max(now-grace, min(p.endOf(c.i), now)), &e, false)
		p.t.evictees = append(p.t.evictees, e)
		p.t.evicted++
	}
}
