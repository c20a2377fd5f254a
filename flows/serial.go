package flows

import (
	"math"

	"servmap/classify"
	"servmap/flows/decode"
)

// result is what a shard hands to the merge: its ended flows, in order, and
// what they taught.
type result struct {
	flows   []ended
	index   []uint32 // order of flows
	next    int      // first of index that was not handed out
	lessons []lesson
}

func (r *result) head() *ended { return &r.flows[r.index[r.next]] }

// shard owns every partition whose number leaves the same rest when divided by
// the number of shards.
type shard struct {
	t     table
	parts [partitions]*partition
}

func newShard(opt *Options, engine *classify.Engine) *shard {
	s := &shard{t: table{opt: opt, engine: engine, c: engine.NewClassifier()}}
	if opt.MaxFlows > 0 {
		s.t.perPartition = max(1, opt.MaxFlows/partitions)
	}
	return s
}

// process takes one packet.
func (s *shard) process(it *item) {
	n := it.hash >> 56
	p := s.parts[n]
	if p == nil {
		p = newPartition(&s.t, it.now)
		s.parts[n] = p
	}
	p.process(it)
}

// sweep ends the flows whose end lies before the given second and moves them,
// in order, into the result, along with what was learned meanwhile.
func (s *shard) sweep(before int64, into *result) {
	for _, p := range s.parts {
		if p == nil {
			continue
		}
		p.sweep(before)
		p.past.forget(before * second)
	}
	s.take(before, into)
}

// take moves out the flows whose end lies before the given second; evicted
// ones may have to wait.
func (s *shard) take(before int64, into *result) {
	into.flows, s.t.out = s.t.out, into.flows[:0]
	into.lessons, s.t.lessons = s.t.lessons, into.lessons[:0]
	into.index, into.next = order(into.flows, into.index), 0
	n := len(into.index)
	for n > 0 && floorSecond(into.flows[into.index[n-1]].end) >= before {
		n--
		s.t.out = append(s.t.out, into.flows[into.index[n]])
	}
	into.index = into.index[:n]
}

// finish ends all flows: first those whose end has come by now, in order,
// then the rest, which end together.
func (s *shard) finish(now int64, into *result) {
	for _, p := range s.parts {
		if p == nil {
			continue
		}
		for _, head := range p.buckets {
			for i := head; i != 0; {
				r := p.at(i)
				next := r.chain
				end := p.end(r)
				if end > now {
					end = math.MaxInt64
				}
				p.finish(i, end)
				i = next
			}
		}
	}
	for i := range s.t.out {
		if s.t.out[i].end > now {
			s.t.out[i].end = math.MaxInt64
		}
	}
	into.flows, s.t.out = s.t.out, into.flows[:0]
	into.lessons, s.t.lessons = s.t.lessons, into.lessons[:0]
	into.index, into.next = order(into.flows, into.index), 0
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

func (s *serial) put(d *decode.Packet, number uint64, now int64) {
	s.it.set(d, d.OrigLen, d.Time, now, number)
	s.shard.process(&s.it)
}

func (s *serial) sweep(before int64) error {
	s.shard.sweep(before, &s.res)
	return s.hand()
}

func (s *serial) finish(now int64) error {
	s.shard.finish(now, &s.res)
	return s.hand()
}

func (s *serial) hand() error {
	s.merge.learn(s.res.lessons)
	return s.merge.release(&s.res)
}

func (s *serial) counts(st *Stats) {
	st.Late += s.shard.t.late
	st.Evicted += s.shard.t.evicted
}
