package cli

import (
	"errors"
	"fmt"
	"io"

	"servmap/classify/protocols"
	"servmap/cli/console"
	"servmap/cli/flags"
	"servmap/servmap"
)

var lintCommand = command{
	name: "lint", args: "MAP...", usage: "tell of keys and services in maps that no flow can ever match; status 1 where there are any",
	flags: flags.Lint, run: lint,
	about: "A map that is edited by hand may hold a key that is no host, or a service that no flow is called.",
	examples: []example{
		{"servmap lint services_map.json", "tells of mistakes by line and column"},
		{"servmap lint --config servmap.yaml services_map.json", "also knows the hosts and applications of a configuration"},
	},
}

func lint(v *invocation) error {
	if len(v.args) == 0 {
		return console.UsageError("lint: no map is named")
	}
	if err := v.NotInput(v.Output, v.args); err != nil {
		return err
	}
	labels, err := v.labels()
	if err != nil {
		return err
	}
	var problems []error
	err = v.To(v.Output, func(w io.Writer) error {
		for _, path := range v.args {
			found, err := v.lintFile(path, labels, w)
			var output console.OutputError
			switch {
			case errors.As(err, &output):
				return err
			case err != nil:
				problems = append(problems, err)
			case found:
				problems = append(problems, console.ErrAnomalies)
			}
		}
		return nil
	})
	return errors.Join(append(problems, err)...)
}

// lintFile writes a line for each warning of a map, and reports whether there was one.
func (v *invocation) lintFile(path string, labels []string, w io.Writer) (found bool, err error) {
	one := *v
	options := *v.Options
	one.Options = &options // each map has settings of its own
	m, data, err := one.parse(path, "there is no such map", v.Hosts)
	if err != nil {
		return false, err
	}
	l := one.linter(labels)
	if !l.Suspects(m) {
		return false, nil
	}
	var writing error
	err = l.Lint(path, data, m, func(warning servmap.Warning) {
		found = true
		if writing == nil {
			_, writing = fmt.Fprintln(w, console.OneLine(warning.String()))
		}
	})
	return found, errors.Join(writing, err)
}

// linter returns a Linter by the settings at hand.
func (v *invocation) linter(labels []string) *servmap.Linter {
	return servmap.NewLinter(v.Settings, v.Hosts, labels, flags.Suggest)
}

// labels lists what labels of flows are made of: protocols, applications, and the user's own names.
func (v *invocation) labels() ([]string, error) {
	table, err := applications(v.Options)
	if err != nil {
		return nil, err
	}
	out := append(table.Names(), protocols.SubLabels...)
	for _, p := range protocols.All {
		out = append(out, p.Name)
	}
	for i := range v.Rules {
		out = append(out, v.Rules[i].Application)
	}
	return out, nil
}

// shownLint is how many warnings of a map are shown where it judges.
const shownLint = 5

// warnLint warns of what no flow can match in the map that judges, of which data is the file.
func (v *invocation) warnLint(path string, data []byte, m *servmap.Map) error {
	labels, err := v.labels()
	if err != nil {
		return err
	}
	l := v.linter(labels)
	if !l.Suspects(m) {
		return nil
	}
	n := 0
	err = l.Lint(path, data, m, func(w servmap.Warning) {
		if n++; n <= shownLint {
			v.Warn("%s", w)
		}
	})
	if n > shownLint {
		v.Warn("%s: and %d more; servmap lint %s lists them all", path, n-shownLint, path)
	}
	return err
}
