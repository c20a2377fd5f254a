package flows

import "slices"

// evict ends the sixteenth of the partition's flows that were idle longest,
// to make room for another.
func (p *partition) evict(now int64) {
	var all []due
	p.each(func(i uint32, r *record) { all = append(all, due{r.lastTime(), r.number(), i, p.number}) })
	slices.SortFunc(all, byDue)
	for _, c := range all[:max(1, len(all)/16)] {
		p.unplace(c.i)
		var e ended
		p.finish(c.i, max(now-grace, min(p.end(p.at(c.i)), now)), &e, false)
		p.t.evictees = append(p.t.evictees, e)
		p.t.evicted++
	}
}
