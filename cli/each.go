package cli

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"servmap/cli/console"
	"servmap/flows/ingest"
	"servmap/flows/safetext"
	"servmap/pcapio"
	"servmap/report"
	"servmap/report/rows"
	"servmap/servmap"
	"servmap/servmap/findings"
)

// eachRun is a check of many captures, each by itself.
type eachRun struct {
	*invocation
	// checker and collector judge nothing: those of each capture share with them what the map says.
	checker   *servmap.Checker
	collector *findings.Collector
	// clauses are copied for each capture, and count nothing.
	clauses servmap.Clauses
	names   []string
	jobs    []eachJob
	turns   *turns
	rows    *report.Format[*servmap.Judgement] // nil where the format shows the report as a whole
	// keep has the flows added up for a report.
	keep  bool
	style *report.Style

	// What follows is what the captures add up to, in their order.
	found  findings.Set
	all    []*findings.Finding
	files  []report.FileFindings
	worst  int
	severe [servmap.Major + 1]uint64
	flows  uint64
	beyond uint64
	stats  ingest.Summary
	errs   []error
	// damaged says what of the captures could not be read.
	damaged []string
	began   time.Time
	done    atomic.Int64 // bytes of captures that were read
	size    int64
}

// eachJob is one capture.
type eachJob struct {
	run      *checkRun // nil where it could not be opened
	all      []*findings.Finding
	messages bytes.Buffer
	err      error
}

// checkEach judges each capture by itself.
func (v *invocation) checkEach(names []string, m *servmap.Map, baseline ingest.Summary, watched []servmap.Name, reportFile string) error {
	if v.Ingest.Interface != "" {
		return console.UsageError("check: --each is for captures, not for -i")
	}
	opt := v.Ingest
	opt.Stdin, opt.FlowFiles = v.In, true
	v.interruptible()
	if err := ingest.Check(v.context, names, opt); err != nil {
		return console.UsageError(describe(err))
	}
	engine, err := newEngine(v.Options)
	if err != nil {
		return err
	}
	v.engine = engine
	m.Speak(engine.Vocabulary())
	e := &eachRun{invocation: v, clauses: v.Clauses.Clone(), names: names, jobs: make([]eachJob, len(names)), worst: -1, began: time.Now()}
	e.checker, e.collector = v.judges(m, watched)
	e.found.Limit(v.Limits())
	e.rows = report.Named(report.CheckFormats, v.Format)
	e.keep = e.rows == nil || reportFile != ""
	for _, name := range names {
		if info, err := ingest.Stat(name, v.In); err == nil && info.Mode().IsRegular() {
			e.size += info.Size()
		}
	}
	err = e.write()
	if reportFile != "" && err == nil {
		err = v.ReplaceFile(reportFile, e.found.WriteJSON)
	}
	return e.conclude(baseline, err)
}

// write judges all captures and writes what the format has.
func (e *eachRun) write() error {
	defer watchHeap()()
	if e.rows != nil {
		e.style = style(e.Console, e.Output, &e.Wording)
		e.style.Files = true
		return e.To(e.Output, func(w io.Writer) error {
			if err := e.judgeAll(w); err != nil {
				return err
			}
			e.finish()
			return nil
		})
	}
	whole := report.Named(report.FindingsFormats, e.Format)
	return writeRows(e.Console, e.Output, whole, &e.Wording, func(out report.Writer[*findings.Set]) error {
		if err := e.judgeAll(io.Discard); err != nil {
			return err
		}
		e.finish()
		if whole.CI {
			e.holdEach()
		}
		return out.Write(&e.found)
	})
}

// judgeAll judges the captures on all processors. What they write comes in their order.
func (e *eachRun) judgeAll(w io.Writer) error {
	stop := func() {}
	if !e.Quiet && (!e.OutIsTerminal() || e.Output != "") {
		stop = e.StartProgress(func() pcapio.Progress { return pcapio.Progress{Read: e.done.Load(), Size: e.size} })
	}
	defer stop()
	e.turns = newTurns(w, e.took)
	workers := min(e.Ingest.Flows.Workers, len(e.names))
	var next atomic.Int64
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			defer e.ExitOnPanic()
			for i := int(next.Add(1)) - 1; i < len(e.names); i = int(next.Add(1)) - 1 {
				out := e.turns.begin(i)
				e.judge(i, out, max(1, e.Ingest.Flows.Workers/workers))
				out.end()
			}
		})
	}
	all.Wait()
	return e.turns.err
}

// judge judges a capture.
func (e *eachRun) judge(i int, out io.Writer, workers int) {
	job, name := &e.jobs[i], e.names[i]
	v, con, opt := *e.invocation, *e.Console, *e.Options
	con.Messages, con.About = &job.messages, safetext.String(ingest.DisplayName(name))+": "
	opt.Ingest.Flows.Workers, opt.Clauses, opt.Quiet = workers, e.clauses.Clone(), true
	v.Console, v.Options = &con, &opt
	var rows report.Writer[*servmap.Judgement]
	if e.rows != nil {
		style := *e.style
		style.Continued = i > 0
		if rows, job.err = e.rows.New(out, &style); job.err != nil {
			return
		}
	}
	if e.context.Err() != nil {
		job.err = console.ErrInterrupted
		return
	}
	in, err := v.openToCheck([]string{name})
	if err != nil {
		job.err = err
		return
	}
	checker := e.checker.Again()
	c := v.newCheckRun(in, checker, e.collector.Again(checker))
	c.rows, c.path, c.keep = rows, name, e.keep
	if job.err = in.Flows(c.flow); job.err == nil && rows != nil {
		job.err = rows.Close()
	}
	v.warnInput(in.Summary())
	job.all, _ = c.collect()
	c.warnBeyond(c.collector.Beyond, "the findings")
	c.warnMissing()
	job.run = c
	if info, err := ingest.Stat(name, v.In); err == nil && info.Mode().IsRegular() {
		e.done.Add(info.Size())
	}
}

// took adds what became of a capture to what all add up to. It is called for one after the other.
func (e *eachRun) took(i int) {
	job := &e.jobs[i]
	_, _ = e.Messages.Write(job.messages.Bytes())
	if job.err != nil {
		e.errs = append(e.errs, job.err)
	}
	c := job.run
	if c == nil {
		return
	}
	s := c.in.Summary()
	e.errs = append(e.errs, problems(s))
	e.damaged = append(e.damaged, damage(s.Problems)...)
	e.stats.Stats.Packets += s.Stats.Packets
	e.stats.Stats.Bytes += s.Stats.Bytes
	e.stats.Interrupted = e.stats.Interrupted || s.Interrupted
	e.Clauses.Count(&c.Clauses)
	e.worst = max(e.worst, c.worst)
	for s, n := range c.checker.Severe {
		e.severe[s] += n
	}
	e.flows += c.checker.Flows
	e.beyond += c.collector.Beyond
	e.all = append(e.all, job.all...)
	e.files = append(e.files, report.FileFindings{File: safetext.String(c.path), Findings: e.shown(job.all)})
	if e.keep {
		e.found.Merge(&c.found)
	}
	*job = eachJob{}
}

// finish puts the findings of all captures into the report.
func (e *eachRun) finish() {
	findings.Sort(e.all)
	var names []string
	for _, f := range e.files {
		names = append(names, f.File)
	}
	var judge findings.MapFile
	if e.keep {
		judge = e.describeMap()
	}
	e.found.Extra = findings.NewExtra(e.shown(e.all), e.flows, names, judge)
	e.found.Extra.Damaged = e.damaged
}

// holdEach holds the report against --fail-on.
func (e *eachRun) holdEach() {
	e.hold(&e.found, e.all, e.judgingMaps())
	e.found.Held.Failing = e.failing(e.worst, &e.severe)
	e.found.Held.AtLeast = e.found.Held.AtLeast || e.beyond > 0
}

// conclude tells the worst captures, and makes the exit status.
func (e *eachRun) conclude(baseline ingest.Summary, err error) error {
	e.warnBeyond(e.found.Beyond, "the report")
	if !e.Quiet && err == nil {
		_ = report.WriteFiles(e.Messages, e.files, messageStyle(e.Console))
		e.Say("%s, %d packets, %s, %s in %.1f s", rows.Plural(uint64(len(e.files)), "capture"), e.stats.Stats.Packets,
			console.ByteCount(int64(e.stats.Stats.Bytes)), rows.Plural(e.flows, "flow"), time.Since(e.began).Seconds())
	}
	e.warnClauses()
	all := errors.Join(problems(baseline), errors.Join(e.errs...), err)
	if all == nil && e.flows == 0 && !e.AllowEmpty {
		return errNoFlow
	}
	if e.failing(e.worst, &e.severe) {
		all = errors.Join(all, console.ErrAnomalies)
	}
	return all
}

// failing reports whether there is a finding, or an anomaly, at or above --fail-on.
func (v *invocation) failing(worst int, severe *[servmap.Major + 1]uint64) bool {
	if worst >= int(v.FailLevel) {
		return true
	}
	for s := v.FailOn; s <= servmap.Major; s++ {
		if severe[s] > 0 {
			return true
		}
	}
	return false
}
