package classify

import "bytes"

// tcpSide puts the segments of one side in sequence.
type tcpSide struct {
	begun bool
	next  uint32
	held  []heldSegment
	lost  bool // a gap was given up: nothing more is appended to the stream
	// padding counts zero bytes seen before any data. Some senders count the Ethernet padding of a
	// bare ACK; real data then reuses that sequence number.
	padding uint8
	// blank are the empty lines that have come before all data, and wait for what follows.
	blank []byte
}

type heldSegment struct {
	seq  uint32
	len  int
	data []byte
}

// Feed shows the next payload of a flow to the recognisers. It returns true when they want no more
// payloads.
func (c *Classifier) Feed(st *State, in *Segment) bool {
	p := &st.probe
	p.Transport, p.Addrs, p.Ports, p.fingerprint, p.ppid = in.Transport, in.Addrs, in.Ports, c.e.fingerprint, in.PPID
	if in.Transport != TCP || st.followed {
		return c.deliver(st, in.From, in.Data, in.Len, true)
	}
	side := &st.tcp[in.From]
	if !side.begun {
		side.begun = true
		side.next = in.Seq
		switch {
		case in.SYNSeen && in.Seq == in.InitialSeq-1 && in.Len > 1:
			// Whoever made this stream forgot that the SYN takes a number. A keep-alive has
			// that number as well, and at most one byte (RFC 9293, section 3.8.4).
		case in.SYNSeen:
			side.next = in.InitialSeq
		default:
			p.midstream[in.From] = true
		}
	}
	return c.inSequence(st, side, in)
}

var zeros [maxPadding]byte

// inSequence delivers a TCP segment whose turn has come, and the held ones behind it. Others are held.
// Where too many are, the gap is given up: they are delivered in the order in which they came, and no
// longer as part of the stream.
func (c *Classifier) inSequence(st *State, side *tcpSide, in *Segment) bool {
	if n := int(side.padding); n > 0 {
		side.padding = 0
		if in.Seq != side.next && c.advance(st, side, in.From, zeros[:n], n, 0) {
			return true
		}
	}
	// Sequence numbers count modulo 2^32. behind is unsigned, because the distance of half that
	// space has no negative as a signed number.
	ahead, behind := int32(in.Seq-side.next), side.next-in.Seq
	switch {
	case ahead == 0 && st.probe.streams[in.From] == nil && len(side.held) == 0 && in.Len <= maxPadding && bytes.Equal(in.Data, zeros[:in.Len]):
		side.padding = uint8(in.Len)
		return false
	case side.lost:
		return c.deliver(st, in.From, in.Data, in.Len, false)
	case ahead > 0:
		if len(side.held) < maxHeld && ahead < maxStream {
			side.held = append(side.held, heldSegment{in.Seq, in.Len, append([]byte(nil), in.Data...)})
			st.held += len(in.Data) + segmentSize
			return false
		}
		side.lost = true
		for _, h := range side.held {
			st.held -= len(h.data) + segmentSize
			if c.deliver(st, in.From, h.data, h.len, false) {
				return true
			}
		}
		side.held = nil
		return c.deliver(st, in.From, in.Data, in.Len, false)
	case behind >= uint32(in.Len):
		return false
	}
	if c.advance(st, side, in.From, in.Data, in.Len, int(behind)) {
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
		st.held -= len(h.data) + segmentSize
		if int(behind) < h.len && c.advance(st, side, in.From, h.data, h.len, int(behind)) {
			return true
		}
		i = 0
	}
	return false
}

// isBlank reports whether b has only ends of lines.
func isBlank(b []byte) bool {
	for _, c := range b {
		if c != '\r' && c != '\n' {
			return false
		}
	}
	return true
}

// afterBlank delivers the first data of a side that began with empty lines. Servers ignore those
// before a request (RFC 9112, 2.2; RFC 3261, 7.5), and some clients send them as keep-alives. They
// are left out where text follows, because binary protocols may begin with the same bytes.
func (c *Classifier) afterBlank(st *State, side *tcpSide, from Side, data []byte, length int) bool {
	n := 0
	for n < len(data) && isBlank(data[n:n+1]) {
		n++
	}
	blank := append(side.blank, data[:n]...)
	side.blank = nil
	switch {
	case n == length && len(blank) <= maxBlank:
		side.blank = blank // the next segment decides
		return false
	case n < len(data) && len(blank) <= maxBlank && isLetter(data[n]):
		return c.deliver(st, from, data[n:], length-n, true)
	case len(blank) > n && c.deliver(st, from, blank[:len(blank)-n], len(blank)-n, true):
		return true
	}
	return c.deliver(st, from, data, length, true)
}

// isLetter reports whether b is a letter of ASCII.
func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// advance delivers what is new in a segment whose first skip bytes were delivered before.
func (c *Classifier) advance(st *State, side *tcpSide, from Side, data []byte, length, skip int) bool {
	side.next += uint32(length - skip)
	if skip > len(data) {
		skip = len(data)
	}
	cut := length > len(data)
	data, length = data[skip:], length-skip
	var done bool
	if len(side.blank) > 0 || st.probe.streams[from] == nil && len(data) > 0 && isBlank(data[:1]) {
		done = c.afterBlank(st, side, from, data, length)
	} else {
		done = c.deliver(st, from, data, length, true)
	}
	side.lost = side.lost || cut
	return done
}

// deliver adds one payload to the history and asks the recognisers. The payload is copied only where it
// may be looked at again.
func (c *Classifier) deliver(st *State, from Side, data []byte, length int, inStream bool) bool {
	p := &st.probe
	if len(data) == 0 {
		return false
	}
	stream := &p.streams[from]
	// A side whose first bytes were lost is met midstream. Its first payload makes the stream all
	// the same: recognisers may rely on the sender's stream not being empty.
	first := *stream == nil
	p.midstream[from] = p.midstream[from] || first && !inStream
	switch {
	case first:
		*stream = data[:min(len(data), maxStream):min(len(data), maxStream)]
	case p.Transport == TCP && inStream && len(*stream) < maxStream:
		st.extend(from, data[:min(len(data), maxStream-len(*stream))])
	}
	p.history = append(p.history, Payload{From: from, Data: data, Len: length})
	p.Payload, p.From, p.Len = data, from, length
	if p.Transport == TCP && length < tinySegment {
		st.tinySegments++
	}
	st.sent += len(data)
	if c.showOrDefer(st, first) {
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

// extend appends to the stream of a side. A stream lies in its first payload until it is extended, and
// then in memory that the state keeps.
func (st *State) extend(from Side, data []byte) {
	stream := &st.probe.streams[from]
	if own := &st.streams[from]; len(*own) == 0 {
		*own = append((*own)[:0], *stream...)
	}
	st.streams[from] = append(st.streams[from], data...)
	*stream = st.streams[from]
}

// keep copies a payload into the state's blocks.
func (st *State) keep(data []byte) []byte {
	n := len(st.kept)
	if cap(st.kept)-n < len(data) {
		// The old block stays where it is: the history refers to it.
		st.kept, n = make([]byte, 0, max(minBlock, min(2*cap(st.kept), maxBlock), len(data))), 0
		st.blocks += cap(st.kept)
	}
	st.kept = append(st.kept, data...)
	return st.kept[n:len(st.kept):len(st.kept)]
}
