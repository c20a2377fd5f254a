package flows

import (
	"slices"

	"servmap/classify"
	"servmap/flows/table"
)

// rememberFor is how long a flow that has ended hands on what it was to the flow that continues the
// conversation.
const rememberFor = 3600 * second

// carryOver is what a flow that has ended hands on to the next of its key.
type carryOver struct {
	end    int64
	origin uint64 // number and time of the conversation's first packet
	began  int64
	info   classify.Info
	label  classify.Label // Unknown where the flow was not recognised
	source table.Flag     // SourceIsSecond, SourceCertain
	// anyPacket is set where the active timeout cut the conversation: then every further packet
	// continues it. Else only TCP without a SYN does.
	anyPacket bool
}

// recent remembers the flows of a partition that ended, for an hour of packet time.
type recent struct {
	byKey map[table.Key]carryOver
	// may has a bit for each hash of a remembered key, which other keys share. Where it is not set,
	// byKey need not be searched.
	may   []uint64
	queue []recentEntry
	gone  int // entries at the head of the queue that are done with
	// cut is set once a flow that the active timeout cut was remembered.
	cut bool
	// work counts the entries of the queue that were moved, for tests.
	work int
}

type recentEntry struct {
	key table.Key
	end int64
}

// mayContinue reports whether a packet that begins a flow can continue a remembered one. Most begin
// a conversation.
func (s *recent) mayContinue(it *item) bool {
	return len(s.byKey) > 0 && (s.cut || it.key.Protocol() == protoTCP && it.tcp&tcpSYN == 0)
}

// unanswered reports whether the flow is a SYN without any answer: a scan leaves many.
func unanswered(r *table.Record) bool {
	side := r.Source()
	return r.Packets[1-side] == 0 && r.Flags&(table.SourceCertain|table.SawPayload) == table.SourceCertain
}

// carryOver returns what a flow with this end hands on. A flow that was never answered, or was
// closed without any payload, hands on nothing. After other closes a reset may come a minute later, a
// side that did not close may go on, and where a reset was forged, both do.
func (t *tracker) carryOver(r *table.Record, end int64) (carryOver, bool) {
	active := t.table.EndsActive(r, end)
	tcp := r.Key.Protocol() == protoTCP
	if r.Flags&(table.Closed|table.SawPayload) == table.Closed || !active && !tcp {
		return carryOver{}, false
	}
	t.settle(r)
	if !active && unanswered(r) {
		return carryOver{}, false
	}
	c := carryOver{
		end: end, origin: r.Number(), began: r.FirstTime(), anyPacket: active && r.Flags&table.Closed == 0,
		label: r.Label(), source: r.Flags & (table.SourceIsSecond | table.SourceCertain),
	}
	if x := t.table.Extra(r); x != nil {
		c.info = x.Info
		if x.Origin != 0 {
			c.origin, c.began = x.Origin, x.Began
		}
	}
	return c, true
}

// continueFlow lets a new flow continue an earlier one, if it may. Input time counts for a late
// packet, too: what is remembered depends on it.
func (t *tracker) continueFlow(r *table.Record, it *item, c carryOver) {
	late := it.time < it.now-grace
	if it.time < c.end && !late || max(it.time, it.now-grace)-c.end >= rememberFor {
		return
	}
	if !c.anyPacket && it.tcp&tcpSYN != 0 {
		return
	}
	r.Flags = r.Flags&^table.SourceIsSecond | c.source
	if c.label != (classify.Label{}) {
		r.SetLabel(c.label)
	}
	x := t.table.NeedExtra(r)
	x.Info, x.Origin, x.Began = c.info, c.origin, c.began
}

// mayBits is the number of bits of recent.may.
const mayBits = 1 << 13

// bit returns the place of a key's bit in may.
func (s *recent) bit(k *table.Key) (word uint64, mask uint64) {
	h := k.Hash()
	return h % mayBits / 64, 1 << (h % 64)
}

// mayHold reports whether something may be remembered of a key.
func (s *recent) mayHold(k *table.Key) bool {
	if len(s.byKey) == 0 {
		return false
	}
	word, mask := s.bit(k)
	return s.may[word]&mask != 0
}

// drop forgets a key one of whose flows has ended and hands nothing on, unless a later one has.
func (s *recent) drop(k *table.Key, end int64) {
	if !s.mayHold(k) {
		return
	}
	if c, ok := s.byKey[*k]; ok && c.end <= end {
		delete(s.byKey, *k)
	}
}

// find returns what the flow of that key that ended last handed on.
func (s *recent) find(k *table.Key) (carryOver, bool) {
	if !s.mayHold(k) {
		return carryOver{}, false
	}
	c, ok := s.byKey[*k]
	return c, ok
}

// remember keeps what a flow hands on. Where more than most flows are remembered, it forgets the
// oldest.
func (s *recent) remember(k *table.Key, c carryOver, most int) {
	switch {
	case s.byKey == nil:
		s.byKey, s.may = map[table.Key]carryOver{}, make([]uint64, mayBits/64)
	case len(s.byKey) == 0:
		clear(s.may)
	}
	word, mask := s.bit(k)
	s.may[word] |= mask
	if old, ok := s.byKey[*k]; ok && old.end > c.end {
		return
	}
	s.cut = s.cut || c.anyPacket
	s.byKey[*k] = c
	s.queue = append(s.queue, recentEntry{*k, c.end})
	if s.size() > most {
		s.forgetOldest()
	}
}

// size is how many flows are remembered, with those that drop forgot before their turn.
func (s *recent) size() int { return len(s.queue) - s.gone }

// forgetOldest forgets the flow that was remembered first.
func (s *recent) forgetOldest() {
	e := s.queue[s.gone]
	if c, ok := s.byKey[e.key]; ok && c.end == e.end {
		delete(s.byKey, e.key)
	}
	if s.gone++; s.gone >= len(s.queue)/2 {
		s.work += len(s.queue) - s.gone
		s.queue = slices.Delete(s.queue, 0, s.gone)
		s.gone = 0
	}
}

// forget forgets what no packet can continue from now on: no packet that begins a flow in order is
// older than now less the grace time.
func (s *recent) forget(now int64) {
	for s.gone < len(s.queue) && now-s.queue[s.gone].end > rememberFor+grace {
		s.forgetOldest()
	}
}
