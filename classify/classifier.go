package classify

import "net/netip"

// What one flow may cost while it is undecided.
const (
	maxPayloads  = 24       // payloads shown to recognisers
	maxSegments  = 128      // TCP segments shown, those of less than crumb bytes not counting as payloads
	tinySegment  = 8        // TCP may cut messages anywhere
	maxMidstream = 12       // payloads of a conversation met in the middle of which each may begin a message
	maxStream    = 16 << 10 // bytes kept of each side
	maxPadding   = 6        // bytes that an Ethernet frame with bare IPv4 and TCP headers is padded with
	maxWarmUp    = 16       // bytes of a datagram that may be but a greeting to a middlebox, before the first message
	maxWarmUps   = 3        // such datagrams
	maxBlank     = 16       // bytes of empty lines before the first message of a TCP stream
	maxHeld      = 8        // TCP segments of each side that wait for a gap to fill
	maxHints     = 512      // lessons: a node of BitTorrent names hundreds of peers
	maxText      = 1 << 10  // bytes of any name or header kept
	minBlock     = 256      // bytes in which copies of payloads are allocated
	maxBlock     = 4 << 10
	maxFree      = 256 // states that wait to be used again
	maxList      = 32  // entries of lists that they keep
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
	Seq, InitialSeq uint32
	SYNSeen         bool
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
	held    int       // bytes of segments that wait for a gap to fill
	blocks  int       // bytes of the blocks that payloads were copied to
	started bool
	// middle tells that the flow was met in the middle of a message, perhaps;
	// asked has then a bit for each recogniser that was asked.
	midstream bool
	asked     [maxProtocols / 64]uint64
	// read is how many bytes the recognisers have seen, as often as they were asked; sent how
	// many the sides have sent; owed tells that they were not asked about the newest.
	read, sent   int
	hints        int // lessons
	deferred     bool
	looks        uint8 // payloads shown while watching
	tinySegments uint8 // TCP segments of less than crumb bytes
	skips        bool  // asked has those that are not to be asked now
	warmUps      uint8 // short datagrams that were left out of account
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
	Hints []Hint
	// Untaught counts the lessons that were left out, since their flows had taught enough.
	DroppedHints uint64
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
	if len(c.free) >= maxFree {
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
	p.history, p.hints = p.history[:0], p.hints[:0]
	if cap(p.history) > maxList {
		p.history = nil
	}
	if cap(p.hints) > maxList {
		p.hints = nil
	}
	p.Payload, p.streams, p.kept, p.keptSize, p.asked = nil, [2][]byte{}, nil, 0, questions{}
	p.midstream, p.matched, p.more, p.watch, p.newest, p.swapped = [2]bool{}, false, false, false, false, false
	p.Found.reset()
	st.info.reset()
	st.strong, st.weak = st.strong[:0], st.weak[:0]
	if st.kept = st.kept[:0]; cap(st.kept) > maxBlock {
		st.kept = nil
	}
	st.blocks = cap(st.kept)
	for i, s := range st.streams {
		if st.streams[i] = s[:0]; cap(s) > maxBlock {
			st.streams[i] = nil
		}
	}
	st.matched, st.number, st.label, st.skips, st.warmUps = nil, 0, Label{}, false, 0
	st.tcp, st.held, st.started, st.looks, st.tinySegments = [2]tcpSide{}, 0, false, 0, 0
	st.read, st.sent, st.deferred, st.hints = 0, 0, false, 0
	if st.midstream {
		st.midstream, st.asked = false, [maxProtocols / 64]uint64{}
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
	asked    questions
}

// Label returns the label that payloads have told so far.
func (w Watch) Label() Label { return w.label }

// Watch reports whether the recogniser wants to see further payloads without
// those before, and returns what is needed to Resume.
func (st *State) Watch() (Watch, bool) {
	return Watch{st.number, st.looks, st.label, st.probe.asked}, st.matched != nil && st.probe.watch && st.looks < maxPayloads
}

// Resume returns a state that goes on watching. info is what was known
// besides.
func (c *Classifier) Resume(w Watch, info Info) *State {
	st := c.NewState()
	st.started, st.matched, st.number, st.looks, st.label = true, c.e.protocols[w.protocol], w.protocol, w.looks, w.label
	st.probe.asked = w.asked
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

// Held returns about how many bytes of memory the flow takes: payloads, with all that stands around them, and what its
// recogniser keeps. It is 0 until there is a payload.
func (st *State) Held() int {
	p := &st.probe
	if len(p.history) == 0 {
		return st.held
	}
	return stateSize + st.held + st.blocks + cap(st.streams[0]) + cap(st.streams[1]) + p.keptSize +
		cap(p.history)*payloadSize + cap(p.hints)*hintSize + 2*(cap(st.strong)+cap(st.weak))
}

// What a state, an entry of the history, a lesson and a segment that waits take on 64-bit systems.
const (
	stateSize   = 864
	payloadSize = 40
	hintSize    = 80
	segmentSize = 40
)

// Turned reports whether the recogniser said that the flow's first sender
// can only be the server.
func (st *State) Swapped() bool { return st.matched != nil && st.probe.swapped }
