package flows

import "servmap/classify"

// classify shows the payload to the recognisers.
func (p *partition) classify(i uint32, r *record, it *item) {
	x := p.extraOf(r)
	listed := x.state != nil
	if !listed {
		p.states++
		if x.watching {
			x.state, x.watching = p.t.c.Resume(x.watch, x.info), false
		} else {
			x.state, x.client = p.t.c.NewState(), uint8(r.source())
		}
	}
	side := int(it.side)
	seg := classify.Segment{
		Transport:  transportOf(it.key.Protocol()),
		From:       classify.Side(it.side ^ x.client),
		Data:       it.data,
		Len:        int(it.length),
		Seq:        it.seq,
		InitialSeq: r.word[side],
		SYNSeen:    r.flags&(synFirst<<side) != 0,
	}
	if it.tcp&tcpSYN != 0 {
		seg.Seq++ // the SYN has a number of its own (RFC 9293, section 3.4)
	}
	seg.Addrs[x.client], seg.Ports[x.client] = it.key.Endpoint(0)
	seg.Addrs[1-x.client], seg.Ports[1-x.client] = it.key.Endpoint(1)
	held := x.state.Held()
	done, failed := p.t.feed(x.state, &seg, it)
	if failed {
		p.fail(r, x, held)
		return
	}
	p.held += x.state.Held() - held
	for _, l := range p.t.c.Hints {
		p.t.lessons = append(p.t.lessons, lesson{number: it.number, Hint: l})
	}
	p.t.c.Hints = p.t.c.Hints[:0]
	if !done {
		if !listed {
			p.enter(i, r)
		}
		if p.held > maxHeld {
			p.giveUp(r, func() bool { return p.held > maxHeld*7/8 })
		}
		return
	}
	if w, on := x.state.Watch(); on {
		p.watch(r, x, w)
	} else {
		p.settle(r)
	}
}

// feed shows the segment to the recognisers and reports whether nothing more is to be learned, or one of them panicked
// and that is to be survived.
func (t *table) feed(st *classify.State, seg *classify.Segment, it *item) (done, failed bool) {
	if !t.opt.Recover {
		return t.c.Feed(st, seg), false
	}
	defer func() {
		if v := recover(); v != nil {
			t.failed.fail(it.number, it.file, v)
			t.c.Hints = t.c.Hints[:0]
			failed = true
		}
	}()
	return t.c.Feed(st, seg), false
}

// fail makes a flow Unknown whose recogniser panicked. Its state, of which held bytes were counted, may be in any
// condition and is not used again.
func (p *partition) fail(r *record, x *extra, held int) {
	p.held -= held
	p.states--
	x.state, x.failed = nil, true
	r.flags &^= isPayload
	r.setLabel(classify.Label{})
}

// waiting is an undecided flow, known by its record and that record's number. A flow that lets go of its payloads and
// keeps some again is entered again: entry tells the entries apart.
type waiting struct {
	i, entry uint32
	number   uint64
}

// maxUndecided is how many flows of a partition may have payloads kept. It
// takes a flood of unknown datagrams to come near it.
const maxUndecided = 768

// fewUndecided is how long the list of undecided flows may be, whatever is in it: a longer one that is
// twice as long as it need be is looked through.
const fewUndecided = 64

// maxHeld is how many bytes of memory a partition's undecided flows take: a quarter of a gigabyte in all.
const maxHeld = 1 << 20

// enter lists an undecided flow. Where there are too many, those that wait longest are
// left as far as they were recognised, and counted.
func (p *partition) enter(i uint32, r *record) {
	p.entries++
	p.extraOf(r).entry = p.entries
	p.undecided = append(p.undecided, waiting{i, p.entries, r.number()})
	if p.states > maxUndecided {
		p.giveUp(r, func() bool { return p.states > maxUndecided*7/8 })
	}
	if len(p.undecided) <= max(fewUndecided, 2*p.states) {
		return
	}
	p.t.work += len(p.undecided)
	kept := p.undecided[:0]
	for _, w := range p.undecided {
		if w.number == r.number() || p.keepsPayloads(w) {
			kept = append(kept, w)
		}
	}
	p.undecided = kept
}

// giveUp leaves the flows that wait longest as far as they were recognised, while there is
// more than there may be; never r, the flow at hand.
func (p *partition) giveUp(r *record, more func() bool) {
	for len(p.undecided) > 0 && more() {
		w := p.undecided[0]
		if w.number == r.number() {
			return
		}
		p.undecided = p.undecided[1:]
		p.t.work++
		if p.keepsPayloads(w) {
			p.settle(p.records.at(w.i))
			p.t.givenUp++
		}
	}
}

// letGo takes the state, and the payloads, from an extra.
func (p *partition) letGo(x *extra) {
	p.held -= x.state.Held()
	p.t.c.Release(x.state)
	x.state = nil
	p.states--
}

// keepsPayloads reports whether the flow is still there, undecided, and was not entered again since. A single is not.
func (p *partition) keepsPayloads(w waiting) bool {
	if isSingle(w.i) {
		return false
	}
	r := p.records.at(w.i)
	if r.number() != w.number || r.flags&decided != 0 || r.extra == 0 {
		return false
	}
	x := p.t.extras.at(r.extra)
	return x.state != nil && x.entry == w.entry
}

// watch lets go of the payloads of a flow whose recogniser only wants to see
// what comes.
func (p *partition) watch(r *record, x *extra, w classify.Watch) {
	p.adopt(r, x)
	p.letGo(x)
	x.watching, x.watch = true, w
}

// adopt takes over what the recognisers found besides the label.
func (p *partition) adopt(r *record, x *extra) {
	st := x.state
	if info := st.Info(); info != (classify.Info{}) {
		x.info = info
	}
	if st.Swapped() && r.flags&sourceCertain == 0 {
		if dst, _ := r.key.Endpoint(int(1 - x.client)); !r.toMany(dst) {
			r.setSource(int(1 - x.client))
		}
		r.flags |= sourceCertain
	}
}

// settle decides the flow by what the recognisers found, and lets go of the
// payloads.
func (p *partition) settle(r *record) {
	x := p.t.extras.at(r.extra)
	switch {
	case x.watching:
		r.setLabel(x.watch.Label())
		x.watching = false
		return
	case x.state == nil:
		return
	}
	p.t.c.Finish(x.state)
	r.setLabel(x.state.Label())
	p.adopt(r, x)
	p.letGo(x)
	if x.info == (classify.Info{}) && x.origin == 0 && r.flags&fixedEnd == 0 {
		p.t.releaseExtra(r.extra)
		r.extra = 0
	}
}

// transportOf returns the transport of an IP protocol that carries payloads.
func transportOf(proto uint8) classify.Transport {
	switch proto {
	case protoTCP:
		return classify.TCP
	case protoUDP:
		return classify.UDP
	case protoSCTP:
		return classify.SCTP
	}
	return 0
}
