package main

import (
	"slices"

	"servmap/classify"
	"servmap/flows"
	"servmap/report"
	"servmap/servmap"

	"github.com/urfave/cli/v2"
)

func flowsCommand() *cli.Command {
	return &cli.Command{
		Name:      "flows",
		Usage:     "print the flows of captures, without any map",
		ArgsUsage: "CAPTURE...",
		Flags: captureFlags(
			&cli.StringFlag{Name: "format", Usage: report.List(report.FlowFormats), Value: report.FlowFormats[0]},
			&cli.StringFlag{Name: "fingerprint", Usage: "fingerprint TLS hellos by `FORM`: " + report.List(fingerprints), Value: fingerprints[classify.JA4]},
		),
		Action: printFlows,
	}
}

// fingerprints names the forms of fingerprints.
var fingerprints = []string{classify.JA4: "ja4", classify.JA3: "ja3"}

func printFlows(c *cli.Context) error {
	o, err := readOptions(c)
	if err != nil {
		return err
	}
	if err := oneOf("format", c.String("format"), report.FlowFormats); err != nil {
		return err
	}
	form := c.String("fingerprint")
	if err := oneOf("fingerprint", form, fingerprints); err != nil {
		return err
	}
	o.fingerprint = classify.Fingerprint(slices.Index(fingerprints, form))
	names, err := inputNames(c, o)
	if err != nil {
		return err
	}
	a, err := begin(o, names, 0)
	if err != nil {
		return err
	}
	if o.output == "" {
		o.output = o.config.writesTo("out_file", o.config.OutFile)
	}
	out, err := openOutput(o.output, slices.Concat(names, o.config.files()), a.done)
	if err != nil {
		return err
	}
	w, err := report.NewFlowWriter(c.String("format"), out)
	if err != nil {
		return err
	}
	folder := servmap.NewFolder(o.settings)
	var n uint64
	err = a.run(func(f *flows.Flow) error {
		if !folder.Concerns(f) {
			return nil
		}
		n++
		return w.Write(n, f)
	})
	closing := out.Close()
	if err == nil {
		err = closing
	}
	if err == nil && !o.quiet {
		a.summarise("")
	}
	return a.outcome(err)
}
