package cli

import (
	"cmp"
	"io"

	"servmap/cli/console"
	"servmap/cli/flags"
	"servmap/flows/ingest"
	"servmap/report"
	"servmap/servmap/findings"
)

var reportCommand = command{
	name: "report", args: "REPORT", usage: "print a report that check wrote",
	flags: flags.Report, run: printReport,
	about: "A report holds the flows by verdict, source and destination, and the findings.",
	examples: []example{
		{"servmap report --format findings report.json", "prints the findings"},
		{"servmap report --format markdown report.json", "prints them for a ticket"},
	},
}

func printReport(v *invocation) error {
	if len(v.args) > 1 {
		return errOneReport
	}
	name := cmp.Or(append(v.args, v.ReportFile)...)
	if name == "" {
		return errOneReport
	}
	g, err := v.loadReport(name)
	if err != nil {
		return console.UsageError(describe(err))
	}
	if err := v.NotInput(v.Output, append(v.ConfigFiles(), name)); err != nil {
		return err
	}
	format := report.Named(report.FindingsFormats, v.Format)
	if err := v.holdReport(g, name, format.CI); err != nil {
		return err
	}
	err = writeRows(v.Console, v.Output, format, &v.Wording, func(out report.Writer[*findings.Set]) error { return out.Write(g) })
	if err != nil || !v.Given("fail-on") {
		return err
	}
	return v.statusOf(g.Held)
}

// holdReport holds a report against --fail-on where the format shows that, or the flag asks for the status. A report
// without findings must not pass for one in which nothing was found.
func (v *invocation) holdReport(g *findings.Set, name string, ci bool) error {
	if !ci && !v.Given("fail-on") {
		return nil
	}
	if g.Extra == nil {
		return console.UsageError(name + ": the report has no findings to hold against --fail-on; check again with this servmap")
	}
	maps, err := v.mapsOfReport(g)
	if err != nil {
		return console.UsageError(describe(err))
	}
	v.hold(g, g.All(), maps)
	return nil
}

// statusOf is the error that makes the exit status of a report that was held against --fail-on: that of check.
func (v *invocation) statusOf(h *findings.Held) error {
	switch {
	case h.NoFlows:
		return console.UsageError("report: no flow was judged; --allow-empty takes that for a result")
	case len(h.Damaged) > 0:
		return console.ErrDamaged
	case h.Failing:
		return console.ErrAnomalies
	}
	return nil
}

var errOneReport = console.UsageError("report: expected one report file; check --report writes one")

// loadReport reads a report file; "-" is standard input.
func (v *invocation) loadReport(name string) (*findings.Set, error) {
	if name != "-" {
		return findings.Load(name)
	}
	data, err := io.ReadAll(v.In)
	if err != nil {
		return nil, err
	}
	return findings.Parse(ingest.DisplayName(name), data)
}
