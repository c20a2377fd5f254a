package flows

import (
	"slices"

	"servmap/flows/table"
)

// maxParts is how many datagrams of a flow may wait for fragments. Where another comes, the oldest is
// shown as far as it is there.
const maxParts = 4

// gather takes a payload of a flow that has datagrams in parts, or of which the payload is a part. A
// datagram is shown to the recognisers when all of it has come. When the flow sends anything else
// before that, or ends, it is shown as far as it is there: so payloads are shown in their order.
func (t *tracker) gather(ref table.Ref, r *table.Record, x *table.Extra, it *item) {
	if it.part == 0 {
		t.showParts(ref, r, x, it, maxParts)
		if r.Flags&table.Decided == 0 {
			t.show(ref, r, x, it)
		}
		return
	}
	parts := t.waiting(r, x)
	i := slices.IndexFunc(parts, func(d *datagram) bool { return d.id == it.part })
	if i >= 0 && it.seq == 0 && !parts[i].begins(it.data) { // another datagram with the same identification
		t.showParts(ref, r, x, it, i+1)
		i = -1
	}
	if i < 0 {
		if it.seq == 0 && r.Flags&table.Decided == 0 {
			t.beginDatagram(ref, r, x, it)
		}
		return
	}
	t.held += parts[i].add(int(it.seq), it.data)
	whole := 0
	for whole < len(parts) && parts[whole].whole() {
		whole++
	}
	t.showParts(ref, r, x, it, whole)
	t.keepToLimit(r)
}

// beginDatagram keeps the first fragment of a datagram.
func (t *tracker) beginDatagram(ref table.Ref, r *table.Record, x *table.Extra, it *item) {
	if len(t.waiting(r, x)) == maxParts {
		t.showParts(ref, r, x, it, 1)
		if r.Flags&table.Decided != 0 {
			return
		}
	}
	d := &datagram{id: it.part, side: it.side, length: it.ack, number: it.number, file: it.file}
	t.held += d.held() + d.add(0, it.data)
	if t.parts == nil {
		t.parts = map[uint64][]*datagram{}
	}
	t.parts[r.Number()] = append(t.waiting(r, x), d)
	x.Parted = true
	t.wait(ref, r, x)
	t.keepToLimit(r)
}

// wait lists a flow whose datagrams wait, unless it is listed.
func (t *tracker) wait(ref table.Ref, r *table.Record, x *table.Extra) {
	if x.State == nil {
		t.prepare(r, x)
		t.enter(ref, r)
	}
}

// showParts shows the first n of the datagrams that wait, as far as they are there. it is the packet
// that made them due.
func (t *tracker) showParts(ref table.Ref, r *table.Record, x *table.Extra, it *item, n int) {
	for ; n > 0 && x.Parted; n-- {
		d := t.nextPart(r, x)
		part := item{key: r.Key, now: it.now, number: it.number, file: it.file, side: d.side, data: d.payload(), length: d.length}
		t.show(ref, r, x, &part)
		if r.Flags&table.Decided == 0 && x.Parted {
			t.wait(ref, r, x)
		}
	}
}

// showRest shows all datagrams that wait, as far as they are there, before the flow is decided. Hints
// that this gives come too late for any flow, and are dropped.
func (t *tracker) showRest(r *table.Record, x *table.Extra) {
	c := t.shard.c
	for x.Parted {
		t.prepare(r, x)
		d := t.nextPart(r, x)
		part := item{key: r.Key, number: d.number, file: d.file, side: d.side, data: d.payload(), length: d.length}
		seg := segmentOf(r, x, &part)
		held := x.State.Held()
		done, failed := t.shard.feed(x.State, &seg, &part)
		if failed {
			t.fail(r, x, held)
			return
		}
		t.held += x.State.Held() - held
		c.Hints = c.Hints[:0]
		if w, on := x.State.Watch(); done && on {
			t.watch(r, x, w)
		} else if done {
			t.dropParts(r, x)
		}
	}
}

// waiting returns the datagrams of a flow that wait, the oldest first.
func (t *tracker) waiting(r *table.Record, x *table.Extra) []*datagram {
	if !x.Parted {
		return nil
	}
	return t.parts[r.Number()]
}

// nextPart takes the oldest of the datagrams that wait.
func (t *tracker) nextPart(r *table.Record, x *table.Extra) *datagram {
	n := r.Number()
	list := t.parts[n]
	d := list[0]
	t.held -= d.held()
	if len(list) > 1 {
		t.parts[n] = list[1:]
	} else {
		delete(t.parts, n)
		x.Parted = false
	}
	return d
}

// dropParts forgets the datagrams that wait.
func (t *tracker) dropParts(r *table.Record, x *table.Extra) {
	for x.Parted {
		t.nextPart(r, x)
	}
}

// keepToLimit gives up other flows where the undecided ones take too much memory.
func (t *tracker) keepToLimit(r *table.Record) {
	if t.held > maxHeld {
		t.giveUp(r, func() bool { return t.held > maxHeld*7/8 })
	}
}
