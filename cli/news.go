package cli

import (
	"servmap/flows"
	"servmap/report"
	"servmap/servmap/findings"
)

// news tells of findings while a live check runs: of each when it comes, and again when its level rises.
type news struct {
	*invocation
	// told holds the level at which a finding was told of.
	told map[string]findings.Level
	in   *reading
}

// mostNews is how many findings are remembered as told of.
const mostNews = 20_000

// early judges flows that were just recognised, by themselves: what comes of them later counts them, not this.
type early struct {
	*checkRun
}

// flow judges a flow that goes on.
func (e *early) flow(f *flows.Flow) {
	j := &e.judged
	if !e.checker.Check(f, j) {
		return
	}
	if id, level := e.collector.Add(j); id != "" {
		e.news.tell(e.collector, id, level)
	}
}

// watchEarly has the reading tell of flows as soon as they are recognised.
func (c *checkRun) watchEarly() {
	if c.news == nil {
		return
	}
	v, opt := *c.invocation, *c.Options
	opt.Clauses = c.Clauses.Clone()
	v.Options = &opt
	checker := c.checker.Again()
	e := &early{v.newCheckRun(&reading{}, checker, c.collector.Again(checker))}
	e.news = c.news
	c.in.early = e.flow
	c.in.sight = func(s *flows.Sighting) {
		c.checker.See(s)
		e.checker.See(s)
	}
}

// tell tells of the finding to which the flow that was added last belongs, unless that was done. level is the flow's own.
func (n *news) tell(c *findings.Collector, id string, level findings.Level) {
	if n == nil || level < max(n.Level, findings.Low) {
		return
	}
	before, there := n.told[id]
	if there && level <= before || !there && len(n.told) == mostNews {
		return
	}
	f := c.Newest()
	now := max(level, f.LevelOf())
	n.told[id] = now
	n.in.found.Store(int64(len(n.told)))
	if there && f.LevelOf() <= before {
		return
	}
	_ = report.WriteNews(n.Messages, f, messageStyle(n.Console))
}
