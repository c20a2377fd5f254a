package main

import (
	"io"
	"os"

	"servmap/report"

	"github.com/urfave/cli/v2"
)

func reportCommand() *cli.Command {
	return &cli.Command{
		Name:      "report",
		Usage:     "print a report that check wrote",
		ArgsUsage: "REPORT",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "format", Usage: report.List(report.GroupedFormats), Value: report.GroupedFormats[0]},
			&cli.StringFlag{Name: "config", Usage: "take the wording of the verdicts from `FILE` (default: servmap.yaml where it is there)"},
			outputFlag("write to `FILE` in place of standard output"),
		},
		Action: printReport,
	}
}

func printReport(c *cli.Context) error {
	conf, err := loadConfig(c.String("config"))
	if err != nil {
		return err
	}
	format := c.String("format")
	if err := oneOf("format", format, report.GroupedFormats); err != nil {
		return err
	}
	name := first(c.Args().First(), conf.ReportFile)
	if name == "" || c.Args().Len() > 1 {
		return usageError("report: expected one report file; check --report writes one")
	}
	g, err := loadReport(name)
	if err != nil {
		return usageError(describe(err))
	}
	return toOutput(c.String("output"), append(conf.files(), name), func(out *output) error {
		return g.Write(format, out, conf.wording())
	})
}

// loadReport reads a report file; "-" is standard input.
func loadReport(name string) (*report.Grouped, error) {
	if name != "-" {
		return report.Load(name)
	}
	data, err := io.ReadAll(os.Stdin)
	if err != nil {
		return nil, err
	}
	return report.Parse(inputName(name), data)
}

// toOutput opens the output, writes and closes it.
func toOutput(name string, inputs []string, write func(*output) error) error {
	out, err := openOutput(name, inputs, nil)
	if err != nil {
		return err
	}
	err = write(out)
	if closing := out.Close(); err == nil {
		err = closing
	}
	return err
}
