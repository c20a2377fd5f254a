package classify

import (
	"bytes"
	"math/bits"
	"slices"
)

// showOrDefer shows the newest payload to the remaining recognisers, unless the flow has to send more
// before they may read again. It reports whether no more payloads are to be shown. first is set for a
// side's first payload, which is always shown.
func (c *Classifier) showOrDefer(st *State, first bool) bool {
	if st.started && !st.mayRead() && !first && !st.exhausted() {
		st.deferred = true
		return false
	}
	st.deferred = false
	done := c.show(st)
	st.charge()
	return done
}

// show asks the remaining recognisers, or the one that matched.
func (c *Classifier) show(st *State) bool {
	switch {
	case st.matched != nil:
		return c.refine(st)
	case st.probe.ppid != 0 && c.byIdentifier(st):
		return true
	case !st.started:
		st.started, st.midstream = true, st.probe.midstream[st.probe.From]
		if c.askFirst(st) {
			return !st.probe.more || st.probe.watch
		}
	case c.askAgain(st, &st.strong) || c.askAgain(st, &st.weak) || c.askMidstream(st) || c.askAfterWarmUp(st):
		return !st.probe.more || st.probe.watch
	}
	return len(st.strong)+len(st.weak) == 0 && !st.awaitsMessage() && !st.warmsUp() || st.exhausted()
}

// byIdentifier matches the protocol that SCTP's payload protocol identifier stands for. Some senders
// write it in the order of their own processor.
func (c *Classifier) byIdentifier(st *State) bool {
	id := st.probe.ppid
	x, ok := c.e.identifiers[id]
	if !ok {
		x, ok = c.e.identifiers[bits.ReverseBytes32(id)]
	}
	if ok {
		st.matched, st.number = c.e.protocols[x], x
		st.probe.Found.reset()
		c.accept(st)
	}
	return ok
}

// warmsUp reports whether the datagrams so far may be no messages at all: keep-alives
// and what opens the way through a middlebox are short, come first, and mean nothing.
func (st *State) warmsUp() bool {
	p := &st.probe
	return p.Transport != TCP && len(p.history) == 1 && p.Len <= maxWarmUp && st.warmUps < maxWarmUps && st.repeated < maxRepeated
}

// askAfterWarmUp asks about the second datagram as if it were the first, where that one
// was short: all recognisers but those that wait for more after it. Where one of them
// wants to see more, and no strong one waited, the first datagram is left out of account. A
// datagram that is the first one again tells nothing, nor does one that opens a path, whoever waits.
func (c *Classifier) askAfterWarmUp(st *State) bool {
	p := &st.probe
	switch {
	case p.Transport == TCP || len(p.history) != 2 || p.history[0].Len > maxWarmUp:
		return false
	case st.repeated < maxRepeated && st.tellsNothing():
		st.repeated++
		p.history[1] = Payload{}
		p.history = p.history[:1]
		return false
	case st.warmUps == maxWarmUps:
		return false
	}
	st.warmUps++
	history, streams, strong, weak := p.history, p.streams, st.strong, st.weak
	p.history = history[1:]
	p.streams = [2][]byte{}
	p.streams[p.From] = p.Payload[:min(len(p.Payload), maxStream)]
	st.strong, st.weak = nil, nil
	found := c.askOthers(st, strong, weak)
	if !found && isEmpty(&history[0]) { // those that wait for more behind it go on waiting
		strong, st.strong = nil, append(strong, st.strong...)
	}
	if found || len(strong) == 0 && len(st.strong)+len(st.weak) > 0 || len(strong)+len(weak) == 0 {
		copy(history, history[1:])
		clear(history[1:])
		p.history = history[:1]
		return found
	}
	p.history, p.streams, st.strong, st.weak = history, streams, strong, weak
	return false
}

// tellsNothing reports whether the second datagram adds nothing to the first one.
func (st *State) tellsNothing() bool {
	p := &st.probe
	first := &p.history[0]
	return len(st.strong) == 0 && bytes.Equal(first.Data, p.Payload) || isEmpty(first) && isEmpty(&p.history[1])
}

// isEmpty reports whether a datagram is nothing but ends of lines, zeros or ones, and short: whoever
// waits cannot wait for that.
func isEmpty(d *Payload) bool {
	return opensPath(d) && (isBlank(d.Data) || d.Data[0] == 0 || d.Data[0] == 0xff)
}

// askOthers asks the recognisers of flows that begin as the newest payload does, but for
// those of two lists.
func (c *Classifier) askOthers(st *State, lists ...[]uint16) bool {
	st.skips = true
	for _, list := range lists {
		for _, x := range list {
			st.asked[x/64] |= 1 << (x % 64)
		}
	}
	found := c.askFirst(st)
	st.skips, st.asked = false, [maxProtocols / 64]uint64{}
	return found
}

// Recognisers read streams from their beginning whenever they are asked. How much they may read of one
// flow is bounded by what the flow has sent: otherwise a stream in small segments would cost the square
// of its length.
const (
	readAtLeast = 4 << 10 // bytes that they may read of any flow
	readPerByte = 4       // bytes that they may read besides for each byte sent
	headerSize  = 24      // bytes sent that count for the headers of each payload
)

// mayRead reports whether the flow has sent enough for its recognisers to be asked again.
func (st *State) mayRead() bool {
	return st.read <= readAtLeast+readPerByte*(st.sent+len(st.probe.history)*headerSize)
}

// charge counts what the recognisers have just read.
func (st *State) charge() {
	p := &st.probe
	switch {
	case p.Transport != TCP || st.matched != nil && p.newest:
		st.read += len(p.Payload)
	case st.matched != nil:
		st.read += len(p.streams[Client]) + len(p.streams[Server])
	default: // of many recognisers, most read only a few bytes: half of them count
		st.read += (len(p.streams[Client]) + len(p.streams[Server])) * max(len(st.strong)+len(st.weak), 2) / 2
	}
}

// exhausted reports whether all payloads were shown that one flow may show.
func (st *State) exhausted() bool {
	n := len(st.probe.history)
	return n-int(st.tinySegments) >= maxPayloads || n >= maxSegments
}

// candidates are recognisers in the order in which they are asked.
type candidates struct{ strong, weak []uint16 }

// candidates returns the recognisers to ask about a flow of the ith transport that begins with byte b.
func (c *Classifier) candidates(i int, b byte) *candidates {
	found := c.begins[i][b]
	if found == nil {
		t := Transport(1) << i
		found = &candidates{c.beginning(t, c.e.strong[i], b), c.beginning(t, c.e.weak[i], b)}
		c.begins[i][b] = found
	}
	return found
}

// beginning returns those recognisers of a list whose flows can begin with byte b.
func (c *Classifier) beginning(t Transport, list []uint16, b byte) []uint16 {
	var out []uint16
	for _, x := range list {
		if c.e.protocols[x].BeginsWith(t, b) {
			out = append(out, x)
		}
	}
	return out
}

// askFirst asks the recognisers of flows that begin as the newest payload does: first those whose port
// fits, then the other strong ones, then, of a flow met midstream, those with Protocol.Midstream, and
// last the weak ones. It keeps those that want to see more.
func (c *Classifier) askFirst(st *State) bool {
	p := &st.probe
	i, begin := p.Transport.index(), p.Payload[0]
	fit, fit2 := c.e.fit(p.Transport, p.Ports[Server]), c.e.fit(p.Transport, p.Ports[Client])
	for n, list := range [...][]uint16{fit, fit2} {
		for _, x := range list {
			if n == 1 && slices.Contains(fit, x) {
				continue
			}
			if c.e.protocols[x].BeginsWith(p.Transport, begin) && st.notAsked(x) && c.ask(st, x, &st.strong) {
				return true
			}
		}
	}
	all := c.candidates(i, begin)
	fits := len(fit)+len(fit2) > 0
	for _, x := range all.strong {
		if fits && (slices.Contains(fit, x) || slices.Contains(fit2, x)) {
			continue
		}
		if st.notAsked(x) && c.ask(st, x, &st.strong) {
			return true
		}
	}
	if st.midstream {
		for _, x := range c.e.midstream[i] {
			if st.notAsked(x) && c.ask(st, x, &st.strong) {
				return true
			}
		}
	}
	for _, x := range all.weak {
		if st.notAsked(x) && c.ask(st, x, &st.weak) {
			return true
		}
	}
	return false
}

// notAsked reports whether a recogniser was not asked about the flow before, and notes that it is asked
// now. Only flows met midstream come through askFirst more than once.
func (st *State) notAsked(x uint16) bool {
	if !st.midstream && !st.skips {
		return true
	}
	word, bit := &st.asked[x/64], uint64(1)<<(x%64)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	return true
}

// askMidstream asks, about a flow met midstream, the recognisers of flows that begin as its newest
// payload does: a message may begin there. Text is left out: a line of one protocol may begin as
// another's.
func (c *Classifier) askMidstream(st *State) bool {
	return st.awaitsMessage() && !IsText(st.probe.Payload) && c.askFirst(st)
}

// awaitsMessage reports whether a message may still begin in a flow that was met midstream.
func (st *State) awaitsMessage() bool { return st.midstream && len(st.probe.history) <= maxMidstream }

// askAgain asks the recognisers of a list, and removes those that answer Never.
func (c *Classifier) askAgain(st *State, list *[]uint16) bool {
	asked := *list
	*list = asked[:0]
	for _, x := range asked {
		if c.ask(st, x, list) {
			return true
		}
	}
	return false
}

// ask asks one recogniser, and puts it on the list if it wants to see more. It reports a Match.
func (c *Classifier) ask(st *State, x uint16, list *[]uint16) bool {
	p := &st.probe
	p.more, p.watch, p.newest, p.swapped, p.hints = false, false, false, false, p.hints[:0]
	p.Found.reset()
	switch c.e.recognise[x](p) {
	case Match:
		st.matched, st.number = c.e.protocols[x], x
		c.accept(st)
		return true
	case NeedMore:
		*list = append(*list, x)
	}
	return false
}

// refine shows a further payload to the recogniser that matched and asked for more. It reports whether it
// was the last.
func (c *Classifier) refine(st *State) bool {
	p := &st.probe
	p.matched, p.more, p.watch, p.newest = true, false, false, false
	p.hints = p.hints[:0]
	st.looks++
	if st.matched.Recognise(p) == Match {
		c.accept(st)
	}
	p.watch = p.watch || p.more && p.newest && (st.followed || st.exhausted())
	return !p.more || p.watch || st.exhausted()
}

// accept takes over what the recogniser that matched has found.
func (c *Classifier) accept(st *State) {
	p := &st.probe
	st.info = p.Found
	if st.matched.Speaker != nil {
		p.tellSides(st.matched.Speaker)
	}
	master := c.e.own[st.number]
	if p.Found.Master != "" {
		master = c.e.id(p.Found.Master)
	}
	st.label = Label{Master: master, App: c.e.id(p.Found.App), Confidence: ByPayload}
	some := p.hints[:min(len(p.hints), maxHints-st.hints)]
	st.hints += len(some)
	c.DroppedHints += uint64(len(p.hints) - len(some))
	c.Hints = append(c.Hints, some...)
}
