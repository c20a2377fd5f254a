package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"servmap/cli/console"
	"servmap/cli/flags"
	"servmap/flows"
	"servmap/flows/ingest"
	"servmap/report"
	"servmap/servmap"
	"servmap/servmap/findings"
)

var checkCommand = command{
	name: "check", args: "SUSPECT...", usage: "judge every flow of captures by the services map",
	flags: flags.Check, run: check,
}

func check(v *invocation) error {
	names, err := v.inputNames()
	if err != nil {
		return err
	}
	reportFile := cmp.Or(v.Report, v.ReportFile)
	if err := v.checkOutputs(reportFile, slices.Concat(names, v.Baseline, []string{v.MapToCheck()})); err != nil {
		return err
	}
	m, baseline, err := v.mapToCheck(names)
	if err != nil {
		return err
	}
	opt := v.Ingest
	opt.FlowFiles = true
	in, err := v.open(names, opt)
	if err != nil {
		return err
	}
	c := &checkRun{invocation: v, in: in, checker: servmap.NewChecker(m, servmap.NewPerimeter(v.Settings))}
	err = errors.Join(outcome(baseline), c.run(reportFile))
	if c.fails() {
		err = errors.Join(err, console.ErrAnomalies)
	}
	return err
}

// checkOutputs refuses an output that is one of the inputs or the other
// output, before a baseline is read, which may take long.
func (v *invocation) checkOutputs(reportFile string, inputs []string) error {
	if reportFile == console.Stdout {
		return console.UsageError("--report needs a file; --format json writes the report to standard output")
	}
	for _, name := range []string{v.Output, reportFile} {
		if err := v.NotInput(name, inputs); err != nil {
			return err
		}
	}
	if reportFile != "" && console.SameFile(reportFile, v.Output) {
		return console.UsageError(reportFile + ": both -o and --report would write it")
	}
	return nil
}

// mapToCheck returns the map to judge by: learned from --baseline, with the
// summary of that reading, or loaded.
func (v *invocation) mapToCheck(names []string) (*servmap.Map, ingest.Summary, error) {
	var none ingest.Summary
	if len(v.Baseline) == 0 {
		m, err := v.loadMap(v.MapToCheck())
		return m, none, err
	}
	if v.Given("map") {
		return nil, none, console.UsageError("check: either --map or --baseline, not both")
	}
	if slices.Contains(v.Baseline, "-") && slices.Contains(names, "-") {
		return nil, none, console.UsageError("check: standard input cannot be both baseline and suspect")
	}
	for _, n := range names { // before the baseline is read, which may take long
		if _, err := ingest.Stat(n, v.In); err != nil {
			return nil, none, console.UsageError(describe(err))
		}
	}
	return v.learnBaseline()
}

// checkRun is a check while it runs.
type checkRun struct {
	*invocation
	in      *reading
	checker *servmap.Checker
	rows    report.Writer[*servmap.Judgement]
	// onlyAnomalies leaves the flows that fit out of the rows.
	onlyAnomalies bool
	// grouped is what report shows, where there is a report file.
	grouped findings.Set
	report  *console.Rewriter
	found   servmap.Judgement
}

// run judges all flows, writes rows and reports, and says what it came to.
func (c *checkRun) run(reportFile string) error {
	if reportFile != "" {
		c.report = c.Rewrite(reportFile, c.grouped.WriteJSON)
		if c.Ingest.Interface != "" { // nobody is to take yesterday's report for today's
			c.report.Change(func() {})
		}
	}
	format := report.Named(report.CheckFormats, c.Format)
	c.onlyAnomalies = c.Anomalies && !format.Whole // what is whole counts all flows
	err := writeRows(c.Console, c.Output, format, &c.Wording, func(rows report.Writer[*servmap.Judgement]) error {
		c.rows = rows
		return c.read(c.in, c.flow)
	})
	if c.report != nil {
		err = errors.Join(err, c.report.Stop(err == nil))
	}
	s := c.in.Summary()
	if !c.Quiet && err == nil {
		c.summarise(c.in, c.judged())
		c.remoteShare(c.checker.Outside, c.checker.Flows)
	}
	return outcome(s, err)
}

// flow judges one flow.
func (c *checkRun) flow(f *flows.Flow) error {
	if !c.checker.Check(f, &c.found) {
		return nil
	}
	if c.report != nil {
		c.report.Change(func() { c.grouped.Add(&c.found) })
	}
	if c.onlyAnomalies && c.found.Verdict == servmap.None {
		return nil
	}
	return c.rows.Write(&c.found)
}

// fails reports whether there is an anomaly at or above --fail-on.
func (c *checkRun) fails() bool {
	for s := c.FailOn; s <= servmap.Major; s++ {
		if c.checker.Severe[s] > 0 {
			return true
		}
	}
	return false
}

// judged says what the check came to.
func (c *checkRun) judged() string {
	k := c.checker
	s := fmt.Sprintf("%d flows checked, %d anomalies", k.Flows, k.Anomalies())
	if k.Anomalies() > 0 {
		s += fmt.Sprintf(" (%d major, %d minor):", k.Severe[servmap.Major], k.Severe[servmap.Minor])
		sep := " "
		for v, n := range k.Found {
			if n > 0 && servmap.Verdict(v) != servmap.None {
				s += fmt.Sprintf("%s%d %s", sep, n, servmap.Verdict(v))
				sep = ", "
			}
		}
	}
	return s
}

// writeRows opens the output, has fill write rows in the format, and closes
// both. A format that appears whole does so in place of the file, or not at all.
func writeRows[T any](c *console.Console, name string, format *report.Format[T], wording *report.Wording, fill func(report.Writer[T]) error) error {
	if format.Whole && name != "" {
		late := &lateWriter{}
		rows, err := format.New(late, wording)
		if err == nil {
			err = fill(rows)
		}
		if err != nil {
			return err
		}
		return c.ReplaceFile(name, func(w io.Writer) error {
			late.Writer = w
			return rows.Close()
		})
	}
	return c.To(name, func(w io.Writer) error {
		rows, err := format.New(w, wording)
		if err != nil {
			return err
		}
		if err := fill(rows); err != nil {
			return err
		}
		return rows.Close()
	})
}

// lateWriter stands for a file that is opened when a format is closed.
type lateWriter struct{ io.Writer }
