package main

import (
	"slices"

	"servmap/flows"
	"servmap/report"

	"github.com/urfave/cli/v2"
)

func infoCommand() *cli.Command {
	return &cli.Command{
		Name:      "info",
		Usage:     "tell what captures hold",
		ArgsUsage: "CAPTURE...",
		Flags:     captureFlags(formatFlag(report.InfoFormats)),
		Action:    printInfo,
	}
}

func printInfo(c *cli.Context) error {
	o, err := readOptions(c)
	if err != nil {
		return err
	}
	format := c.String("format")
	if err := oneOf("format", format, report.InfoFormats); err != nil {
		return err
	}
	names, err := inputNames(c, o)
	if err != nil {
		return err
	}
	a, err := begin(o, names, withHashes)
	if err != nil {
		return err
	}
	if err := a.run(func(*flows.Flow) error { return nil }); err != nil {
		return err
	}
	var damage []string
	for _, p := range a.problems {
		damage = append(damage, p.Error())
	}
	i := report.NewInfo(&a.stats, a.files, damage)
	return a.outcome(toOutput(o.output, slices.Concat(names, o.config.files()), func(out *output) error { return i.Write(format, out) }))
}
