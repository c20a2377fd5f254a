package cli

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"servmap/cli/console"
	"servmap/cli/flags"
	"servmap/flows"
	"servmap/flows/ingest"
	"servmap/flows/safetext"
	"servmap/report"
	"servmap/report/rows"
	"servmap/servmap"
	"servmap/servmap/findings"
)

var checkCommand = command{
	name: "check", args: "SUSPECT...", usage: "judge every flow of captures by the services map",
	flags: flags.Check, run: check,
	about: "It prints a line a flow as flows end, and then, on standard error, the findings: what is new, once, ranked, and why. Nothing is written but what -o and --report name.",
	examples: []example{
		{"servmap check suspect.pcap", "judges a capture by services_map.json"},
		{"servmap check --baseline baseline.pcap --format findings suspect.pcap", "learns the map first, and prints the findings alone"},
	},
}

func check(v *invocation) error {
	names, err := v.inputNames()
	if err == nil {
		err = v.warnServices()
	}
	if err != nil {
		return err
	}
	if v.Baseline, err = v.expand(v.Baseline); err != nil {
		return err
	}
	reportFile := v.Report
	if reportFile == "" {
		reportFile = v.writesTo("report_file", v.ReportFile)
	}
	if err := v.checkOutputs(reportFile, slices.Concat(names, v.Baseline, []string{v.MapToCheck()}, v.MoreMaps, v.ConfigFiles())); err != nil {
		return err
	}
	watched, err := v.Watched()
	if err != nil {
		return console.UsageError(err.Error())
	}
	m, baseline, err := v.mapToCheck(names)
	if err != nil {
		return err
	}
	if v.Evidence != "" && (v.Each || v.Ingest.Interface != "" || slices.Contains(names, "-")) {
		return console.UsageError("check: --evidence reads the captures again: it goes neither with -i, nor with standard input, nor with --each")
	}
	if v.Each {
		return v.checkEach(names, m, baseline, watched, reportFile)
	}
	in, err := v.openToCheck(names)
	if err != nil {
		return err
	}
	m.Speak(in.vocabulary)
	checker, collector := v.judges(m, watched)
	c := v.newCheckRun(in, checker, collector)
	c.names = names
	c.watchEarly()
	err = errors.Join(problems(baseline), c.run(reportFile))
	if err == nil && c.checker.Flows == 0 && !v.AllowEmpty {
		return errNoFlow
	}
	if c.fails() {
		err = errors.Join(err, console.ErrAnomalies)
	}
	return err
}

var errNoFlow = console.UsageError("check: no flow was judged; --allow-empty takes that for a result")

// openToCheck opens what is to be judged.
func (v *invocation) openToCheck(names []string) (*reading, error) {
	opt := v.Ingest
	opt.FlowFiles = true
	opt.Flows.Sight = func(*flows.Sighting) {}
	if opt.Interface != "" && !v.Quiet {
		opt.Flows.Early = func(*flows.Flow) {}
	}
	return v.open(names, opt)
}

// judges returns what judges by a map, and what puts that together to findings.
func (v *invocation) judges(m *servmap.Map, watched []servmap.Name) (*servmap.Checker, *findings.Collector) {
	checker := servmap.NewChecker(m, servmap.NewPerimeter(v.Settings))
	collector := findings.NewCollector(checker, v.Settings.IgnoreUnknown)
	collector.Levels, collector.Names, collector.Missing, collector.Watch = v.Levels, v.Hosts, v.Missing, watched
	return checker, collector
}

// newCheckRun prepares a check of an input.
func (v *invocation) newCheckRun(in *reading, checker *servmap.Checker, collector *findings.Collector) *checkRun {
	c := &checkRun{invocation: v, in: in, checker: checker, collector: collector, worst: -1}
	c.checker.Clauses = v.Clauses
	if collector.Missing || len(collector.Watch) > 0 {
		c.checker.Follow()
	}
	c.found.Limit(v.Limits())
	in.sight = c.checker.See
	if v.Ingest.Interface != "" && !v.Quiet {
		c.news = &news{invocation: v, told: map[string]findings.Level{}, in: in}
	}
	return c
}

// checkOutputs refuses an output that is one of the inputs or the other
// output, before a baseline is read, which may take long.
func (v *invocation) checkOutputs(reportFile string, inputs []string) error {
	if reportFile == console.Stdout {
		return console.UsageError("--report needs a file; --format json writes the report to standard output")
	}
	if err := v.NotInput(v.Output, inputs); err != nil {
		return err
	}
	if reportFile == "" {
		return nil
	}
	if err := v.NotInput(reportFile, inputs); err != nil {
		return err
	}
	if console.SameFile(reportFile, v.Output) {
		return console.UsageError(reportFile + ": both -o and --report would write it")
	}
	return nil
}

// mapToCheck returns the map to judge by: learned from --baseline, with the
// summary of that reading, or loaded.
func (v *invocation) mapToCheck(names []string) (*servmap.Map, ingest.Summary, error) {
	var none ingest.Summary
	if len(v.Baseline) == 0 {
		m, err := v.loadNamed(v.MapToCheck())
		for _, path := range v.MoreMaps {
			if err != nil {
				break
			}
			var more *servmap.Map
			if more, err = v.loadNamed(path); err == nil {
				if err = m.Unite(more); err != nil {
					err = console.UsageError(path + ": " + err.Error())
				}
			}
		}
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

// describeMap names the map that judges, with its hash.
func (v *invocation) describeMap() findings.MapFile {
	if len(v.Baseline) > 0 {
		return findings.MapFile{}
	}
	return findings.MapFile{File: safetext.String(filepath.Base(v.MapToCheck())), SHA256: hashOf(v.MapToCheck())}
}

// checkRun is a check while it runs.
type checkRun struct {
	*invocation
	in      *reading
	checker *servmap.Checker
	// rows gets each judgement; it is nil where the format shows the report as a
	// whole. found is what the report, and the report file, show.
	rows  report.Writer[*servmap.Judgement]
	found findings.Set
	// collector puts flows together to findings.
	collector *findings.Collector
	worst     int // level of the findings, -1 for none
	news      *news
	// path names the capture where it is judged by itself, and keep has found add up its flows though there are rows.
	path string
	keep bool
	// names are the captures, and all the findings, once they are made.
	names []string
	all   []*findings.Finding
	// file keeps the report file up to date, nil where there is none.
	file *console.Rewriter
	// judged is the judgement of the current flow. It is reused, since an allocation for each
	// flow would cost more than the judgement.
	judged servmap.Judgement
}

// run judges all flows, writes rows and reports, and prints the summary.
func (c *checkRun) run(reportFile string) error {
	if reportFile != "" {
		c.file = c.Rewrite(reportFile, c.found.WriteJSON)
		if c.Ingest.Interface != "" { // nobody is to take yesterday's report for today's
			c.file.Change(func() {})
		}
	}
	err := c.write()
	c.warnBeyond(c.collector.Beyond, "the findings")
	c.warnMissing()
	if c.file != nil {
		c.file.Change(func() {})
		err = errors.Join(err, c.file.Stop(err == nil))
	}
	c.warnBeyond(c.found.Beyond, "the report")
	if !c.Quiet && err == nil {
		c.showFindings()
		c.summarise(c.in, c.result())
		c.remoteShare(c.checker.Outside, c.checker.Flows)
		c.traffic(&c.checker.Traffic)
	}
	c.warnClauses()
	if c.Evidence != "" && err == nil {
		err = c.keepEvidence(c.names, c.all)
	}
	return problems(c.in.Summary(), err)
}

// warnMissing tells of what did not come and is in no finding, and of what is watched and no host of the map.
func (c *checkRun) warnMissing() {
	if n := c.collector.MissingBeyond; n > 0 {
		c.Warn("%d more findings of what did not come: there is no room for them", n)
	}
	for _, i := range c.collector.Unmatched {
		c.Warn("watch: %s: the map knows nothing that such a host does", c.Watch[i])
	}
}

// write judges all flows and writes them in the format: a row each, or all
// together.
func (c *checkRun) write() error {
	if rows := report.Named(report.CheckFormats, c.Format); rows != nil {
		return writeRows(c.Console, c.Output, rows, &c.Wording, func(out report.Writer[*servmap.Judgement]) error {
			c.rows = out
			if err := c.read(c.in, c.flow); err != nil {
				return err
			}
			c.finish()
			return nil
		})
	}
	whole := report.Named(report.FindingsFormats, c.Format)
	if whole.Flows {
		c.found.Kept = &findings.Kept{}
	}
	return writeRows(c.Console, c.Output, whole, &c.Wording, func(out report.Writer[*findings.Set]) error {
		if err := c.read(c.in, c.flow); err != nil {
			return err
		}
		all := c.finish()
		if whole.CI {
			c.hold(all)
		}
		return out.Write(&c.found)
	})
}

// flow judges one flow.
func (c *checkRun) flow(f *flows.Flow) error {
	j := &c.judged
	if !c.checker.Check(f, j) {
		return nil
	}
	if j.Capture = c.path; c.path == "" {
		if names := c.in.Names(); int(j.File) < len(names) {
			j.Capture = names[j.File]
		}
	}
	if id, level := c.collector.Add(j); id != "" {
		j.Finding, j.Level = id, level.String()
		c.news.tell(c.collector, id, level)
	}
	switch {
	case c.file != nil:
		c.file.Change(func() { c.found.Add(j) })
	case c.rows == nil || c.keep:
		c.found.Add(j)
	}
	if c.found.Kept != nil && !(c.Anomalies && j.Verdict == servmap.None) {
		c.found.Kept.Judged(j)
	}
	if c.rows == nil || c.Anomalies && j.Verdict == servmap.None {
		return nil
	}
	return c.rows.Write(j)
}

// hold holds the report against --fail-on, as the exit status does.
func (c *checkRun) hold(all []*findings.Finding) {
	c.invocation.hold(&c.found, all, c.judgingMaps())
	held := c.found.Held
	held.Failing = c.fails() // which knows the severity of each flow
	held.AtLeast = held.AtLeast || c.collector.Beyond > 0
}

// collect makes the findings and returns all. names are those of the captures.
func (c *checkRun) collect() (all []*findings.Finding, names []string) {
	names = []string{safetext.String(c.path)}
	if c.path == "" {
		names = nil
		for _, k := range c.in.Summary().Captures {
			names = append(names, safetext.String(k.Name))
		}
	}
	all = c.collector.Finish(names)
	if c.found.Kept != nil {
		c.found.Kept.Finish(c.collector.Joined())
	}
	for _, f := range all {
		c.worst = max(c.worst, int(f.LevelOf()))
	}
	return all, names
}

// damage says what of the captures could not be read, as a report has it.
func damage(problems []error) (out []string) {
	for _, p := range problems {
		out = append(out, safetext.String(p.Error()))
	}
	return out
}

// shown returns the findings that --level shows.
func (v *invocation) shown(all []*findings.Finding) []*findings.Finding {
	return slices.DeleteFunc(slices.Clone(all), func(f *findings.Finding) bool { return f.LevelOf() < v.Level })
}

// finish makes the findings, puts those that are to be shown into the report, and returns all.
func (c *checkRun) finish() []*findings.Finding {
	all, names := c.collect()
	c.all = all
	var judge findings.MapFile
	if c.file != nil || c.rows == nil {
		judge = c.describeMap() // for the report
	}
	put := func() {
		c.found.Extra = findings.NewExtra(c.shown(all), c.checker.Flows, names, judge)
		c.found.Extra.Damaged = damage(c.in.Summary().Problems)
	}
	if c.file != nil {
		c.file.Change(put)
	} else {
		put()
	}
	return all
}

// mostShown is how many findings are shown after the flows; those that are counted as one are one.
const mostShown = 20

// showFindings prints the findings of level low and above on standard error, where the flows' lines are
// for people.
func (c *checkRun) showFindings() {
	if c.Format != "text" && c.Format != "table" {
		return
	}
	shown := slices.DeleteFunc(slices.Clone(c.found.All()), func(f *findings.Finding) bool { return f.LevelOf() < findings.Low })
	if len(shown) == 0 {
		return
	}
	c.Say("%s  %s, %d not in the map, %s", c.inputsName(), rows.Plural(c.checker.Flows, "flow"), c.checker.Anomalies(), rows.Plural(uint64(len(shown)), "finding"))
	fmt.Fprintln(c.Messages)
	left, _ := report.WriteFindings(c.Messages, shown, mostShown, messageStyle(c.Console))
	fmt.Fprintln(c.Messages)
	if left > 0 {
		c.Say("and %d more findings; --format findings shows all", left)
	}
}

// inputsName names the captures: the first, and how many more.
func (c *checkRun) inputsName() string {
	captures := c.in.Summary().Captures
	switch len(captures) {
	case 0:
		return c.Ingest.Interface
	case 1:
		return captures[0].Name
	}
	return fmt.Sprintf("%s and %d more", captures[0].Name, len(captures)-1)
}

// fails reports whether there is a finding, or an anomaly, at or above --fail-on.
func (c *checkRun) fails() bool { return c.failing(c.worst, &c.checker.Severe) }

// result is the line of the summary that counts flows and anomalies.
func (c *checkRun) result() string {
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
