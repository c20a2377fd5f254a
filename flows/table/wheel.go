package table

import "math"

const (
	second = int64(1e9)
	// wheelSlots is the number of seconds ahead that the wheel tells apart.
	wheelSlots = 512
	// neverSlot is the slot of flows that never end by themselves. Expire does not look at it.
	neverSlot = wheelSlots
)

// wheel sorts the flows of a table by the second in which they are looked at next. A packet does
// not move its flow. A flow that lives on when its second comes goes to the slot of its new end.
type wheel struct {
	heads [wheelSlots + 1]Ref
	// used has a bit for each slot that a flow was put into since it was looked at last: a leap in
	// time skips the others.
	used [wheelSlots / 64]uint64
	// done is the second before which all slots have been looked at.
	done int64
}

// links are a record's neighbours in its slot of the wheel. The upper bits of prev hold the slot.
// Records that are not in use are linked by next.
type links struct {
	next Ref
	prev uint32
}

// FloorSecond returns the second since 1970 in which an instant in nanoseconds lies. It rounds down
// before 1970 as well.
func FloorSecond(ns int64) int64 {
	s := ns / second
	if ns%second < 0 {
		s--
	}
	return s
}

// Schedule puts a new flow into the slot of its end, or as near as the wheel reaches.
func (t *Table) Schedule(ref Ref, end int64) {
	slot := uint32(neverSlot)
	if end != math.MaxInt64 {
		s := FloorSecond(end)
		s = min(max(s, t.wheel.done), t.wheel.done+wheelSlots-1)
		slot = uint32(uint64(s) % wheelSlots)
		t.wheel.used[slot/64] |= 1 << (slot % 64)
	}
	l := t.links(ref)
	*l = links{next: t.wheel.heads[slot], prev: slot << numberBits}
	t.relink(ref, *l)
}

// relink makes the neighbours of a flow, or the head of its slot, point at it.
func (t *Table) relink(ref Ref, l links) {
	slot, prev := l.prev>>numberBits, l.prev&maxNumber
	if prev != 0 {
		t.links(Ref(prev)).next = ref
	} else {
		t.wheel.heads[slot] = ref
	}
	if l.next != 0 {
		t.links(l.next).prev = slot<<numberBits | uint32(ref)
	}
}

// Unschedule takes a flow off the wheel.
func (t *Table) Unschedule(ref Ref) {
	l := t.links(ref)
	slot, prev := l.prev>>numberBits, l.prev&maxNumber
	if prev != 0 {
		t.links(Ref(prev)).next = l.next
	} else {
		t.wheel.heads[slot] = l.next
	}
	if l.next != 0 {
		t.links(l.next).prev = l.prev
	}
}

// Reschedule moves a flow, whose record is r, to the slot of its end. It is needed only where the
// end has come nearer.
func (t *Table) Reschedule(ref Ref, r *Record) {
	t.Unschedule(ref)
	t.Schedule(ref, t.End(r))
}

// Expire calls ended for every flow whose end lies before the given second since 1970. These flows
// leave the wheel; the caller removes them from the table.
func (t *Table) Expire(before int64, ended func(ref Ref, end int64)) {
	w := &t.wheel
	if before <= w.done {
		return
	}
	from := max(w.done, before-wheelSlots)
	w.done = before
	for s := from; s < before; s++ {
		t.work++
		slot := uint64(s) % wheelSlots
		if w.used[slot/64]>>(slot%64) == 0 {
			s += int64(63 - slot%64)
			continue
		}
		w.used[slot/64] &^= 1 << (slot % 64)
		ref := w.heads[slot]
		w.heads[slot] = 0
		for ref != 0 {
			next := t.links(ref).next
			if end := t.EndOf(ref); FloorSecond(end) < before {
				ended(ref, end)
			} else {
				t.Schedule(ref, end)
			}
			ref = next
			t.work++
		}
	}
}
