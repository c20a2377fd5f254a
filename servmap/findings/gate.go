package findings

import (
	"fmt"

	"servmap/servmap"
)

// Gate is what --fail-on says (section 14, "Exit status").
type Gate struct {
	// Level is the least level of a finding that fails; above Critical there is none.
	Level Level
	// Severity is the least severity of a flow that fails; above servmap.Major there is none.
	Severity servmap.Severity
	// AllowEmpty lets a report without any flow pass.
	AllowEmpty bool
}

// DefaultGate is the Gate where nobody says otherwise.
var DefaultGate = Gate{Level: High, Severity: servmap.Major + 1}

// Fails reports whether a finding fails.
func (g Gate) Fails(f *Finding) bool { return f.level >= g.Level || f.severity >= g.Severity }

// Held is a report that was held against a Gate.
type Held struct {
	Gate
	// NoFlows is set where no flow was judged, which fails unless the Gate allows it.
	NoFlows bool
	// Damaged says what of the captures could not be read. What was not seen may be news, so a report of them fails.
	Damaged []string
	// Failing is set where a finding, or a flow, fails.
	Failing bool
	// Conversations counts what is new in what fails: each line of a pair that accepting it would add to the map once, and
	// a finding that would add none as one. With AtLeast there are more, since findings and their lists are bounded.
	Conversations int
	AtLeast       bool
	// Places tells where findings belong in the map, nil where that is not known.
	Places *Places
}

// Hold holds a report against a Gate. all are the findings that count, those that the report does not show among
// them.
func (s *Set) Hold(g Gate, all []*Finding) *Held {
	h := &Held{Gate: g, NoFlows: s.Flows == 0 && !g.AllowEmpty}
	if s.Extra != nil {
		h.Damaged = s.Extra.Damaged
	}
	if g.Severity <= servmap.Major {
		h.countPairs(s)
	} else {
		h.countFindings(all)
	}
	return h
}

// HeldOr returns Held, or what the default of --fail-on says of the findings.
func (s *Set) HeldOr() *Held {
	if s.Held != nil {
		return s.Held
	}
	return s.Hold(DefaultGate, s.All())
}

// countFindings counts the lines of the findings that fail.
func (h *Held) countFindings(all []*Finding) {
	seen := map[servmap.Change]struct{}{}
	others := 0
	for _, f := range all {
		if !h.Fails(f) {
			continue
		}
		h.Failing = true
		pairs := 0
		for c := range f.Lines() {
			if c.Destination != "" {
				pairs++
				seen[c] = struct{}{}
			}
		}
		if pairs == 0 {
			others++
		}
		h.AtLeast = h.AtLeast || f.IsCut("accept")
	}
	h.Conversations = len(seen) + others
	h.AtLeast = h.AtLeast || len(all) >= mostGroups // there was no room for more
}

// countPairs counts sources, destinations and applications by the severity of their verdicts: flows fail,
// whether they are in a finding or not.
func (h *Held) countPairs(s *Set) {
	for v := range s.verdicts {
		if servmap.Verdict(v).Severity() < h.Severity || servmap.Verdict(v) == servmap.None {
			continue
		}
		for src := range s.verdicts[v].Sources() {
			for p := range s.verdicts[v].Pairs(src) {
				h.Conversations += len(p.Applications)
			}
		}
	}
	for _, f := range s.All() {
		if f.level >= h.Level {
			h.Conversations++
		}
	}
	h.Failing = h.Conversations > 0
	h.AtLeast = s.Beyond > 0
}

// Passes reports whether nothing fails.
func (h *Held) Passes() bool { return !h.NoFlows && !h.Failing && len(h.Damaged) == 0 }

// String is the last line that CI shows: "FAIL: 3 new conversations", "FAIL: no flows", "FAIL: a capture is damaged",
// or nothing.
func (h *Held) String() string {
	const damaged = "a capture is damaged"
	switch {
	case h.NoFlows:
		return "FAIL: no flows"
	case !h.Failing && len(h.Damaged) > 0:
		return "FAIL: " + damaged
	case !h.Failing:
		return ""
	case len(h.Damaged) > 0:
		return h.conversations() + "; " + damaged
	}
	return h.conversations()
}

// conversations says how many conversations are new.
func (h *Held) conversations() string {
	text, n := "FAIL: ", max(1, h.Conversations)
	if h.AtLeast {
		text += "at least "
	}
	if n == 1 {
		return text + "1 new conversation"
	}
	return fmt.Sprintf("%s%d new conversations", text, n)
}
