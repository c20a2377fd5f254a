package classify

import (
	"net/netip"
	"unicode/utf8"
)

// What one flow may cost while it is undecided.
const (
	maxPayloads = 24       // payloads shown to recognisers
	maxStream   = 16 << 10 // bytes kept of each side
	maxHeld     = 8        // TCP segments of each side that wait for a gap to fill
	maxText     = 1 << 10  // bytes of any name or header kept
)

// Segment is one payload as the flow table hands it over.
type Segment struct {
	Transport Transport
	From      Side
	Addrs     [2]netip.Addr
	Ports     [2]uint16
	Data      []byte
	// Len is the payload's length on the wire.
	Len int
	// Seq is the TCP sequence number of Data. Begun tells that the SYN of
	// the sender was seen, with First the sequence number after it.
	Seq, First uint32
	Begun      bool
}

// State is the classification of one undecided flow. It is got from a
// Classifier and goes back to it.
type State struct {
	probe   Probe
	strong  []uint16
	weak    []uint16
	matched *Protocol
	label   Label
	info    Found
	tcp     [2]tcpSide
	started bool
}

// tcpSide puts the segments of one side in sequence.
type tcpSide struct {
	begun bool
	next  uint32
	held  []heldSegment
	lost  bool
}

type heldSegment struct {
	seq  uint32
	len  int
	data []byte
}

// Classifier recognises flows for one goroutine.
type Classifier struct {
	e    *Engine
	free []*State
	// Lessons collects what recognised flows taught since it was last
	// emptied.
	Lessons []Lesson
}

// NewClassifier returns a classifier for one goroutine.
func (e *Engine) NewClassifier() *Classifier { return &Classifier{e: e} }

// NewState returns the state of a flow of which no payload was seen.
func (c *Classifier) NewState() *State {
	if n := len(c.free); n > 0 {
		st := c.free[n-1]
		c.free = c.free[:n-1]
		return st
	}
	return &State{}
}

// Release takes a state back; it must not be used afterwards.
func (c *Classifier) Release(st *State) {
	if len(c.free) >= 1024 {
		return
	}
	p := &st.probe
	clear(p.history)
	*st = State{
		probe:  Probe{history: p.history[:0]},
		strong: st.strong[:0],
		weak:   st.weak[:0],
	}
	c.free = append(c.free, st)
}

// Label returns the label that payloads have told so far.
func (st *State) Label() Label { return st.label }

// Info returns what payloads have told besides, or nil where that is nothing.
func (st *State) Info() *Info {
	f := &st.info
	if f.ServerName == "" && f.ClientFingerprint == "" && f.ServerFingerprint == "" && f.UserAgent == "" && f.ContentType == "" {
		return nil
	}
	return &Info{
		ServerName:        bounded(f.ServerName),
		ClientFingerprint: bounded(f.ClientFingerprint),
		ServerFingerprint: bounded(f.ServerFingerprint),
		UserAgent:         bounded(f.UserAgent),
		ContentType:       bounded(f.ContentType),
	}
}

// Turned reports whether the recogniser said that the flow's first sender
// can only be the server.
func (st *State) Turned() bool { return st.matched != nil && st.probe.turned }

// bounded cuts a text that is longer than anything worth keeping.
func bounded(s string) string {
	if len(s) <= maxText {
		return s
	}
	s = s[:maxText]
	for len(s) > 0 && !utf8.RuneStart(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// Feed shows the next payload of a flow to the recognisers. It returns true
// when nothing more is to be learned from the flow's payloads.
func (c *Classifier) Feed(st *State, in *Segment) bool {
	p := &st.probe
	p.Transport, p.Addrs, p.Ports = in.Transport, in.Addrs, in.Ports
	if in.Transport != TCP {
		return c.deliver(st, in.From, in.Data, in.Len, true)
	}
	side := &st.tcp[in.From]
	if !side.begun {
		side.begun = true
		side.next = in.Seq
		if in.Begun {
			side.next = in.First
		} else {
			p.mid[in.From] = true
		}
	}
	return c.inSequence(st, side, in)
}

// inSequence delivers a TCP segment when its turn has come, and those that
// waited for it. A segment that waits for one that never comes is delivered
// when too many wait, but no longer as part of the stream.
func (c *Classifier) inSequence(st *State, side *tcpSide, in *Segment) bool {
	ahead := int32(in.Seq - side.next)
	switch {
	case side.lost:
		return c.deliver(st, in.From, in.Data, in.Len, false)
	case ahead > 0:
		if len(side.held) < maxHeld && ahead < maxStream {
			side.held = append(side.held, heldSegment{in.Seq, in.Len, append([]byte(nil), in.Data...)})
			return false
		}
		side.lost = true
		for _, h := range side.held {
			if c.deliver(st, in.From, h.data, h.len, false) {
				return true
			}
		}
		side.held = nil
		return c.deliver(st, in.From, in.Data, in.Len, false)
	case int(-ahead) >= in.Len:
		return false
	}
	if c.advance(st, side, in.From, in.Data, in.Len, int(-ahead)) {
		return true
	}
	for i := 0; i < len(side.held); {
		h := side.held[i]
		behind := int32(side.next - h.seq)
		if behind < 0 {
			i++
			continue
		}
		side.held = append(side.held[:i], side.held[i+1:]...)
		if int(behind) < h.len && c.advance(st, side, in.From, h.data, h.len, int(behind)) {
			return true
		}
		i = 0
	}
	return false
}

// advance delivers what is new in a segment whose first skip bytes were seen.
func (c *Classifier) advance(st *State, side *tcpSide, from Side, data []byte, length, skip int) bool {
	side.next += uint32(length - skip)
	if skip > len(data) {
		skip = len(data)
	}
	cut := length > len(data)
	done := c.deliver(st, from, data[skip:], length-skip, true)
	side.lost = side.lost || cut
	return done
}

// deliver adds one payload to the history and asks the recognisers. The
// payload is copied only where somebody may want to see it again.
func (c *Classifier) deliver(st *State, from Side, data []byte, length int, inStream bool) bool {
	p := &st.probe
	if len(data) == 0 {
		return false
	}
	stream := &p.streams[from]
	// A side whose first bytes were lost begins in the middle: recognisers
	// may rely on a stream of the sender that is not empty.
	first := *stream == nil
	p.mid[from] = p.mid[from] || first && !inStream
	switch {
	case first:
		*stream = data[:min(len(data), maxStream):min(len(data), maxStream)]
	case p.Transport == TCP && inStream && len(*stream) < maxStream:
		*stream = append(*stream, data[:min(len(data), maxStream-len(*stream))]...)
	}
	p.history = append(p.history, Payload{From: from, Data: data, Len: length})
	p.Payload, p.From, p.Len = data, from, length
	if c.ask(st) {
		return true
	}
	own := append([]byte(nil), data...)
	p.history[len(p.history)-1].Data = own
	p.Payload = own
	if first {
		*stream = own[:len(*stream):len(*stream)]
	}
	return false
}

// ask shows the newest payload to the recognisers that are left, and reports
// whether that was the last payload they want to see.
func (c *Classifier) ask(st *State) bool {
	if !st.started {
		st.started = true
		c.candidates(st)
	}
	if st.matched != nil {
		return c.refine(st)
	}
	if c.try(st, &st.strong) || c.try(st, &st.weak) {
		return !st.probe.more
	}
	return len(st.strong)+len(st.weak) == 0 || len(st.probe.history) >= maxPayloads
}

// candidates lists the recognisers to ask: those whose port fits come first.
func (c *Classifier) candidates(st *State) {
	p := &st.probe
	i := 0
	for p.Transport>>i > 1 {
		i++
	}
	for _, port := range [...]uint16{p.Ports[Server], p.Ports[Client]} {
		st.strong = append(st.strong, c.e.ports[portKey{p.Transport, port}]...)
	}
	first := len(st.strong)
next:
	for _, x := range c.e.strong[i] {
		for _, y := range st.strong[:first] {
			if x == y {
				continue next
			}
		}
		st.strong = append(st.strong, x)
	}
	st.weak = append(st.weak, c.e.weak[i]...)
}

// try asks the recognisers of a list, and strikes out those that answer
// Never.
func (c *Classifier) try(st *State, list *[]uint16) bool {
	p := &st.probe
	kept := (*list)[:0]
	for _, x := range *list {
		proto := c.e.protocols[x]
		p.Found, p.more, p.turned, p.learned = Found{}, false, false, p.learned[:0]
		switch proto.Recognise(p) {
		case Match:
			st.matched = proto
			c.accept(st)
			return true
		case NeedMore:
			kept = append(kept, x)
		}
	}
	*list = kept
	return false
}

// refine shows a further payload to the recogniser that matched and asked for
// it.
func (c *Classifier) refine(st *State) bool {
	p := &st.probe
	p.more = false
	p.learned = p.learned[:0]
	if st.matched.Recognise(p) == Match {
		c.accept(st)
	}
	return !p.more || len(p.history) >= maxPayloads
}

// accept takes over what the recogniser that matched has found.
func (c *Classifier) accept(st *State) {
	p := &st.probe
	st.info = p.Found
	name := p.Found.Master
	if name == "" {
		name = st.matched.Name
	}
	st.label = Label{Master: c.e.id(name), App: c.e.id(p.Found.App), Confidence: ByPayload}
	c.Lessons = append(c.Lessons, p.learned...)
}
