package flows

import (
	"cmp"
	"math/bits"
	"slices"

	"servmap/flows/table"
)

// evictedShare is the share of a full partition's flows that are ended at once, one in so many. It
// bounds how often a flow is looked at before it is ended.
const evictedShare = 16

// Limits must not depend on when the table was last swept, since sweeps follow the wall clock. So
// expired flows are removed before a limit is applied.

// makeRoom applies the limits on flows, and on what is remembered of them, before the packet begins
// a flow. It returns the flow of before, or 0 if that has left the table.
func (t *tracker) makeRoom(it *item, before predecessor) table.Ref {
	last, number := before.ref, uint64(0)
	if last != 0 {
		number = t.table.Number(last)
	}
	full := t.table.Len() >= t.shard.maxFlows
	crowded := t.recent.size()+t.table.Len() > t.shard.maxRecent
	if full || crowded && (last != 0 || t.recent.mayHold(&it.key)) {
		t.expire(it.now)
	}
	if full && t.table.Len() >= t.shard.maxFlows {
		t.evict(it.now)
	}
	if last != 0 && before.same >= table.MaxSame {
		t.thin(it)
	}
	if last != 0 && t.table.Number(last) != number {
		return 0
	}
	return last
}

// sweep adds the flows whose end lies before the given second to the list of those that are due.
// They are off the wheel, and leave the table when they are finished.
func (t *tracker) sweep(before int64, list []due) []due {
	t.table.Expire(before, func(ref table.Ref, end int64) {
		list = append(list, due{end, t.table.Number(ref), uint32(ref), t.number})
	})
	return list
}

// expire takes the flows out of the table that have ended and take no more late packets.
func (t *tracker) expire(now int64) {
	expired := t.sweep(table.FloorSecond(now-grace), nil)
	slices.SortFunc(expired, byDue)
	for _, d := range expired {
		t.leave(table.Ref(d.place), d.end)
	}
}

// thin makes room for one more flow of the packet's key, all of which have ended. Flows that take
// no more late packets leave the table. Of the others, the one that ended first is hidden.
func (t *tracker) thin(it *item) {
	t.expire(it.now)
	for same := t.table.Find(&it.key, it.hash); len(same) >= table.MaxSame; same = t.table.Find(&it.key, it.hash) {
		first := slices.MinFunc(same, func(a, b table.Ref) int {
			return cmp.Or(cmp.Compare(t.table.EndOf(a), t.table.EndOf(b)), cmp.Compare(t.table.Number(a), t.table.Number(b)))
		})
		if end := t.table.EndOf(first); it.now-end > grace {
			t.table.Unschedule(first)
			t.leave(first, end)
		} else {
			t.table.Hide(first, it.hash)
		}
	}
}

// evict ends the flows of a full partition that have been idle longest, a share of evictedShare.
// They end at the earliest instant before which not all flows may have been handed out: so the next
// sweep but one hands them out, and they do not pile up.
func (t *tracker) evict(now int64) {
	all := t.shard.idle[:0]
	t.table.Each(func(ref table.Ref) {
		all = append(all, due{t.table.LastTime(ref), t.table.Number(ref), uint32(ref), t.number})
	})
	t.shard.work += len(all)
	t.shard.idle = all
	for _, d := range least(all, max(1, len(all)/evictedShare)) {
		ref := table.Ref(d.place)
		t.table.Unschedule(ref)
		t.leave(ref, now-grace)
		t.shard.evicted++
	}
}

// least moves the n first of the list to its beginning, sorted, and returns them. It does not sort
// the others: that would take longer than all else that is done for a flow.
func least(list []due, n int) []due {
	rest, want := list, n
	// Where somebody has contrived parts that shrink too slowly, the rest is sorted whole.
	for rounds := 2 * bits.Len(uint(len(list))); want > 0 && want < len(rest) && rounds > 0; rounds-- {
		pivot := median(rest[0], rest[len(rest)/2], rest[len(rest)-1])
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

// median returns the one of three that lies between the others.
func median(a, b, c due) due {
	switch {
	case byDue(a, b) > 0 != (byDue(a, c) > 0):
		return a
	case byDue(c, b) > 0 != (byDue(c, a) > 0):
		return c
	}
	return b
}

// leave takes a flow out of the table between two sweeps. The next sweep hands it on.
func (t *tracker) leave(ref table.Ref, end int64) {
	var e ended
	t.finish(ref, end, &e, false)
	t.shard.left = append(t.shard.left, e)
}
