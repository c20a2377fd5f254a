package flows

import (
	"servmap/classify"
	"servmap/flows/decode"
	"servmap/flows/table"
	"servmap/pcapio"
)

// serial does all the work in the caller's goroutine.
type serial struct {
	shard  *shard
	merge  *merger
	result result
	it     item
	err    error // of emit: nothing is handed out after it
}

func newSerial(opt *Options, engine *classify.Engine, m *merger) *serial {
	return &serial{shard: newShard(opt, engine), merge: m}
}

func (s *serial) put(d *decode.Packet, now int64, file uint32, _ *pcapio.Block) {
	var second bool
	s.it.key, second = table.KeyOf(d)
	s.it.hash = s.it.key.Hash()
	s.it.set(d, second, now, file)
	s.shard.process(&s.it)
}

func (s *serial) sighted(seen []Sighting) { s.result.sightings = append(s.result.sightings, seen...) }

func (s *serial) sweep(before int64) error {
	s.shard.sweep(before)
	s.result.swept = before * second
	return s.release()
}

func (s *serial) finish(now int64) error {
	if s.err != nil {
		return s.err
	}
	s.shard.sweepAll(now)
	return s.release()
}

// release hands out the flows that are due.
func (s *serial) release() error {
	s.shard.take(&s.result)
	s.err = s.merge.release([]*result{&s.result}, func(int) *result {
		s.shard.take(&s.result)
		return &s.result
	})
	return s.err
}

func (s *serial) abandon() {}

func (s *serial) counts(st *Stats) { s.shard.counts(st) }
