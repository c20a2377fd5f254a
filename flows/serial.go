package flows

import (
	"math"
	"slices"

	"servmap/classify"
	"servmap/flows/decode"
)

// resultFlows is how many ended flows a result holds at most: what has ended
// goes on to the merge by and by and does not pile up.
const resultFlows = 1024

// result is a part of what a shard hands to the merge: ended flows, in order,
// and with the first part what they taught.
type result struct {
	flows   []ended
	next    int  // first of flows that was not handed out
	last    bool // no further part follows
	lessons []lesson
}

func (r *result) head() *ended { return &r.flows[r.next] }

// shard owns every partition whose number leaves the same rest when divided by
// the number of shards.
type shard struct {
	t     table
	parts [partitions]*partition
	// due lists the flows that are to be finished, in order; taken is how
	// many of them were.
	due   []due
	taken int
	last  bool // the input is at its end
}

// evictedPart marks a due flow that is one of the table's evictees.
const evictedPart = partitions

func newShard(opt *Options, engine *classify.Engine) *shard {
	s := &shard{t: table{opt: opt, engine: engine, c: engine.NewClassifier()}}
	s.t.perPartition = maxRecords - 1
	if opt.MaxFlows > 0 {
		s.t.perPartition = min(max(1, opt.MaxFlows/partitions), s.t.perPartition)
	}
	return s
}

// process takes one packet.
func (s *shard) process(it *item) {
	n := it.hash >> 56
	p := s.parts[n]
	if p == nil {
		p = newPartition(&s.t, uint16(n), it.now)
		s.parts[n] = p
	}
	p.process(it)
}

// sweep lists the flows whose end lies before the given second.
func (s *shard) sweep(before int64) {
	s.due, s.taken = s.due[:0], 0
	for _, p := range s.parts {
		if p != nil {
			s.due = p.sweep(before, s.due)
			p.past.forget(before * second)
		}
	}
	for i := range s.t.evictees {
		if e := &s.t.evictees[i]; floorSecond(e.end) < before {
			s.due = append(s.due, due{e.end, e.number(), uint32(i), evictedPart})
		}
	}
	slices.SortFunc(s.due, byDue)
}

// sweepAll lists all flows: first those whose end has come by now, in order,
// then the rest, which end together.
func (s *shard) sweepAll(now int64) {
	live := 0
	for _, p := range s.parts {
		if p != nil {
			live += p.live
		}
	}
	s.due, s.taken, s.last = make([]due, 0, live+len(s.t.evictees)), 0, true
	for _, p := range s.parts {
		if p != nil {
			s.due = p.sweepAll(now, s.due)
		}
	}
	for i := range s.t.evictees {
		e := &s.t.evictees[i]
		if e.end > now {
			e.end = math.MaxInt64
		}
		s.due = append(s.due, due{e.end, e.number(), uint32(i), evictedPart})
	}
	slices.SortFunc(s.due, byDue)
}

// take finishes the next flows that are due.
func (s *shard) take(into *result) {
	if into.flows == nil {
		into.flows = make([]ended, 0, resultFlows)
	}
	into.flows, into.next = into.flows[:0], 0
	into.lessons, s.t.lessons = s.t.lessons, into.lessons[:0]
	for _, d := range s.due[s.taken:min(s.taken+resultFlows, len(s.due))] {
		if d.part == evictedPart {
			into.flows = append(into.flows, s.t.evictees[d.i])
			s.t.evictees[d.i].setNumber(0)
			continue
		}
		into.flows = into.flows[:len(into.flows)+1]
		s.parts[d.part].finish(d.i, d.end, &into.flows[len(into.flows)-1], s.last)
	}
	s.taken += len(into.flows)
	into.last = s.taken == len(s.due)
	if into.last && len(s.t.evictees) > 0 {
		s.t.evictees = slices.DeleteFunc(s.t.evictees, func(e ended) bool { return e.number() == 0 })
	}
}

// serial does all the work in the caller's goroutine.
type serial struct {
	shard *shard
	merge *merger
	res   result
	it    item
}

func newSerial(opt *Options, engine *classify.Engine, m *merger) *serial {
	return &serial{shard: newShard(opt, engine), merge: m}
}

func (s *serial) put(d *decode.Packet, now int64) {
	var second bool
	s.it.key, second = makeKey(d)
	s.it.hash = s.it.key.hash()
	s.it.set(d, second, now)
	s.shard.process(&s.it)
}

func (s *serial) sweep(before int64) error {
	s.shard.sweep(before)
	return s.hand()
}

func (s *serial) finish(now int64) error {
	s.shard.sweepAll(now)
	return s.hand()
}

func (s *serial) hand() error {
	s.shard.take(&s.res)
	return s.merge.release([]*result{&s.res}, func(int) *result {
		s.shard.take(&s.res)
		return &s.res
	})
}

func (s *serial) counts(st *Stats) {
	st.Late += s.shard.t.late
	st.Evicted += s.shard.t.evicted
	st.GivenUp += s.shard.t.givenUp
}
