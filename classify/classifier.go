package classify

import (
	"bytes"
	"net/netip"
	"slices"
	"unicode/utf8"
)

// What one flow may cost while it is undecided.
const (
	maxPayloads = 24       // payloads shown to recognisers
	maxSegments = 128      // TCP segments shown, those of less than crumb bytes not counting as payloads
	crumb       = 8        // TCP may cut messages anywhere
	maxAnew     = 12       // payloads of a conversation met in the middle of which each may begin a message
	maxStream   = 16 << 10 // bytes kept of each side
	maxPadding  = 6        // bytes that an Ethernet frame with bare IPv4 and TCP headers is padded with
	maxHeld     = 8        // TCP segments of each side that wait for a gap to fill
	maxText     = 1 << 10  // bytes of any name or header kept
	minBlock    = 256      // bytes in which copies of payloads are allocated
	maxBlock    = 4 << 10
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
	number  uint16 // of matched in the engine
	label   Label
	info    Found
	tcp     [2]tcpSide
	kept    []byte    // the newest block of copied payloads
	streams [2][]byte // of sides that have sent more than one payload
	held    int       // bytes of payloads that are kept, in all
	started bool
	// middle tells that the flow was met in the middle of a message, perhaps;
	// asked has then a bit for each recogniser that was asked.
	middle bool
	asked  [maxProtocols / 64]uint64
	looks  uint8 // payloads shown while watching
	crumbs uint8 // TCP segments of less than crumb bytes
}

// tcpSide puts the segments of one side in sequence.
type tcpSide struct {
	begun bool
	next  uint32
	held  []heldSegment
	lost  bool
	// padding is how many zeros have come before all data: that may be the padding of an
	// acknowledgement's frame, which some senders count, and the data has the same number.
	padding uint8
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
	// begins holds, for each transport and first byte that was met, the
	// recognisers of flows that begin so.
	begins [3][256]*candidates
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
	st.reset()
	c.free = append(c.free, st)
}

// reset makes a state as new. It keeps what was allocated, and touches little:
// most flows use little of it.
func (st *State) reset() {
	p := &st.probe
	clear(p.history)
	p.history, p.learned = p.history[:0], p.learned[:0]
	p.Payload, p.streams, p.kept = nil, [2][]byte{}, nil
	p.mid, p.matched, p.more, p.watch, p.turned = [2]bool{}, false, false, false, false
	p.Found.reset()
	st.info.reset()
	st.strong, st.weak = st.strong[:0], st.weak[:0]
	if st.kept = st.kept[:0]; cap(st.kept) > maxBlock {
		st.kept = nil
	}
	for i, s := range st.streams {
		if st.streams[i] = s[:0]; cap(s) > maxBlock {
			st.streams[i] = nil
		}
	}
	st.matched, st.number, st.label = nil, 0, Label{}
	st.tcp, st.held, st.started, st.looks, st.crumbs = [2]tcpSide{}, 0, false, 0, 0
	if st.middle {
		st.middle, st.asked = false, [maxProtocols / 64]uint64{}
	}
}

// reset empties what was found; mostly there is nothing, and to look is cheaper
// than to write.
func (f *Found) reset() {
	if len(f.Master)|len(f.App)|len(f.ServerName)|len(f.ClientFingerprint)|len(f.ServerFingerprint)|len(f.UserAgent)|len(f.ContentType) != 0 {
		*f = Found{}
	}
}

// Label returns the label that payloads have told so far.
func (st *State) Label() Label { return st.label }

// Info returns what payloads have told besides.
func (st *State) Info() Info { return st.info.Info() }

// Watch is what a flow keeps between two payloads whose recogniser has asked
// to keep watching: little, where a State holds payloads.
type Watch struct {
	protocol uint16
	looks    uint8
	label    Label
}

// Label returns the label that payloads have told so far.
func (w Watch) Label() Label { return w.label }

// Watch reports whether the recogniser wants to see further payloads without
// those before, and returns what is needed to Resume.
func (st *State) Watch() (Watch, bool) {
	return Watch{st.number, st.looks, st.label}, st.matched != nil && st.probe.watch && st.looks < maxPayloads
}

// Resume returns a state that goes on watching. info is what was known
// besides.
func (c *Classifier) Resume(w Watch, info Info) *State {
	st := c.NewState()
	st.started, st.matched, st.number, st.looks, st.label = true, c.e.protocols[w.protocol], w.protocol, w.looks, w.label
	f := &st.probe.Found
	if w.label.App != 0 {
		f.App = c.e.names[w.label.App]
	}
	if name := c.e.names[w.label.Master]; name != st.matched.Name {
		f.Master = name
	}
	f.ServerName, f.ClientFingerprint, f.ServerFingerprint = info.ServerName(), info.ClientFingerprint(), info.ServerFingerprint()
	f.UserAgent, f.ContentType = info.UserAgent(), info.ContentType()
	st.info = *f
	return st
}

// Held returns how many bytes of payloads are kept.
func (st *State) Held() int { return st.held }

// Turned reports whether the recogniser said that the flow's first sender
// can only be the server.
func (st *State) Turned() bool { return st.matched != nil && st.probe.turned }

// bounded cuts a text that is longer than anything worth keeping, at a whole
// character where it has such.
func bounded(s string) string {
	if len(s) <= maxText {
		return s
	}
	n := maxText
	for n > maxText-utf8.UTFMax && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
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

var zeros [maxPadding]byte

// inSequence delivers a TCP segment when its turn has come, and those that
// waited for it. A segment that waits for one that never comes is delivered
// when too many wait, but no longer as part of the stream.
func (c *Classifier) inSequence(st *State, side *tcpSide, in *Segment) bool {
	if n := int(side.padding); n > 0 {
		side.padding = 0
		if in.Seq != side.next && c.advance(st, side, in.From, zeros[:n], n, 0) {
			return true
		}
	}
	ahead := int32(in.Seq - side.next)
	switch {
	case ahead == 0 && st.probe.streams[in.From] == nil && len(side.held) == 0 && in.Len <= maxPadding && bytes.Equal(in.Data, zeros[:in.Len]):
		side.padding = uint8(in.Len)
		return false
	case side.lost:
		return c.deliver(st, in.From, in.Data, in.Len, false)
	case ahead > 0:
		if len(side.held) < maxHeld && ahead < maxStream {
			side.held = append(side.held, heldSegment{in.Seq, in.Len, append([]byte(nil), in.Data...)})
			st.held += len(in.Data)
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
		st.extend(from, data[:min(len(data), maxStream-len(*stream))])
	}
	p.history = append(p.history, Payload{From: from, Data: data, Len: length})
	p.Payload, p.From, p.Len = data, from, length
	if p.Transport == TCP && length < crumb {
		st.crumbs++
	}
	if c.ask(st) {
		return true
	}
	own := st.keep(data)
	p.history[len(p.history)-1].Data = own
	p.Payload = own
	if first {
		*stream = own[:len(*stream):len(*stream)]
	}
	return false
}

// extend appends to the stream of a side, in memory that the state keeps: at first the stream
// lies where its first payload does.
func (st *State) extend(from Side, data []byte) {
	stream := &st.probe.streams[from]
	if own := &st.streams[from]; len(*own) == 0 {
		*own = append((*own)[:0], *stream...)
	}
	st.streams[from] = append(st.streams[from], data...)
	*stream = st.streams[from]
	st.held += len(data)
}

// keep copies a payload into what the state has allocated.
func (st *State) keep(data []byte) []byte {
	n := len(st.kept)
	if cap(st.kept)-n < len(data) {
		// What is in the old block stays where it is: the history refers to it.
		st.kept, n = make([]byte, 0, max(minBlock, min(2*cap(st.kept), maxBlock), len(data))), 0
	}
	st.kept = append(st.kept, data...)
	st.held += len(data)
	return st.kept[n:len(st.kept):len(st.kept)]
}

// ask shows the newest payload to the recognisers that are left, and reports
// whether no more payloads are to be shown to this state.
func (c *Classifier) ask(st *State) bool {
	switch {
	case st.matched != nil:
		return c.refine(st)
	case !st.started:
		st.started, st.middle = true, st.probe.mid[st.probe.From]
		if c.first(st) {
			return !st.probe.more || st.probe.watch
		}
	case c.again(st, &st.strong) || c.again(st, &st.weak) || c.anew(st):
		return !st.probe.more || st.probe.watch
	}
	return len(st.strong)+len(st.weak) == 0 && !st.waits() || st.spent()
}

// spent reports whether a flow has shown enough payloads.
func (st *State) spent() bool {
	n := len(st.probe.history)
	return n-int(st.crumbs) >= maxPayloads || n >= maxSegments
}

// candidates are recognisers in the order in which they are asked.
type candidates struct{ strong, weak []uint16 }

// candidates returns the recognisers to ask about a flow of the ith transport
// that begins with a byte.
func (c *Classifier) candidates(i int, b byte) *candidates {
	found := c.begins[i][b]
	if found == nil {
		t := Transport(1) << i
		found = &candidates{c.beginning(t, c.e.strong[i], b), c.beginning(t, c.e.weak[i], b)}
		c.begins[i][b] = found
	}
	return found
}

// beginning returns those recognisers of a list whose flows can begin with a
// byte.
func (c *Classifier) beginning(t Transport, list []uint16, b byte) []uint16 {
	var out []uint16
	for _, x := range list {
		if c.e.protocols[x].BeginsWith(t, b) {
			out = append(out, x)
		}
	}
	return out
}

// first asks the recognisers of flows that begin as the newest payload does:
// those whose port fits, the other strong ones, those that know the middle of a
// conversation where this may be one, the weak ones. It keeps those that want to see more.
func (c *Classifier) first(st *State) bool {
	p := &st.probe
	i, begin := p.Transport.index(), p.Payload[0]
	fit, fit2 := c.e.fit(p.Transport, p.Ports[Server]), c.e.fit(p.Transport, p.Ports[Client])
	for _, list := range [...][]uint16{fit, fit2} {
		for _, x := range list {
			if c.e.protocols[x].BeginsWith(p.Transport, begin) && st.fresh(x) && c.one(st, x, &st.strong) {
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
		if st.fresh(x) && c.one(st, x, &st.strong) {
			return true
		}
	}
	if st.middle {
		for _, x := range c.e.middle[i] {
			if st.fresh(x) && c.one(st, x, &st.strong) {
				return true
			}
		}
	}
	for _, x := range all.weak {
		if st.fresh(x) && c.one(st, x, &st.weak) {
			return true
		}
	}
	return false
}

// fresh reports whether a recogniser was not asked about the flow before, and notes that it
// is now. Only a flow met in the middle comes here twice.
func (st *State) fresh(x uint16) bool {
	if !st.middle {
		return true
	}
	word, bit := &st.asked[x/64], uint64(1)<<(x%64)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	return true
}

// anew asks, about a flow met in the middle, the recognisers of flows that begin
// as its newest payload does: a message may begin there. Text is left out: a line of one
// protocol may well begin as another's.
func (c *Classifier) anew(st *State) bool {
	return st.waits() && !isText(st.probe.Payload) && c.first(st)
}

// waits reports whether a flow met in the middle waits for the beginning of a message.
func (st *State) waits() bool { return st.middle && len(st.probe.history) <= maxAnew }

// isText reports whether b has no control characters but tab, line feed and
// carriage return.
func isText(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7f {
			return false
		}
	}
	return true
}

// again asks the recognisers of a list, and strikes out those that answer
// Never.
func (c *Classifier) again(st *State, list *[]uint16) bool {
	asked := *list
	*list = asked[:0]
	for _, x := range asked {
		if c.one(st, x, list) {
			return true
		}
	}
	return false
}

// one asks one recogniser, and puts it on the list if it wants to see more.
func (c *Classifier) one(st *State, x uint16, list *[]uint16) bool {
	p := &st.probe
	p.more, p.watch, p.turned, p.learned = false, false, false, p.learned[:0]
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

// refine shows a further payload to the recogniser that matched and asked for
// it.
func (c *Classifier) refine(st *State) bool {
	p := &st.probe
	p.matched, p.more, p.watch = true, false, false
	p.learned = p.learned[:0]
	st.looks++
	if st.matched.Recognise(p) == Match {
		c.accept(st)
	}
	return !p.more || p.watch || st.spent()
}

// accept takes over what the recogniser that matched has found.
func (c *Classifier) accept(st *State) {
	p := &st.probe
	st.info = p.Found
	master := c.e.own[st.number]
	if p.Found.Master != "" {
		master = c.e.id(p.Found.Master)
	}
	st.label = Label{Master: master, App: c.e.id(p.Found.App), Confidence: ByPayload}
	c.Lessons = append(c.Lessons, p.learned...)
}
