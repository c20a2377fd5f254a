package cli

import (
	"io"

	"servmap/cli/console"
	"servmap/cli/flags"
	"servmap/report"
	"servmap/report/rows"
	"servmap/servmap"
)

var pruneCommand = command{
	name: "prune", args: "MAP", usage: "forget what was not seen for long, and tell what that is",
	flags: flags.Prune, run: prune,
	about: "Time is that of the newest capture that the map learned. What patterns permit and what was accepted stays.",
	examples: []example{
		{"servmap prune --unseen 90d --dry-run services_map.json", "tells what was not seen for 90 days"},
		{"servmap prune --unseen 12w --replace services_map.json", "forgets what was not seen for twelve weeks"},
	},
}

func prune(v *invocation) error {
	switch {
	case len(v.args) != 1:
		return console.UsageError("prune: expected one map")
	case v.Unseen == 0:
		return console.UsageError("prune: --unseen says how long before the newest capture something must have been seen last, as in --unseen 90d")
	case v.Output == console.Stdout:
		return console.UsageError("prune: -o needs a file; standard output tells what is forgotten")
	}
	path := v.Output
	inPlace := path == "" || console.SameFile(path, v.args[0])
	if inPlace {
		path = v.args[0]
	} else if err := v.mayWriteOver(path); err != nil {
		return err
	}
	if !v.DryRun {
		lock, err := v.lockMap(path, false, mapWait)
		if err != nil {
			return err
		}
		defer lock.Release()
	}
	m, err := v.load(v.args[0], "there is no such map")
	if err != nil {
		return err
	}
	if err := v.keepsNames(v.args[0], m); err != nil {
		return err
	}
	p := m.Prune(v.Unseen)
	if !v.DryRun && (len(p.Forgotten) > 0 || !inPlace) {
		if err := v.ReplaceFile(path, m.Write); err != nil {
			return err
		}
	}
	v.tellPruned(p)
	return v.To("", func(w io.Writer) error {
		return report.Print(report.DiffFormats, v.Format, w, style(v.Console, v.Output, nil), p.Forgotten)
	})
}

// tellPruned tells how much was forgotten, and what has no date.
func (v *invocation) tellPruned(p servmap.Pruned) {
	if v.Quiet {
		return
	}
	is := "forgotten"
	if v.DryRun {
		is = "to forget"
	}
	services := uint64(0)
	for i := range p.Forgotten {
		if p.Forgotten[i].Destination != "" {
			services++
		}
	}
	v.Say("%s: %s %s", v.args[0], rows.Plural(services, "service"), is)
	switch {
	case !p.Dated:
		v.Say("%s: nothing in it tells when it was seen; all is kept", v.args[0])
	case p.Undated == 1:
		v.Say("%s: 1 service has no date and is kept", v.args[0])
	case p.Undated > 0:
		v.Say("%s: %d services have no date and are kept", v.args[0], p.Undated)
	}
}
