package main

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"servmap/flows"
	"servmap/report"
	"servmap/servmap"

	"github.com/urfave/cli/v2"
)

func checkCommand() *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "judge every flow of captures by the services map",
		ArgsUsage: "SUSPECT...",
		Flags: captureFlags(
			&cli.StringFlag{Name: "map", Aliases: []string{"m"}, Usage: "judge by the map in `FILE`", DefaultText: defaultMap},
			&cli.StringSliceFlag{Name: "baseline", Usage: "judge by a map learned from `CAPTURE` first; may be repeated"},
			&cli.StringFlag{Name: "format", Usage: "text, table, csv, ndjson or json", Value: report.CheckFormats[0]},
			&cli.BoolFlag{Name: "anomalies", Usage: "print only flows that are anomalies"},
			&cli.StringFlag{Name: "report", Usage: "also keep the report in `FILE`"},
			&cli.StringFlag{Name: "fail-on", Usage: "exit with 1 from this `SEVERITY` on: major, minor or never", DefaultText: "major"},
		),
		Action: check,
	}
}

// jsonFormat is the format that writes the report and no rows.
const jsonFormat = "json"

func check(c *cli.Context) error {
	o, err := readOptions(c)
	if err != nil {
		return err
	}
	format := c.String("format")
	if err := oneOf("format", format, append(slices.Clone(report.CheckFormats), jsonFormat)); err != nil {
		return err
	}
	failOn, err := parseFailOn(first(c.String("fail-on"), o.config.FailOn, "major"))
	if err != nil {
		return usageError("--fail-on: " + err.Error())
	}
	names, err := inputNames(c, o)
	if err != nil {
		return err
	}
	reportFile := c.String("report")
	if reportFile == "" {
		reportFile = o.config.writesTo("report_file", o.config.ReportFile)
	}
	inputs := slices.Concat(names, c.StringSlice("baseline"), []string{mapFile(c, o)}, o.config.files())
	if err := checkOutputs(o.output, reportFile, inputs); err != nil {
		return err
	}
	m, baseline, err := mapToCheck(c, o, names)
	if err != nil {
		return err
	}
	a, err := begin(o, names, withCSVs)
	if err != nil {
		return err
	}
	j := &judging{analysis: a, checker: servmap.NewChecker(m, servmap.NewFolder(o.settings)), format: format, anomalies: c.Bool("anomalies")}
	j.grouped.Limit(o.limits())
	err = j.run(reportFile)
	warnBeyond(j.grouped.Beyond, "the report")
	if baseline != nil {
		err = errors.Join(baseline.outcome(), err)
	}
	if j.counts(failOn) {
		err = errors.Join(err, anomaliesFound)
	}
	return err
}

// mapFile names the map to judge by where no baseline is given.
func mapFile(c *cli.Context, o *options) string {
	return first(c.String("map"), o.config.ServmapFile, defaultMap)
}

// checkOutputs refuses an output that is one of the inputs or the other
// output, before a baseline is read, which may take long.
func checkOutputs(output, reportFile string, inputs []string) error {
	if reportFile == toStdout {
		return usageError("--report needs a file; --format json writes the report to standard output")
	}
	if err := notInput(output, inputs); err != nil {
		return err
	}
	if reportFile == "" {
		return nil
	}
	if err := notInput(reportFile, inputs); err != nil {
		return err
	}
	if sameFile(reportFile, output) {
		return usageError(reportFile + ": both -o and --report would write it")
	}
	return nil
}

// mapToCheck returns the map to judge by: learned from --baseline, with that analysis, or
// loaded.
func mapToCheck(c *cli.Context, o *options, names []string) (*servmap.Map, *analysis, error) {
	baseline := c.StringSlice("baseline")
	if len(baseline) == 0 {
		m, err := loadMap(mapFile(c, o), o)
		return m, nil, err
	}
	if c.IsSet("map") {
		return nil, nil, usageError("check: either --map or --baseline, not both")
	}
	if slices.Contains(baseline, "-") && slices.Contains(names, "-") {
		return nil, nil, usageError("check: standard input cannot be both baseline and suspect")
	}
	for _, n := range names { // before the baseline is read, which may take long
		if _, err := statInput(n); err != nil {
			return nil, nil, usageError(describe(err))
		}
	}
	a, err := begin(o, baseline, withCSVs)
	if err != nil {
		return nil, nil, err
	}
	m := servmap.NewMap(o.settings)
	m.Limit(o.limits())
	l, err := a.learn(m)
	if err == nil && a.stopped {
		err = interrupted
	}
	if err != nil {
		return nil, nil, err
	}
	warnBeyond(l.Beyond, "the baseline's map")
	if !o.quiet {
		a.summarise(trained(l, m, "baseline"))
	}
	return m, a, nil
}

func loadMap(path string, o *options) (*servmap.Map, error) {
	m, err := servmap.Load(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, usageError(path + ": there is no such map; learn one with servmap train BASELINE.pcap, or name a capture with --baseline")
	}
	if err != nil {
		return nil, usageError(describe(err))
	}
	warnDifferences(m, o, path)
	return m, nil
}

// judging is a check while it runs.
type judging struct {
	*analysis
	checker   *servmap.Checker
	format    string
	anomalies bool

	out     *output
	rows    report.CheckWriter
	grouped report.Grouped
	keeper  *keeper
	found   servmap.Finding
}

// run judges all flows, writes rows and reports, and says what it came to.
func (j *judging) run(reportFile string) error {
	o := j.opt
	whole := j.format == jsonFormat && o.output != "" && o.output != toStdout // a report
	if !whole {
		if err := j.open(); err != nil {
			return err
		}
	}
	if reportFile != "" {
		j.keeper = keep(reportFile, rewriteEvery, j.done, j.grouped.WriteJSON)
		if j.live != nil { // nobody is to take yesterday's report for today's
			j.keeper.change(func() {})
		}
	}
	err := j.analysis.run(j.flow)
	errs := []error{err, j.close(err == nil)}
	if !o.quiet && err == nil {
		j.summarise(j.judged())
		j.remoteShare(j.checker.Outside, j.checker.Flows)
	}
	return j.outcome(errs...)
}

func (j *judging) open() (err error) {
	if j.out, err = openOutput(j.opt.output, nil, j.done); err != nil {
		return err
	}
	if j.format != jsonFormat {
		j.rows, err = report.NewCheckWriter(j.format, j.out, j.opt.config.wording())
	}
	return err
}

// flow judges one flow.
func (j *judging) flow(f *flows.Flow) error {
	if !j.checker.Check(f, &j.found) {
		return nil
	}
	switch {
	case j.keeper != nil:
		j.keeper.change(func() { j.grouped.Add(&j.found) })
	case j.rows == nil:
		j.grouped.Add(&j.found)
	}
	if j.rows == nil || j.anomalies && j.found.Verdict == servmap.None {
		return nil
	}
	return j.rows.Write(&j.found)
}

// close writes what is written at the end; whole says that nothing failed.
func (j *judging) close(whole bool) error {
	var errs []error
	if j.keeper != nil {
		errs = append(errs, j.keeper.stop(whole))
	}
	switch {
	case j.out == nil && whole:
		errs = append(errs, writeWhole(j.opt.output, j.done, j.grouped.WriteJSON))
	case j.rows == nil && whole:
		errs = append(errs, j.grouped.WriteJSON(j.out))
	}
	if j.out != nil {
		if err := j.out.Close(); whole {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// counts reports whether there is an anomaly at or above a severity.
func (j *judging) counts(failOn servmap.Severity) bool {
	for s := failOn; s <= servmap.Major; s++ {
		if j.checker.Severe[s] > 0 {
			return true
		}
	}
	return false
}

// judged says what the check came to.
func (j *judging) judged() string {
	c := j.checker
	s := fmt.Sprintf("%d flows checked, %d anomalies", c.Flows, c.Anomalies())
	if c.Anomalies() > 0 {
		s += fmt.Sprintf(" (%d major, %d minor):", c.Severe[servmap.Major], c.Severe[servmap.Minor])
		sep := " "
		for v, n := range c.Found {
			if n > 0 && servmap.Verdict(v) != servmap.None {
				s += fmt.Sprintf("%s%d %s", sep, n, servmap.Verdict(v))
				sep = ", "
			}
		}
	}
	return s
}
