package cli

import (
	"slices"

	"servmap/flows/safetext"
	"servmap/report/rows"
)

// warnServices warns of the user's own rules whose service no flow can have.
func (v *invocation) warnServices() error {
	all := slices.Concat(v.Clauses.Allow, v.Clauses.Deny)
	if len(all) == 0 {
		return nil
	}
	labels, err := v.labels()
	if err != nil {
		return err
	}
	l := v.linter(labels)
	for _, c := range all {
		if c.Service == "" {
			continue
		}
		if problem := l.ClauseProblem(c.Service); problem != "" {
			v.Warn("%s: %s matches no flow: service %q: %s", v.ConfigFile, c.Name, safetext.String(c.Service), problem)
		}
	}
	return nil
}

// warnClauses warns of the user's own rules that no longer count, and would have decided about flows.
func (v *invocation) warnClauses() {
	for _, c := range slices.Concat(v.Clauses.Allow, v.Clauses.Deny) {
		if c.Late > 0 {
			v.Warn("%s: %s is over, and %s later would have matched", v.ConfigFile, c.Name, rows.Plural(c.Late, "flow"))
		}
		c.Late = 0
	}
}

// showDenied tells what a training left out because it is denied.
func (v *invocation) showDenied() {
	for _, c := range v.Clauses.Deny {
		if c.Matched == 0 {
			continue
		}
		note := ""
		if c.Note != "" {
			note = " (" + safetext.String(c.Note) + ")"
		}
		v.Say("not learned: %s, which %s%s forbids", rows.Plural(c.Matched, "flow"), c.Name, note)
		c.Matched = 0
	}
}
