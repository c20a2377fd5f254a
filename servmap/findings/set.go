// Package findings puts judgements together to what people read: the report.
package findings

import "servmap/servmap"

// Set is the report: the flows of a check added up by verdict, source and
// destination, each in the order first seen.
type Set struct {
	// Flows and Anomalies count the flows checked and those whose verdict is
	// not NONE.
	Flows, Anomalies uint64
	// Beyond counts the flows among them that are in no group, because the limits
	// left no room for their hosts, their pair or their application.
	Beyond   uint64
	verdicts [servmap.Verdicts]servmap.Pairs
}

// Limit bounds what the report holds, all verdicts together, from now on.
// Without it a report has no limits.
func (s *Set) Limit(l *servmap.Limits) {
	for v := range s.verdicts {
		s.verdicts[v].Limits = l
	}
}

// Add adds a flow.
func (s *Set) Add(j *servmap.Judgement) {
	s.Flows++
	if j.Verdict != servmap.None {
		s.Anomalies++
	}
	if !s.verdicts[j.Verdict].Add(j.Src, j.Dst, j.Flow.Bytes(), j.Flow.Application) {
		s.Beyond++
	}
}

// Of returns what has a verdict, each source and destination in the order first
// seen.
func (s *Set) Of(v servmap.Verdict) *servmap.Pairs { return &s.verdicts[v] }
