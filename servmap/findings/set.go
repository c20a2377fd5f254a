// Package findings puts judgements together to what people read: the report.
package findings

import (
	"cmp"
	"slices"

	"servmap/servmap"
)

// Set is the report: the flows of a check added up by verdict, source and
// destination, each in the order first seen.
type Set struct {
	// Flows and Anomalies count the flows checked and those whose verdict is
	// not NONE.
	Flows, Anomalies uint64
	// Beyond counts the flows among them that are in no group, because the limits
	// left no room for their hosts, their pair or their application.
	Beyond uint64
	// Extra is what the report holds besides, under the reserved key; nil where it has none, as in one
	// that another program wrote.
	Extra *Extra
	// Held is the report held against --fail-on and the map. It is not part of the file; nil stands for the
	// default of --fail-on, and no map.
	Held *Held
	// Kept are flows of the check, for a format that shows some. They are not part of the file; nil where none were kept.
	Kept     *Kept
	verdicts [servmap.Verdicts]servmap.Pairs
}

// Extra is the value of the report's reserved key.
type Extra struct {
	// Format is the version of this value.
	Format   int        `json:"format"`
	Findings []*Finding `json:"findings"`
	Summary  Summary    `json:"summary"`
	// Captures are the base names of what was checked.
	Captures []string `json:"captures"`
	Map      MapFile  `json:"map"`
	// Damaged says what of the captures could not be read; nil where all could.
	Damaged []string `json:"damaged,omitempty"`
}

// ExtraFormat is the newest version of Extra.
const ExtraFormat = 1

// Summary counts.
type Summary struct {
	// Levels counts findings by level.
	Levels   map[string]int `json:"levels"`
	Flows    uint64         `json:"flows"`
	Captures int            `json:"captures"`
}

// MapFile names the map that judged.
type MapFile struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
}

// NewExtra returns what the report holds of findings.
func NewExtra(found []*Finding, flows uint64, captures []string, m MapFile) *Extra {
	x := &Extra{Format: ExtraFormat, Findings: found, Captures: captures, Map: m}
	x.Summary = Summary{map[string]int{}, flows, len(captures)}
	for _, name := range levelNames {
		x.Summary.Levels[name] = 0
	}
	for _, f := range found {
		x.Summary.Levels[f.Level]++
	}
	return x
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
	if !s.verdicts[j.Verdict].Add(j.SrcKey, j.DstKey, j.Flow.Bytes(), j.Flow.Application) {
		s.Beyond++
	}
}

// Merge adds the flows of another report, as if they came after those that are there.
func (s *Set) Merge(o *Set) {
	s.Flows, s.Anomalies, s.Beyond = s.Flows+o.Flows, s.Anomalies+o.Anomalies, s.Beyond+o.Beyond
	for v := range o.verdicts {
		pairs := &o.verdicts[v]
		for src := range pairs.Sources() {
			for p := range pairs.Pairs(src) {
				bytes := p.Bytes
				for _, a := range p.Applications {
					if !s.verdicts[v].Add(src.Host, p.Dst, bytes, a) {
						s.Beyond++
					}
					bytes = 0
				}
			}
		}
	}
}

// Sort puts findings of several checks into the order of a report; where all else is the same, they keep theirs.
func Sort(all []*Finding) {
	slices.SortStableFunc(all, func(a, b *Finding) int {
		return cmp.Or(cmp.Compare(b.level, a.level), cmp.Compare(a.kind, b.kind), cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.ID, b.ID))
	})
}

// Of returns what has a verdict, each source and destination in the order first
// seen.
func (s *Set) Of(v servmap.Verdict) *servmap.Pairs { return &s.verdicts[v] }

// All returns the findings, the worst first; none where the report has none.
func (s *Set) All() []*Finding {
	if s.Extra == nil {
		return nil
	}
	return s.Extra.Findings
}
