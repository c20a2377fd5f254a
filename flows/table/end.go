package table

import (
	"math"
	"time"
)

// closedFor is how long a closed TCP flow takes the rest of its packets.
const closedFor = int64(5 * time.Second)

// Timeouts end flows.
type Timeouts struct {
	// Idle ends a flow that long after its last packet, Active that long after its first, in
	// nanoseconds. 0 means never.
	Idle, Active int64
}

// End returns the instant at which a flow ends if no further packet comes, in nanoseconds since
// 1970; math.MaxInt64 is never.
func (t *Table) End(r *Record) int64 { return t.end(r.Flags, r.extra, r.FirstTime(), r.LastTime()) }

// end returns the end of a flow with these flags, Extra, and times of the first and last packet.
func (t *Table) end(flags Flag, extra uint32, first, last int64) int64 {
	if flags&fixedEnd != 0 {
		return t.m.extras.At(extra).end
	}
	end := int64(math.MaxInt64)
	if flags&Closed != 0 {
		end = add(last, closedFor)
	} else if idle := t.m.timeouts.Idle; idle > 0 {
		end = add(last, idle)
	}
	if active := t.m.timeouts.Active; active > 0 {
		end = min(end, add(first, active))
	}
	return end
}

// add adds a span to a time and stays in range.
func add(time, span int64) int64 {
	if time > math.MaxInt64-span {
		return math.MaxInt64
	}
	return time + span
}

// OwnEnd returns the end that the flow's own packets give it, whatever FixEnd fixed.
func (t *Table) OwnEnd(r *Record) int64 {
	return t.end(r.Flags&^fixedEnd, r.extra, r.FirstTime(), r.LastTime())
}

// EndsActive reports whether the active timeout is why the flow ends at end.
func (t *Table) EndsActive(r *Record, end int64) bool {
	if r.Flags&fixedEnd != 0 {
		return r.Flags&activeEnd != 0
	}
	active := t.m.timeouts.Active
	return active > 0 && end == add(r.FirstTime(), active)
}

// EndFixed reports whether FixEnd fixed the flow's end.
func (r *Record) EndFixed() bool { return r.Flags&fixedEnd != 0 }

// FixEnd fixes the end of a flow: further packets no longer move it. An end that is fixed stays.
func (t *Table) FixEnd(r *Record, end int64) {
	if r.EndFixed() {
		return
	}
	if t.EndsActive(r, end) {
		r.Flags |= activeEnd
	}
	t.NeedExtra(r).end = end
	r.Flags |= fixedEnd
}
