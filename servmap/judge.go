package servmap

import "servmap/flows"

// Judgement is a case with its verdict.
type Judgement struct {
	Case
	// N is the flow's number among those judged, from 1.
	N        uint64
	Verdict  Verdict
	Severity Severity
}

// judge gives the verdict.
func (j *Judgement) judge() {
	if j.isKnown() {
		j.Verdict, j.Severity = None, NoSeverity
		return
	}
	for i := range rules {
		r := &rules[i]
		if !r.Applies(&j.Case) {
			continue
		}
		if j.Verdict, j.Severity = r.Verdict, r.Severity; r.Milder != nil && r.Milder(&j.Case) {
			j.Severity = Minor
		}
		return
	}
}

// Checker judges flows by a map and counts.
type Checker struct {
	// Flows counts the flows judged, Outside those between two remote hosts.
	Flows, Outside uint64
	// Found counts by verdict, Severe by severity.
	Found  [Verdicts]uint64
	Severe [Major + 1]uint64

	m         *Map
	perimeter *Perimeter
}

// NewChecker returns a Checker that judges by m.
func NewChecker(m *Map, p *Perimeter) *Checker { return &Checker{m: m, perimeter: p} }

// Check judges a flow. It reports whether the perimeter includes the flow at all;
// otherwise j is left alone. What it puts into j is as borrowed as the flow.
func (c *Checker) Check(f *flows.Flow, j *Judgement) bool {
	if !c.perimeter.Includes(f) {
		return false
	}
	c.Flows++
	src, dst := c.perimeter.Ends(f)
	if src == Remote && dst == Remote {
		c.Outside++
	}
	*j = Judgement{Case: Case{Flow: f, Src: src, Dst: dst, Known: c.m.pairs.look(src, dst)}, N: c.Flows}
	j.judge()
	c.Found[j.Verdict]++
	c.Severe[j.Severity]++
	return true
}

// Anomalies counts the flows whose verdict is not None.
func (c *Checker) Anomalies() uint64 { return c.Flows - c.Found[None] }
