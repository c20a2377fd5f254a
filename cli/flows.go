package cli

import (
	"slices"

	"servmap/cli/flags"
	"servmap/flows"
	"servmap/report"
	"servmap/servmap"
)

var flowsCommand = command{
	name: "flows", args: "CAPTURE...", usage: "print the flows of captures, without any map",
	flags: flags.Flows, run: printFlows,
	about: "The CSV has nfstream's columns, and train and check read it in place of a capture.",
	examples: []example{
		{"servmap flows suspect.pcap", "prints the flows as CSV"},
		{`servmap flows --format text --filter 'not port 53' suspect.pcap`, "prints a line a flow, for some of the packets"},
	},
}

func printFlows(v *invocation) error {
	names, err := v.inputNames()
	if err != nil {
		return err
	}
	output := v.Output
	if output == "" {
		output = v.writesTo("out_file", v.OutFile)
	}
	in, err := v.open(names, v.Ingest)
	if err != nil {
		return err
	}
	if err := v.NotInput(output, slices.Concat(names, v.ConfigFiles())); err != nil {
		return err
	}
	perimeter := servmap.NewPerimeter(v.Settings)
	format := report.Named(report.FlowFormats, v.Format)
	err = writeRows(v.Console, output, format, nil, func(rows report.Writer[report.FlowRow]) error {
		n := uint64(0)
		return v.read(in, func(f *flows.Flow) error {
			if !perimeter.Includes(f) {
				return nil
			}
			n++
			return rows.Write(report.FlowRow{N: n, Flow: f})
		})
	})
	if err == nil && !v.Quiet {
		v.summarise(in, "")
	}
	return problems(in.Summary(), err)
}
