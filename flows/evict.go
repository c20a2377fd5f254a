package flows

import (
	"cmp"
	"math/bits"
	"slices"
)

// evictedShare is the share of a full partition's flows that are ended at once, one in so many: each flow is looked at
// so many times at most before it is ended.
const evictedShare = 16

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
	if before != 0 && p.t.same >= maxSame {
		p.thin(it)
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

// thin sees to it that fewer than maxSame flows of the packet's key, all of which have ended, can be found. Those
// that are gone leave the table; of the others, the one that ended first is not found any more.
func (p *partition) thin(it *item) {
	p.expire(it.now)
	var found [maxSame]uint32
	for same := p.ofKey(it, found[:0]); len(same) >= maxSame; same = p.ofKey(it, found[:0]) {
		first := slices.MinFunc(same, func(a, b uint32) int {
			return cmp.Or(cmp.Compare(p.endOf(a), p.endOf(b)), cmp.Compare(p.numberOf(a), p.numberOf(b)))
		})
		if end := p.endOf(first); it.now-end > grace {
			p.unplace(first)
			p.leave(first, end)
		} else {
			p.unlist(first, it.hash)
		}
	}
}

// ofKey adds the flows of the packet's key to the list, in any order.
func (p *partition) ofKey(it *item, list []uint32) []uint32 {
	x, tag := &p.index, tagOf(it.hash)
	for at := x.start(it.hash); x.words[at] != 0; at = x.after(at) {
		w := x.words[at]
		if w&^maxRecords == tag && w&maxRecords != 0 && p.has(w&maxRecords, &it.key) {
			list = append(list, w&maxRecords)
		}
		p.t.work++
	}
	return list
}

// unlist takes a flow that has ended out of the index. It stays in the table until its end is handed on.
func (p *partition) unlist(i uint32, hash uint64) {
	p.index.remove(hash, i)
	r := p.look(i)
	r.flags |= unlisted
	p.keep(i, r)
}

// evict ends the sixteenth of the partition's flows that were idle longest, at the earliest instant
// before which not all flows may have been handed out: the next sweep but one takes them, and they do not pile up.
func (p *partition) evict(now int64) {
	all := p.t.idle[:0]
	p.each(func(i uint32) { all = append(all, due{p.lastOf(i), p.numberOf(i), i, p.number}) })
	p.t.work += len(all)
	p.t.idle = all
	for _, c := range least(all, max(1, len(all)/evictedShare)) {
		p.unplace(c.i)
		p.leave(c.i, now-grace)
		p.t.evicted++
	}
}

// least sorts the n first of the list to its beginning and returns them. It sorts no others: that would take
// longer than all that else is done for a flow.
func least(list []due, n int) []due {
	rest, want := list, n
	// Halves that shrink too slowly, as somebody may have contrived, are sorted whole.
	for rounds := 2 * bits.Len(uint(len(list))); want > 0 && want < len(rest) && rounds > 0; rounds-- {
		pivot := rest[len(rest)/2]
		if byDue(rest[0], pivot) > 0 != (byDue(rest[0], rest[len(rest)-1]) > 0) {
			pivot = rest[0]
		} else if byDue(rest[len(rest)-1], pivot) > 0 != (byDue(rest[len(rest)-1], rest[0]) > 0) {
			pivot = rest[len(rest)-1]
		}
		low, high := 0, len(rest)-1
		for low <= high {
			for byDue(rest[low], pivot) < 0 {
				low++
			}
			for byDue(pivot, rest[high]) < 0 {
				high--
			}
			if low <= high {
				rest[low], rest[high] = rest[high], rest[low]
				low++
				high--
			}
		}
		switch {
		case want <= high+1:
			rest = rest[:high+1]
		case want >= low:
			rest, want = rest[low:], want-low
		default:
			want = 0
		}
	}
	if want > 0 && want < len(rest) {
		slices.SortFunc(rest, byDue)
	}
	slices.SortFunc(list[:n], byDue)
	return list[:n]
}

// leave takes a flow out of the table between two sweeps; the next one hands it on.
func (p *partition) leave(i uint32, end int64) {
	var e ended
	p.finish(i, end, &e, false)
	p.t.left = append(p.t.left, e)
}
