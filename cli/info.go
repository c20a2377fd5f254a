package cli

import (
	"io"
	"slices"

	"servmap/cli/flags"
	"servmap/flows"
	"servmap/report"
)

var infoCommand = command{
	name: "info", args: "CAPTURE...", usage: "tell what captures hold",
	flags: flags.Info, run: printInfo,
	about: "It reads every packet: what is damaged, cut or in tunnels is told.",
	examples: []example{
		{"servmap info suspect.pcap", "tells what a capture holds"},
		{"servmap info --format json suspect.pcap", "tells it to a program"},
	},
}

func printInfo(v *invocation) error {
	names, err := v.inputNames()
	if err != nil {
		return err
	}
	opt := v.Ingest
	opt.Hash = true
	in, err := v.open(names, opt)
	if err != nil {
		return err
	}
	if err := v.NotInput(v.Output, slices.Concat(names, v.ConfigFiles())); err != nil {
		return err
	}
	if err := v.read(in, func(*flows.Flow) error { return nil }); err != nil {
		return err
	}
	s := in.Summary()
	var damage []string
	for _, p := range s.Problems {
		damage = append(damage, p.Error())
	}
	i := report.NewInfo(&s.Stats, s.Files, damage)
	return problems(s, v.To(v.Output, func(w io.Writer) error {
		return report.Print(report.InfoFormats, v.Format, w, style(v.Console, v.Output, nil), i)
	}))
}
