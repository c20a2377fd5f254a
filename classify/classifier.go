package classify

import "net/netip"

// Limits of one undecided flow.
const (
	maxPayloads  = 24       // payloads shown to recognisers; tiny TCP segments do not count
	maxSegments  = 128      // TCP segments shown to recognisers, tiny ones included
	tinySegment  = 8        // a TCP segment of fewer bytes is tiny: TCP may cut messages anywhere
	maxMidstream = 12       // first payloads of a flow met midstream of which each may begin a message
	maxStream    = 16 << 10 // bytes kept of each side
	maxPadding   = 6        // Ethernet padding in bytes behind bare IPv4 and TCP headers
	maxWarmUp    = 16       // bytes of a datagram before the first message that only opens a path
	maxWarmUps   = 3        // such datagrams
	maxRepeated  = 60       // datagrams that are the first one again, if that is such a one
	maxBlank     = 64       // bytes of empty lines before the first message of a TCP stream
	maxFollowed  = 1 << 12  // payloads of a TCP flow whose recogniser keeps watching
	maxHeld      = 8        // TCP segments kept of each side until a gap before them is filled
	maxHints     = 512      // hints; a BitTorrent node names hundreds of peers
	maxText      = 1 << 10  // bytes kept of any name or header
)

// Limits of memory that is used again.
const (
	minBlock = 256 // bytes of the smallest block into which payloads are copied
	maxBlock = 4 << 10
	maxFree  = 256 // unused states that a classifier keeps
	maxList  = 32  // entries for which an unused state keeps room in its lists
)

// Segment is one payload as the flow table passes it on: a datagram, or what a TCP segment carries.
type Segment struct {
	Transport Transport
	From      Side
	Addrs     [2]netip.Addr
	Ports     [2]uint16
	Data      []byte
	// Len is the payload's length on the wire.
	Len int
	// Seq is the TCP sequence number of Data.
	Seq uint32
	// InitialSeq is the sequence number after the sender's SYN. Valid iff SYNSeen.
	InitialSeq uint32
	// SYNSeen is set where the sender's SYN was captured.
	SYNSeen bool
	// PPID is the payload protocol identifier of SCTP (RFC 9260, section 3.3.1), 0 for none.
	PPID uint32
}

// State is the classification of one undecided flow. NewState gives it out and Release takes it back.
type State struct {
	probe   Probe
	strong  []uint16
	weak    []uint16
	matched *Protocol
	number  uint16 // index of matched in Engine.protocols
	label   Label
	info    Found
	tcp     [2]tcpSide
	kept    []byte    // the newest block of copied payloads
	streams [2][]byte // memory for the streams of sides that have sent more than one payload
	held    int       // memory in bytes of the segments behind gaps
	blocks  int       // memory in bytes of all blocks of copied payloads
	started bool      // the first payload was shown
	// midstream is set where the flow's beginning was not captured. asked then has a bit for each
	// recogniser that was asked.
	midstream bool
	asked     [maxProtocols / 64]uint64
	read      int    // bytes that recognisers have seen; what they see twice counts twice
	sent      int    // bytes that both sides have sent
	deferred  bool   // recognisers were not asked about the newest payload
	hints     int    // hints that the flow has given
	looks     uint16 // payloads shown since the match
	// tinySegments counts the TCP segments of fewer than tinySegment bytes.
	tinySegments uint8
	warmUps      uint8 // short datagrams before the first message
	repeated     uint8 // datagrams that were the first one again
	followed     bool  // a TCP flow whose payloads are shown as they come: see Probe.KeepWatching
	skips        bool  // asked also has the recognisers that are not to be asked now
}

// Classifier recognises flows for one goroutine.
type Classifier struct {
	e    *Engine
	free []*State
	// begins holds, for each transport and first byte met so far, the recognisers of flows that
	// begin with that byte.
	begins [3][256]*candidates
	// Hints are what flows told about later flows since the caller last emptied it.
	Hints []Hint
	// DroppedHints counts the hints that were dropped, because their flow had given maxHints.
	DroppedHints uint64
}

// NewClassifier returns a classifier for one goroutine.
func (e *Engine) NewClassifier() *Classifier { return &Classifier{e: e} }

// NewState returns the state of a new flow.
func (c *Classifier) NewState() *State {
	if n := len(c.free); n > 0 {
		st := c.free[n-1]
		c.free = c.free[:n-1]
		return st
	}
	return &State{}
}

// Release takes a state back. The caller must not use it afterwards.
func (c *Classifier) Release(st *State) {
	if len(c.free) >= maxFree {
		return
	}
	st.reset()
	c.free = append(c.free, st)
}

// reset makes a state as new. It keeps what was allocated, within limits, and writes as little as it
// can: most flows use little of a state.
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
	st.matched, st.number, st.label, st.skips, st.warmUps, st.repeated = nil, 0, Label{}, false, 0, 0
	st.tcp, st.held, st.started, st.looks, st.tinySegments = [2]tcpSide{}, 0, false, 0, 0
	st.read, st.sent, st.deferred, st.followed, st.hints = 0, 0, false, false, 0
	if st.midstream {
		st.midstream, st.asked = false, [maxProtocols / 64]uint64{}
	}
}

// reset empties what was found. Mostly nothing was, and a look is cheaper than a write.
func (f *Found) reset() {
	if len(f.Master)|len(f.App)|len(f.ServerName)|len(f.ClientFingerprint)|len(f.ServerFingerprint)|len(f.UserAgent)|len(f.ContentType) != 0 {
		*f = Found{}
	}
}

// Label returns the label so far. After Finish it may be one that Refuted describes.
func (st *State) Label() Label { return st.label }

// Info returns names and fingerprints found so far.
func (st *State) Info() Info { return st.info.Info() }

// Watch is what a recognised flow keeps between two payloads whose recogniser called KeepWatching. It
// takes far less memory than a State, which holds payloads.
type Watch struct {
	protocol uint16
	looks    uint16
	tcp      bool
	label    Label
	asked    questions
}

// Label returns the label so far.
func (w Watch) Label() Label { return w.label }

// Watch reports whether the recogniser wants to see further payloads and needs none of those before. It
// returns what Resume needs.
func (st *State) Watch() (Watch, bool) {
	most, tcp := uint16(maxPayloads), st.probe.Transport == TCP
	if tcp {
		most = maxFollowed
	}
	return Watch{st.number, st.looks, tcp, st.label, st.probe.asked}, st.matched != nil && st.probe.watch && st.looks < most
}

// Resume returns a state that goes on watching a flow. info is what was found before.
func (c *Classifier) Resume(w Watch, info Info) *State {
	st := c.NewState()
	st.followed = w.tcp
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

// Held returns about how many bytes of memory the flow takes: state, payloads, and what its recogniser
// keeps. Before a payload was shown it is what waits behind a gap, and mostly 0.
func (st *State) Held() int {
	p := &st.probe
	if len(p.history) == 0 {
		return st.held
	}
	return stateSize + st.held + st.blocks + cap(st.streams[0]) + cap(st.streams[1]) + p.keptSize +
		cap(p.history)*payloadSize + cap(p.hints)*hintSize + 2*(cap(st.strong)+cap(st.weak))
}

// About how many bytes each takes on 64-bit systems.
const (
	stateSize   = 880 // State
	payloadSize = 40  // Payload
	hintSize    = 88  // Hint
	segmentSize = 40  // heldSegment
)

// Swapped reports whether the recogniser found that the flow's first sender can only be the server.
func (st *State) Swapped() bool { return st.matched != nil && st.probe.swapped }
