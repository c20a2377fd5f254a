package flows

import (
	"servmap/classify"
	"servmap/flows/table"
)

// classify takes the payload of an undecided flow.
func (t *tracker) classify(ref table.Ref, r *table.Record, it *item) {
	t.newest = max(t.newest, it.number)
	x := t.table.NeedExtra(r)
	if it.part != 0 || x.Parted {
		t.gather(ref, r, x, it)
		return
	}
	t.show(ref, r, x, it)
}

// prepare gives an undecided flow a State, if it has none.
func (t *tracker) prepare(r *table.Record, x *table.Extra) {
	if x.State != nil {
		return
	}
	t.states++
	if x.Watching {
		x.State, x.Watching = t.shard.c.Resume(x.Watch, x.Info), false
	} else {
		x.State, x.Client = t.shard.c.NewState(), uint8(r.Source())
	}
}

// show shows the payload of an undecided flow to the recognisers.
func (t *tracker) show(ref table.Ref, r *table.Record, x *table.Extra, it *item) {
	c := t.shard.c
	listed := x.State != nil
	t.prepare(r, x)
	seg := segmentOf(r, x, it)
	held := x.State.Held()
	done, failed := t.shard.feed(x.State, &seg, it)
	if failed {
		t.fail(r, x, held)
		return
	}
	t.held += x.State.Held() - held
	for _, h := range c.Hints {
		t.shard.hints = append(t.shard.hints, hint{moment{t.newest, it.time}, h})
	}
	c.Hints = c.Hints[:0]
	if !done {
		if !listed {
			t.enter(ref, r)
		}
		t.keepToLimit(r)
		return
	}
	if w, on := x.State.Watch(); on {
		t.watch(r, x, w)
	} else {
		t.dropParts(r, x)
		t.settle(r)
	}
}

// segmentOf returns the packet's payload as recognisers take it.
func segmentOf(r *table.Record, x *table.Extra, it *item) classify.Segment {
	seg := classify.Segment{
		Transport:  transportOf(it.key.Protocol()),
		From:       classify.Side(it.side ^ x.Client),
		Data:       it.data,
		Len:        int(it.length),
		Seq:        it.seq,
		InitialSeq: r.InitialSeq(int(it.side)),
		SYNSeen:    r.Flags&(table.SYNSeen<<it.side) != 0,
	}
	if seg.Transport == classify.SCTP {
		seg.PPID = it.seq
	}
	if it.tcp&tcpSYN != 0 {
		seg.Seq++ // the SYN takes one sequence number (RFC 9293, section 3.4)
	}
	seg.Addrs[x.Client], seg.Ports[x.Client] = it.key.Endpoint(0)
	seg.Addrs[1-x.Client], seg.Ports[1-x.Client] = it.key.Endpoint(1)
	return seg
}

// feed shows the segment to the recognisers. done tells that nothing more can be learned; failed
// that a recogniser panicked, where Options.Recover is set.
func (s *shard) feed(st *classify.State, seg *classify.Segment, it *item) (done, failed bool) {
	if !s.opt.Recover {
		return s.c.Feed(st, seg), false
	}
	defer func() {
		if v := recover(); v != nil {
			s.failed.fail(it.number, it.file, v)
			s.c.Hints = s.c.Hints[:0]
			failed = true
		}
	}()
	return s.c.Feed(st, seg), false
}

// fail makes a flow Unknown whose recogniser panicked. Its State, of which held bytes were counted,
// may be inconsistent and is not used again.
func (t *tracker) fail(r *table.Record, x *table.Extra, held int) {
	t.held -= held
	t.states--
	t.dropParts(r, x)
	x.State, x.Failed = nil, true
	r.Flags &^= table.HasLabel
	r.SetLabel(classify.Label{})
}

// waiting is an entry of an undecided flow, known by its Ref and number. A flow that drops its
// payloads and keeps some again is entered again: entry tells the entries apart.
type waiting struct {
	ref    table.Ref
	entry  uint32
	number uint64
}

// maxUndecided is how many flows of a partition may have a State. Only a flood of unknown datagrams
// comes near it.
const maxUndecided = 768

// fewUndecided is how long the list of undecided flows may always be. A longer one that is twice as
// long as needed is cleaned.
const fewUndecided = 64

// maxHeld is how many bytes of memory the undecided flows of a partition take: a quarter of a
// gigabyte in all.
const maxHeld = 1 << 20

// enter lists an undecided flow. Where there are too many, it gives up those that wait longest.
func (t *tracker) enter(ref table.Ref, r *table.Record) {
	t.entries++
	t.table.NeedExtra(r).Entry = t.entries
	t.undecided = append(t.undecided, waiting{ref, t.entries, r.Number()})
	if t.states > maxUndecided {
		t.giveUp(r, func() bool { return t.states > maxUndecided*7/8 })
	}
	if len(t.undecided) <= max(fewUndecided, 2*t.states) {
		return
	}
	t.shard.work += len(t.undecided)
	kept := t.undecided[:0]
	for _, w := range t.undecided {
		if w.number == r.Number() || t.undecidedRecord(w) != nil {
			kept = append(kept, w)
		}
	}
	t.undecided = kept
}

// giveUp leaves flows as far as they were recognised, and counts them: those that wait longest,
// while there are too many, but never r, the flow at hand.
func (t *tracker) giveUp(r *table.Record, tooMany func() bool) {
	for len(t.undecided) > 0 && tooMany() {
		w := t.undecided[0]
		if w.number == r.Number() {
			return
		}
		t.undecided = t.undecided[1:]
		t.shard.work++
		if old := t.undecidedRecord(w); old != nil {
			t.settle(old)
			t.shard.givenUp++
		}
	}
}

// undecidedRecord returns the record of an entry, or nil if its flow is gone, decided, or was
// entered again since.
func (t *tracker) undecidedRecord(w waiting) *table.Record {
	if t.table.Number(w.ref) != w.number {
		return nil
	}
	r := t.table.Load(w.ref)
	x := t.table.Extra(r)
	if r.Flags&table.Decided != 0 || x == nil || x.State == nil || x.Entry != w.entry {
		return nil
	}
	return r
}

// release drops the State, and the payloads, of an Extra.
func (t *tracker) release(x *table.Extra) {
	t.held -= x.State.Held()
	t.shard.c.Release(x.State)
	x.State = nil
	t.states--
}

// watch drops the payloads of a flow whose recogniser only wants to see what comes next.
func (t *tracker) watch(r *table.Record, x *table.Extra, w classify.Watch) {
	adopt(r, x)
	t.release(x)
	x.Watching, x.Watch = true, w
}

// adopt takes over what the recognisers found besides the label.
func adopt(r *table.Record, x *table.Extra) {
	st := x.State
	if info := st.Info(); info != (classify.Info{}) {
		x.Info = info
	}
	if st.Swapped() && r.Flags&table.SourceCertain == 0 {
		if dst, _ := r.Key.Endpoint(int(1 - x.Client)); !toMany(r, dst) {
			r.SetSource(int(1 - x.Client))
		}
		r.Flags |= table.SourceCertain
	}
}

// settle decides a flow by what the recognisers found, if it is undecided, and drops its payloads.
func (t *tracker) settle(r *table.Record) {
	x := t.table.Extra(r)
	if x != nil && x.Parted {
		t.showRest(r, x)
	}
	switch {
	case x == nil:
		return
	case x.Watching:
		r.SetLabel(x.Watch.Label())
		x.Watching = false
		return
	case x.State == nil:
		return
	}
	t.shard.c.Finish(x.State)
	r.SetLabel(x.State.Label())
	adopt(r, x)
	t.release(x)
	if x.Info == (classify.Info{}) && x.Origin == 0 && !r.EndFixed() {
		t.table.DropExtra(r)
	}
}
