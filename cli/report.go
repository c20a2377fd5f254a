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
	return writeRows(v.Console, v.Output, format, &v.Wording, func(out report.Writer[*findings.Set]) error { return out.Write(g) })
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
