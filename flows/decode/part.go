package decode

const (
	// maxPart is how much of a fragmented packet's payload is looked at: as much as is kept of a
	// flow's side to recognise it.
	maxPart = 16 << 10
	// maxCopied is up to where in the IP packet's payload fragments are copied that come before the
	// first one: so much further as headers may take.
	maxCopied = maxPart + 512
	// maxBare is after how many first fragments without any later one datagrams are no longer taken
	// apart: a capture that was filtered by port has no later fragments.
	maxBare = 16
)

// body is what a first fragment carries: length bytes, which end room bytes after their beginning in
// the memory of the frame. whole tells that the capture did not cut it.
type body struct {
	length, room int
	whole        bool
}

// rest says what the later fragments of a packet carry of the transport's payload. The zero rest is
// nothing.
type rest struct {
	at       int    // where the payload begins in that of the IP packet, more than 0
	first    int    // how much of it the first fragment has
	length   int    // of the whole payload; of TCP at most that
	datagram uint32 // the number of a UDP datagram, 0 for TCP
	seq      uint32 // of TCP: the sequence number of the first byte
}

// begin makes the payload of p, a first fragment and the only one in its frame, a part, and tells what
// the later fragments will carry. The payload must reach to the end of the fragment.
func (f *fragments) begin(key fragmentKey, p *Packet) rest {
	r := rest{at: f.body.room - cap(p.Payload), first: len(p.Payload), length: p.PayloadLen}
	if r.first == 0 || !f.body.whole || r.at <= 0 || r.at+r.first != f.body.length {
		return rest{}
	}
	switch {
	case p.HasTCP:
		r.seq = p.Seq
		if p.TCPFlags&2 != 0 {
			r.seq++ // the SYN takes one sequence number (RFC 9293, 3.4)
		}
		if p.PayloadLen == r.first {
			r.length = 1 << 16 // only the last fragment tells it
		}
		p.PayloadLen = r.first // the others follow as segments of their own
		return r
	case p.Protocol == protoUDP && r.length > r.first && f.bare < maxBare:
		r.datagram = f.datagram(key, p, r.length)
		p.Datagram, p.Seq, p.Ack = r.datagram, 0, uint32(r.length)
		return r
	}
	return rest{}
}

// datagram returns the number of a datagram: that of the last with its key and length, of which p is
// the first fragment once more, or a new one.
func (f *fragments) datagram(key fragmentKey, p *Packet, length int) uint32 {
	if i, ok := f.index[key]; ok && p.Time-f.firsts[i].time <= firstLives {
		if old := &f.firsts[i].rest; old.datagram != 0 && old.length == length {
			return old.datagram
		}
	}
	f.bare++
	if f.datagrams++; f.datagrams == 0 {
		f.datagrams++
	}
	return f.datagrams
}

// give makes what a later fragment carries, b, which begins at offset in the payload of the IP packet,
// the payload of p, as far as it is the transport's and the first fragment has not got it.
func (r *rest) give(p *Packet, offset int, b []byte) {
	if r.at == 0 {
		return
	}
	at, wire := offset-r.at, p.PayloadLen
	if skip := r.first - at; skip > 0 {
		b, at, wire = b[min(skip, len(b)):], r.first, wire-skip
	}
	wire = min(wire, r.length-at)
	b = b[:max(0, min(len(b), wire, maxPart-at))]
	if len(b) == 0 {
		return
	}
	p.Payload, p.PayloadLen = b, wire
	if r.datagram != 0 {
		p.Datagram, p.Seq, p.Ack = r.datagram, uint32(at), uint32(r.length)
	} else {
		p.Seq = r.seq + uint32(at)
	}
}
