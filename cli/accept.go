package cli

import (
	"fmt"
	"io"
	"slices"
	"strconv"

	"servmap/cli/console"
	"servmap/cli/flags"
	"servmap/flows/safetext"
	"servmap/report"
	"servmap/report/rows"
	"servmap/servmap"
	"servmap/servmap/findings"
)

var acceptCommand = command{
	name: "accept", args: "REPORT [ID|NUMBER...]", usage: "add to the map what findings of a report need, so that they are found no more",
	flags: flags.Accept, run: accept,
	about: "What a finding needs is added to the map and nothing else: the captures are not read again, and the other findings stay as they are. --all takes all, --level all of one level.",
	examples: []example{
		{"servmap accept --dry-run --all report.json", "tells what would be added"},
		{`servmap accept --note 'a new app' report.json 728f6d13840c`, "adds what that finding needs"},
	},
}

func accept(v *invocation) error {
	if len(v.args) == 0 {
		return console.UsageError("accept: no report is named; check --report writes one")
	}
	g, err := v.loadReport(v.args[0])
	if err != nil {
		return console.UsageError(describe(err))
	}
	chosen, err := v.chosen(g.All(), v.args[1:])
	if err != nil {
		return err
	}
	path := v.MapToCheck()
	if err := v.NotInput(path, slices.Concat(v.args[:1], v.ConfigFiles())); err != nil {
		return err
	}
	lock, err := v.lockMap(path, false, mapWait)
	if err != nil {
		return err
	}
	defer lock.Release()
	m, err := v.load(path, "there is no such map; accepting adds to one that servmap train wrote")
	if err != nil {
		return err
	}
	if err := v.keepsNames(path, m); err != nil {
		return err
	}
	m.Adopt(v.Settings)
	changes := v.acceptAll(m, chosen)
	if !v.DryRun {
		if err := v.ReplaceFile(path, m.Write); err != nil {
			return err
		}
	}
	if v.Quiet {
		return nil
	}
	err = v.To("", func(w io.Writer) error {
		return report.Print(report.DiffFormats, "text", w, style(v.Console, "", nil), changes)
	})
	if err == nil && len(changes) == 0 {
		v.Say("%s: nothing to add: all of it was accepted", path)
	}
	return err
}

// acceptAll adds findings to the map. It returns what is new, in the order of diff.
func (v *invocation) acceptAll(m *servmap.Map, chosen []*findings.Finding) []servmap.Change {
	var changes []servmap.Change
	for _, f := range chosen {
		a := servmap.Acceptance{ID: f.ID, Title: f.Title, Note: v.Note, Adds: f.Accept}
		changes = append(changes, m.Accept(a)...)
		if f.IsCut("accept") {
			v.Warn("%s: %s: the report has not all that it needs: some of it will be found again", f.ID, safetext.String(f.Title))
		}
	}
	servmap.SortChanges(changes)
	return changes
}

// chosen returns the findings that the command line names.
func (v *invocation) chosen(all []*findings.Finding, names []string) ([]*findings.Finding, error) {
	if len(names) == 0 && !v.All && !v.Given("level") {
		return nil, console.UsageError("accept: which findings? name ids or numbers, or give --level or --all")
	}
	picked := map[*findings.Finding]bool{}
	for _, name := range names {
		f, err := v.named(all, name)
		if err != nil {
			return nil, err
		}
		if why := refusal(f); why != "" {
			return nil, console.UsageError(fmt.Sprintf("accept: %s: %s: %s", name, safetext.String(f.Title), safetext.String(why)))
		}
		picked[f] = true
	}
	var out []*findings.Finding
	for _, f := range all {
		if v.All || v.Given("level") && f.LevelOf() == v.Level {
			if why := refusal(f); why != "" {
				v.Warn("%s: %s: %s", f.ID, safetext.String(f.Title), safetext.String(why))
				continue
			}
			picked[f] = true
		}
		if picked[f] {
			out = append(out, f)
		}
	}
	return out, nil
}

// refusal says why a finding cannot be accepted, "" where it can.
func refusal(f *findings.Finding) string {
	switch {
	case f.KindOf() == findings.Denied:
		return f.Why + "; change that rule, and check again"
	case f.KindOf() == findings.Missing:
		return "it did not come, so there is nothing to add; delete it from the map, or see servmap prune"
	case len(f.Accept) == 0:
		return "the report does not say what accepting it would add"
	}
	return ""
}

// idLength is the length of a finding's id. What is shorter and a number is the place in the report.
const idLength = 12

// named returns the finding with an id, or a number from 1 in the order of the report.
func (v *invocation) named(all []*findings.Finding, name string) (*findings.Finding, error) {
	if n, err := strconv.ParseUint(name, 10, 32); err == nil && len(name) < idLength {
		if n == 0 || n > uint64(len(all)) {
			return nil, console.UsageError(fmt.Sprintf("%s: %s: the report has %s", v.command.name, name, rows.Plural(uint64(len(all)), "finding")))
		}
		return all[n-1], nil
	}
	for _, f := range all {
		if f.ID == name {
			return f, nil
		}
	}
	return nil, console.UsageError(fmt.Sprintf("%s: %s: the report has no finding with that id; servmap report REPORT --format findings lists them", v.command.name, safetext.String(name)))
}
