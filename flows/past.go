package flows

import (
	"slices"

	"servmap/classify"
)

// rememberFor is how long what a timed-out flow was is handed on to the flow that
// continues the conversation.
const rememberFor = 3600 * second

// heritage is what a flow that timed out hands on to the next of its key.
type heritage struct {
	end    int64
	origin uint64
	info   classify.Info
	word   uint32 // the label
	flags  flag
	// anyPacket is set where the active timeout cut the conversation: then
	// every further packet continues it; else only TCP without a SYN does.
	anyPacket bool
}

// past remembers the flows of a partition that timed out, for an hour of
// packet time.
type past struct {
	of map[Key]heritage
	// may has a bit for each hash of a key that was remembered, or of another
	// key: where it is not set, of need not be searched.
	may   []uint64
	queue []pastEntry
	gone  int // entries at the head of the queue that are done with
	// cut counts what was remembered of flows that the active timeout cut.
	cut int
	// work counts the entries of the queue that were moved.
	work int
}

// mayMatter reports whether anything remembered can be of use to a packet
// that starts a flow: most start one anew.
func (s *past) mayMatter(it *item) bool {
	return len(s.of) > 0 && (s.cut > 0 || it.key.Protocol() == protoTCP && it.tcp&tcpSYN == 0)
}

type pastEntry struct {
	key Key
	end int64
}

// unanswered reports whether the flow is a SYN to which nothing came: a scan
// leaves many.
func (r *record) unanswered() bool {
	side := r.source()
	return r.packets[1-side] == 0 && r.flags&(sourceCertain|sawPayload) == sourceCertain
}

// heritage returns what a flow with this end would hand on. A flow that was
// closed, or was never answered, hands on nothing.
func (p *partition) heritage(r *record, end int64) (heritage, bool) {
	active := p.expiration(r, end) == ExpiredActive
	tcp := r.key.Protocol() == protoTCP
	if r.flags&closed != 0 || !active && !tcp {
		return heritage{}, false
	}
	if r.extra != 0 {
		p.settle(r)
	}
	if !active && r.unanswered() {
		return heritage{}, false
	}
	h := heritage{end: end, origin: r.number(), anyPacket: active, flags: r.flags & (sourceIsSecond | sourceCertain)}
	if r.flags&isPayload != 0 {
		h.word = r.word[0]
		h.flags |= isPayload | decided
	}
	if r.extra != 0 {
		x := p.t.extras.at(r.extra)
		h.info = x.info
		if x.origin != 0 {
			h.origin = x.origin
		}
	}
	return h, true
}

// inherit lets a new flow continue the one before it, where it may. For a late packet, too, it
// counts what is remembered by input time.
func (p *partition) inherit(r *record, it *item, h heritage) {
	if it.time < h.end || max(it.time, it.now-grace)-h.end >= rememberFor {
		return
	}
	if !h.anyPacket && it.tcp&tcpSYN != 0 {
		return
	}
	const carried = sourceIsSecond | sourceCertain | isPayload | decided
	r.flags = r.flags&^sourceIsSecond | h.flags&carried
	if h.flags&isPayload != 0 {
		r.word[0] = h.word
	}
	x := p.extraOf(r)
	x.info, x.origin = h.info, h.origin
}

// pastBits is the number of bits of past.may.
const pastBits = 1 << 13

// bit returns the place of a key's bit in may.
func (s *past) bit(k *Key) (word uint64, mask uint64) {
	h := k.hash()
	return h % pastBits / 64, 1 << (h % 64)
}

// mayHold reports whether something may be remembered of a key.
func (s *past) mayHold(k *Key) bool {
	if len(s.of) == 0 {
		return false
	}
	word, mask := s.bit(k)
	return s.may[word]&mask != 0
}

// drop forgets a key whose flow ended then and hands nothing on.
func (s *past) drop(k *Key, end int64) {
	if !s.mayHold(k) {
		return
	}
	if h, ok := s.of[*k]; ok && h.end <= end {
		delete(s.of, *k)
	}
}

// find returns what the flow of that key that ended last handed on.
func (s *past) find(k *Key) (heritage, bool) {
	if !s.mayHold(k) {
		return heritage{}, false
	}
	h, ok := s.of[*k]
	return h, ok
}

// remember keeps what a flow hands on. Of more than the given number of flows
// the oldest are forgotten.
func (s *past) remember(k *Key, h heritage, most int) {
	switch {
	case s.of == nil:
		s.of, s.may = map[Key]heritage{}, make([]uint64, pastBits/64)
	case len(s.of) == 0:
		clear(s.may)
	}
	word, mask := s.bit(k)
	s.may[word] |= mask
	if old, ok := s.of[*k]; ok && old.end > h.end {
		return
	}
	if h.anyPacket {
		s.cut++
	}
	s.of[*k] = h
	s.queue = append(s.queue, pastEntry{*k, h.end})
	if s.size() > most {
		s.oldest()
	}
}

// size is how many flows are remembered, those included that were forgotten out of turn.
func (s *past) size() int { return len(s.queue) - s.gone }

// oldest drops what was remembered first.
func (s *past) oldest() {
	e := s.queue[s.gone]
	if h, ok := s.of[e.key]; ok && h.end == e.end {
		delete(s.of, e.key)
	}
	if s.gone++; s.gone >= len(s.queue)/2 {
		s.work += len(s.queue) - s.gone
		s.queue = slices.Delete(s.queue, 0, s.gone)
		s.gone = 0
	}
}

// forget drops what can be of no use to any packet from now on: no packet
// that starts a flow in order is older than now less the grace time.
func (s *past) forget(now int64) {
	for s.gone < len(s.queue) && now-s.queue[s.gone].end > rememberFor+grace {
		s.oldest()
	}
}
