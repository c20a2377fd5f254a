package flows

import (
	"math"
	"slices"

	"servmap/classify"
	"servmap/flows/decode"
	"servmap/pcapio"
)

// resultFlows is how many ended flows a result holds at most: what has ended
// goes on to the merge by and by and does not pile up.
const resultFlows = 1024

// warmed is how many packets, or flows that end, a shard brings the memory for near at once.
const warmed = 32

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
	// last is set where the input is at its end, and rest then lists the flows
	// that end with it, after those of due.
	last bool
	rest []uint32
	// swept is the second of the newest sweep, if began.
	swept int64
	began bool
	// warmth is what warm read, so that it is not left out.
	warmth uint64
}

// leftPart marks a due flow that is one of those that have left the table.
const leftPart = partitions

func newShard(opt *Options, engine *classify.Engine) *shard {
	s := &shard{t: table{opt: opt, engine: engine, c: engine.NewClassifier()}}
	s.t.newExtra() // 0 is none
	s.t.perPartition, s.t.mostSingles = limit, singleBit
	if opt.MaxFlows > 0 {
		s.t.perPartition = min(max(1, opt.MaxFlows/partitions), s.t.perPartition)
	}
	s.t.mostPast = max(1, s.t.perPartition/4)
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

// warm reads what the next packets will need of the table, and does nothing with it. Each
// packet has to wait for memory where there are many flows; so the processor
// waits for that of all of them at once.
func (s *shard) warm(items []item) {
	var words [warmed]uint32
	for n := range items {
		hash := items[n].hash
		if p := s.parts[hash>>56]; p != nil {
			words[n] = p.index.words[p.index.start(hash)]
		}
	}
	for n := range items {
		if w, hash := words[n], items[n].hash; w != 0 && w&^maxRecords == tagOf(hash) && w&maxRecords != 0 {
			s.warmth += s.parts[hash>>56].touch(w & maxRecords)
		}
	}
}

// sweep lists the flows whose end lies before the given second.
func (s *shard) sweep(before int64) {
	s.due, s.taken = s.due[:0], 0
	if s.began && before <= s.swept {
		return
	}
	s.began, s.swept = true, before
	for _, p := range s.parts {
		if p != nil {
			s.due = p.sweep(before, s.due)
			p.past.forget(before * second)
		}
	}
	s.t.work += len(s.t.left)
	for i := range s.t.left {
		if e := &s.t.left[i]; floorSecond(e.end) < before {
			s.due = append(s.due, due{e.end, e.number(), uint32(i), leftPart})
		}
	}
	slices.SortFunc(s.due, byDue)
}

// sweepAll lists all flows: first those whose end has come by now, in order,
// then the rest, which end together.
func (s *shard) sweepAll(now int64) {
	s.due, s.taken, s.last = s.due[:0], 0, true
	var rest leftovers
	s.all(func(d due) {
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
	s.all(func(d due) {
		if d.end > now {
			rest.add(d)
		}
	})
	s.rest = rest.order()
}

// all calls f for every flow, and those that have left the table and were not handed on.
func (s *shard) all(f func(due)) {
	for _, p := range s.parts {
		if p != nil {
			p.each(func(i uint32) { f(due{p.endOf(i), p.numberOf(i), i, p.number}) })
		}
	}
	for i := range s.t.left {
		e := &s.t.left[i]
		f(due{e.end, e.number(), uint32(i), leftPart})
	}
}

// leftovers puts flows that end together in the order of their numbers. Where
// these lie close, as after a scan, each flow has a word at its number's place,
// and none is compared with another; else they are sorted.
type leftovers struct {
	first, last uint64
	count       int
	words       []uint32 // where: placeBits of the record and above them the partition
	list        []due
}

const placeBits = 23

// expect counts a flow that will be added.
func (l *leftovers) expect(number uint64) {
	if l.count == 0 {
		l.first, l.last = number, number
	}
	l.first, l.last = min(l.first, number), max(l.last, number)
	l.count++
}

// allocate makes room for the flows that are expected.
func (l *leftovers) allocate() {
	if (l.last-l.first)/8 < uint64(l.count) {
		l.words = make([]uint32, l.last-l.first+1)
	} else {
		l.list = make([]due, 0, l.count)
	}
}

// add adds a flow.
func (l *leftovers) add(d due) {
	if l.words != nil {
		l.words[d.number-l.first] = uint32(d.part)<<placeBits | d.i
		return
	}
	l.list = append(l.list, due{0, d.number, d.i, d.part})
}

// order returns the words of the flows in the order of their numbers.
func (l *leftovers) order() []uint32 {
	if l.words != nil {
		return slices.DeleteFunc(l.words, func(w uint32) bool { return w == 0 })
	}
	slices.SortFunc(l.list, byDue)
	words := make([]uint32, 0, len(l.list))
	for _, d := range l.list {
		words = append(words, uint32(d.part)<<placeBits|d.i)
	}
	return words
}

// ending is the nth of the flows that are to be finished: those of due, then those of rest.
func (s *shard) ending(n int) due {
	if n < len(s.due) {
		return s.due[n]
	}
	place := s.rest[n-len(s.due)]
	return due{end: math.MaxInt64, i: place & (1<<placeBits - 1), part: uint16(place >> placeBits)}
}

// take finishes the next flows that are due, and then those that are left.
func (s *shard) take(into *result) {
	if into.flows == nil {
		into.flows = make([]ended, 0, resultFlows)
	}
	into.flows, into.next = into.flows[:0], 0
	into.lessons, s.t.lessons = s.t.lessons, into.lessons[:0]
	all := len(s.due) + len(s.rest)
	for s.taken < all && len(into.flows) < resultFlows {
		to := s.taken + min(warmed, all-s.taken, resultFlows-len(into.flows))
		for n := s.taken; n < to; n++ {
			if d := s.ending(n); d.part != leftPart {
				s.warmth += s.parts[d.part].touch(d.i)
			}
		}
		for ; s.taken < to; s.taken++ {
			s.finish(s.ending(s.taken), into)
		}
	}
	into.last = s.taken == all
	if into.last && len(s.t.left) > 0 {
		s.t.left = slices.DeleteFunc(s.t.left, func(e ended) bool { return e.number() == 0 })
	}
}

// finish moves one flow into the result.
func (s *shard) finish(d due, into *result) {
	into.flows = into.flows[:len(into.flows)+1]
	e := &into.flows[len(into.flows)-1]
	if d.part != leftPart {
		s.parts[d.part].finish(d.i, d.end, e, s.last)
		return
	}
	gone := &s.t.left[d.i]
	*e = *gone
	e.end = d.end
	gone.setNumber(0)
}

// serial does all the work in the caller's goroutine.
type serial struct {
	shard *shard
	merge *merger
	res   result
	it    item
	err   error // of emit: nothing is handed out after it
}

func newSerial(opt *Options, engine *classify.Engine, m *merger) *serial {
	return &serial{shard: newShard(opt, engine), merge: m}
}

func (s *serial) put(d *decode.Packet, now int64, file uint32, _ *pcapio.Block) {
	var second bool
	s.it.key, second = makeKey(d)
	s.it.hash = s.it.key.hash()
	s.it.set(d, second, now, file)
	s.shard.process(&s.it)
}

func (s *serial) sweep(before int64) error {
	s.shard.sweep(before)
	return s.hand()
}

func (s *serial) finish(now int64) error {
	if s.err != nil {
		return s.err
	}
	s.shard.sweepAll(now)
	return s.hand()
}

func (s *serial) hand() error {
	s.shard.take(&s.res)
	s.err = s.merge.release([]*result{&s.res}, func(int) *result {
		s.shard.take(&s.res)
		return &s.res
	})
	return s.err
}

func (s *serial) abandon() {}

func (s *serial) counts(st *Stats) {
	s.shard.t.add(st)
}
