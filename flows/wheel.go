package flows

import (
	"cmp"
	"math"
)

const (
	second = int64(1e9)
	// grace is how long a flow that has ended still takes the packets that
	// belong to it but come late.
	grace = 10 * second
	// closedFor is how long a closed TCP flow takes the rest of its
	// packets.
	closedFor = 5 * second
	// wheelSlots is the number of seconds ahead that the wheel tells apart.
	wheelSlots = 512
	// neverSlot is the slot of flows that do not end by themselves. It is not looked at.
	neverSlot = wheelSlots
)

// wheel sorts the flows of a partition by the second in which they are to be
// looked at. A packet does not move its flow: a flow that turns out to live on
// is put where its end is by then.
type wheel struct {
	heads [wheelSlots + 1]uint32
	// used has a bit for each slot that a flow was put into since it was looked at last: a
	// leap in time passes the others by.
	used [wheelSlots / 64]uint64
	// done is the second up to which all slots have been looked at.
	done int64
}

// floorSecond rounds down to seconds, for times before 1970 as well.
func floorSecond(ns int64) int64 {
	s := ns / second
	if ns%second < 0 {
		s--
	}
	return s
}

// place puts a record into the slot of the second of its end, or as near as
// the wheel reaches.
func (p *partition) place(i uint32, end int64) {
	slot := uint32(neverSlot)
	if end != math.MaxInt64 {
		s := floorSecond(end)
		s = min(max(s, p.wheel.done), p.wheel.done+wheelSlots-1)
		slot = uint32(uint64(s) % wheelSlots)
		p.wheel.used[slot/64] |= 1 << (slot % 64)
	}
	l := p.links(i)
	*l = links{next: p.wheel.heads[slot], prev: slot << numberBits}
	p.relinked(i, *l)
}

// relinked tells its neighbours, or the slot, of a record that stands between them now.
func (p *partition) relinked(i uint32, l links) {
	slot, prev := l.prev>>numberBits, l.prev&maxRecords
	if prev != 0 {
		p.links(prev).next = i
	} else {
		p.wheel.heads[slot] = i
	}
	if l.next != 0 {
		p.links(l.next).prev = slot<<numberBits | i
	}
}

// unplace takes a record out of its slot.
func (p *partition) unplace(i uint32) {
	l := p.links(i)
	slot, prev := l.prev>>numberBits, l.prev&maxRecords
	if prev != 0 {
		p.links(prev).next = l.next
	} else {
		p.wheel.heads[slot] = l.next
	}
	if l.next != 0 {
		p.links(l.next).prev = l.prev
	}
}

// moved puts a flow whose end has come nearer into its new slot.
func (p *partition) moved(i uint32, r *record) {
	p.unplace(i)
	p.place(i, p.end(r))
}

// due is a flow whose end has come.
type due struct {
	end    int64
	number uint64
	i      uint32
	part   uint16 // number of its partition, or leftPart
}

func byDue(a, b due) int {
	if a.end != b.end {
		return cmp.Compare(a.end, b.end)
	}
	return cmp.Compare(a.number, b.number)
}

// sweep adds every flow whose end lies before the given second to the list of
// those that are due. They leave the wheel at once and the table when they
// are finished.
func (p *partition) sweep(before int64, list []due) []due {
	w := &p.wheel
	if before <= w.done {
		return list
	}
	from := max(w.done, before-wheelSlots)
	w.done = before
	for s := from; s < before; s++ {
		p.t.work++
		slot := uint64(s) % wheelSlots
		if w.used[slot/64]>>(slot%64) == 0 {
			s += int64(63 - slot%64)
			continue
		}
		w.used[slot/64] &^= 1 << (slot % 64)
		i := w.heads[slot]
		w.heads[slot] = 0
		for i != 0 {
			next := p.links(i).next
			if end := p.endOf(i); floorSecond(end) < before {
				list = append(list, due{end, p.numberOf(i), i, p.number})
			} else {
				p.place(i, end)
			}
			i = next
			p.t.work++
		}
	}
	return list
}
