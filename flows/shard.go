package flows

import (
	"math"
	"slices"

	"servmap/classify"
	"servmap/flows/table"
)

// partitions is how many parts the table of flows has, for any number of workers. Limits hold for
// each part, so their effect does not depend on how the parts are shared out.
const partitions = 256

// resultFlows is how many ended flows a result holds at most: they go on to the merge in portions
// and do not pile up.
const resultFlows = 1024

// prefetchBatch is how many records are fetched into cache together, so that the processor waits
// once for a batch.
const prefetchBatch = 32

// result is a part of what a shard hands to the merge: ended flows, in order, and with the first
// part the hints.
type result struct {
	flows []ended
	next  int  // index of the first of flows that was not handed out
	last  bool // no further part follows
	hints []hint
	// early are flows that were recognised since the last sweep, with the first part.
	early []ended
	// sightings come with the first part of the first shard.
	sightings []Sighting
	// swept is the instant before which all flows have ended, with the first part; math.MinInt64 where
	// none was named.
	swept int64
}

func (r *result) head() *ended { return &r.flows[r.next] }

// shard owns every partition whose number leaves the same rest when divided by the number of
// shards. One goroutine has it.
type shard struct {
	opt    *Options
	engine *classify.Engine
	c      *classify.Classifier
	memory *table.Memory
	parts  [partitions]*tracker
	// maxFlows is the limit on live flows of a partition, and maxRecent on those it remembers.
	maxFlows, maxRecent int

	// What the packets gave that is not handed on yet.
	left   []ended // flows that left the table between two sweeps
	hints  []hint
	failed failures

	// recognised are the flows that were since the last sweep, where Options.Early wants them; early is what was found of
	// them then.
	recognised []recognised
	early      []ended

	open int // flows that Options.Open was told of
	// What was counted.
	late, evicted, givenUp uint64
	byFile                 []uint64 // flows begun, by the capture of their first packet
	// work counts entries of lists that were looked at. Tests hold it to grow with the input.
	work int

	// due lists the flows that are to be finished, in order; taken is how many of them were.
	due   []due
	taken int
	// atEnd is set where the input is at its end. rest then lists the flows that end with it, after
	// those of due.
	atEnd bool
	rest  []uint32
	// swept is the second of the newest sweep, valid iff began.
	swept int64
	began bool

	idle       []due  // scratch of evict
	prefetched uint64 // sum of what prefetch read, so that the reading is not left out
}

// leftPart marks a due flow that has left the table.
const leftPart = partitions

func newShard(opt *Options, engine *classify.Engine) *shard {
	s := &shard{opt: opt, engine: engine, c: engine.NewClassifier(), maxFlows: table.Max}
	s.memory = table.NewMemory(table.Timeouts{Idle: int64(opt.IdleTimeout), Active: int64(opt.ActiveTimeout)})
	if opt.MaxFlows > 0 {
		s.maxFlows = min(max(1, opt.MaxFlows/partitions), s.maxFlows)
	}
	s.maxRecent = max(1, s.maxFlows/4)
	return s
}

// countFlow counts a new flow for the capture of its first packet.
func (s *shard) countFlow(file uint32) {
	for int(file) >= len(s.byFile) {
		s.byFile = append(s.byFile, 0)
	}
	s.byFile[file]++
}

// counts adds what the shard counted.
func (s *shard) counts(st *Stats) {
	st.Late += s.late
	st.Evicted += s.evicted
	st.GivenUp += s.givenUp
	st.DroppedHints += s.c.DroppedHints
	s.failed.add(st)
	for i, n := range s.byFile {
		for i >= len(st.FlowsByFile) {
			st.FlowsByFile = append(st.FlowsByFile, 0)
		}
		st.FlowsByFile[i] += n
	}
}

// process takes one packet.
func (s *shard) process(it *item) {
	n := it.hash >> 56
	t := s.parts[n]
	if t == nil {
		t = newTracker(s, uint16(n), it.now)
		s.parts[n] = t
	}
	t.process(it)
}

// prefetch reads what the next packets, at most prefetchBatch, will need of the tables. Where there
// are many flows, each packet has to wait for memory: so the processor waits for all of them at
// once.
func (s *shard) prefetch(items []item) {
	var refs [prefetchBatch]table.Ref
	for n := range items {
		hash := items[n].hash
		if t := s.parts[hash>>56]; t != nil {
			refs[n] = t.table.Nearest(hash)
		}
	}
	for n := range items {
		if refs[n] != 0 {
			s.prefetched += s.parts[items[n].hash>>56].table.Prefetch(refs[n])
		}
	}
}

// sweep lists the flows whose end lies before the given second.
func (s *shard) sweep(before int64) {
	s.due, s.taken = s.due[:0], 0
	s.lookUp()
	s.tellOpen()
	if s.began && before <= s.swept {
		return
	}
	s.began, s.swept = true, before
	for _, t := range s.parts {
		if t != nil {
			s.due = t.sweep(before, s.due)
			t.recent.forget(before * second)
		}
	}
	s.work += len(s.left)
	for i := range s.left {
		if e := &s.left[i]; table.FloorSecond(e.end) < before {
			s.due = append(s.due, due{e.end, e.Number(), uint32(i), leftPart})
		}
	}
	slices.SortFunc(s.due, byDue)
}

// tellOpen keeps Options.Open.
func (s *shard) tellOpen() {
	if s.opt.Open == nil {
		return
	}
	open := 0
	for _, t := range s.parts {
		if t != nil {
			open += t.table.Len()
		}
	}
	s.opt.Open.Add(int64(open - s.open))
	s.open = open
}

// sweepAll lists all flows: first those whose end has come by now, in order, then the rest, which
// end together.
func (s *shard) sweepAll(now int64) {
	s.due, s.taken, s.atEnd = s.due[:0], 0, true
	var rest leftovers
	s.each(func(d due) {
		if d.end <= now {
			s.due = append(s.due, d)
		} else {
			rest.expect(d.number)
		}
	})
	slices.SortFunc(s.due, byDue)
	if rest.count == 0 {
		return
	}
	rest.allocate()
	s.each(func(d due) {
		if d.end > now {
			rest.add(d)
		}
	})
	s.rest = rest.order()
}

// each calls f for every flow, also for those that have left the table and were not handed on.
func (s *shard) each(f func(due)) {
	for _, t := range s.parts {
		if t != nil {
			t.table.Each(func(ref table.Ref) {
				f(due{t.table.EndOf(ref), t.table.Number(ref), uint32(ref), t.number})
			})
		}
	}
	for i := range s.left {
		e := &s.left[i]
		f(due{e.end, e.Number(), uint32(i), leftPart})
	}
}

// ending returns the nth of the flows that are to be finished: those of due, then those of rest.
func (s *shard) ending(n int) due {
	if n < len(s.due) {
		return s.due[n]
	}
	word := s.rest[n-len(s.due)]
	return due{end: math.MaxInt64, place: word & (1<<placeBits - 1), part: uint16(word >> placeBits)}
}

// take finishes the next flows that are due, and then those of rest.
func (s *shard) take(into *result) {
	if into.flows == nil {
		into.flows = make([]ended, 0, resultFlows)
	}
	into.flows, into.next = into.flows[:0], 0
	into.hints, s.hints = s.hints, into.hints[:0]
	into.early, s.early = s.early, into.early[:0]
	all := len(s.due) + len(s.rest)
	for s.taken < all && len(into.flows) < resultFlows {
		to := s.taken + min(prefetchBatch, all-s.taken, resultFlows-len(into.flows))
		for n := s.taken; n < to; n++ {
			if d := s.ending(n); d.part != leftPart {
				s.prefetched += s.parts[d.part].table.Prefetch(table.Ref(d.place))
			}
		}
		for ; s.taken < to; s.taken++ {
			s.finish(s.ending(s.taken), into)
		}
	}
	into.last = s.taken == all
	if into.last && len(s.left) > 0 {
		s.left = slices.DeleteFunc(s.left, func(e ended) bool { return e.Number() == 0 })
	}
}

// finish moves one flow into the result.
func (s *shard) finish(d due, into *result) {
	into.flows = into.flows[:len(into.flows)+1]
	e := &into.flows[len(into.flows)-1]
	if d.part != leftPart {
		s.parts[d.part].finish(table.Ref(d.place), d.end, e, s.atEnd)
		return
	}
	gone := &s.left[d.place]
	*e = *gone
	e.end = d.end
	gone.SetNumber(0)
}
