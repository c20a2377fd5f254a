package flows

import "servmap/flows/table"

// recognised is a flow that was just recognised.
type recognised struct {
	tracker *tracker
	key     table.Key
	hash    uint64
	number  uint64
}

// mostRecognised is how many flows are remembered for Options.Early between two sweeps. Others come at their end alone.
const mostRecognised = 1 << 14

// noteRecognised remembers a flow for Options.Early.
func (t *tracker) noteRecognised(r *table.Record, it *item) {
	if s := t.shard; len(s.recognised) < mostRecognised {
		s.recognised = append(s.recognised, recognised{t, it.key, it.hash, r.Number()})
	}
}

// lookUp finds the flows that were recognised, as they are by now. What has left the table comes by itself.
func (s *shard) lookUp() {
	for i := range s.recognised {
		f := &s.recognised[i]
		for _, ref := range f.tracker.table.Find(&f.key, f.hash) {
			r := f.tracker.table.Load(ref)
			if r.Number() != f.number {
				continue
			}
			e := ended{Record: *r, end: r.LastTime(), origin: r.Number(), began: r.FirstTime()}
			if x := f.tracker.table.Extra(r); x != nil {
				e.info, e.failed = x.Info, x.Failed
				if x.Origin != 0 {
					e.origin, e.began = x.Origin, x.Began
				}
			}
			s.early = append(s.early, e)
		}
	}
	clear(s.recognised)
	s.recognised = s.recognised[:0]
}
