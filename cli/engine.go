package cli

import (
	"os"

	"servmap/classify"
	"servmap/classify/apps"
	"servmap/classify/protocols"
	"servmap/cli/console"
	"servmap/cli/flags"
)

// newEngine builds the classifier: all protocols, the built-in applications,
// and the user's own on top of them.
func newEngine(o *flags.Options) (*classify.Engine, error) {
	table, err := applications(o)
	if err != nil {
		return nil, err
	}
	var ports []classify.PortRule
	for i := range o.Rules {
		r := &o.Rules[i]
		if r.Port == 0 {
			continue
		}
		for _, t := range r.Transports() {
			ports = append(ports, classify.PortRule{Transport: t, Port: r.Port, Name: r.Application})
		}
	}
	e, err := classify.NewEngine(protocols.All, classify.Config{
		Applications: table, SubLabels: protocols.SubLabels, Ports: ports, Fingerprint: o.Fingerprint,
	})
	if err != nil {
		return nil, console.UsageError("rules: " + err.Error())
	}
	return e, nil
}

// maxApplicationsSize is the largest applications_file, in bytes, of a configuration that was
// found and not named.
const maxApplicationsSize = 64 << 20

// applications returns the built-in table with the file and the rules of the
// configuration on top, the rules highest.
func applications(o *flags.Options) (*apps.Table, error) {
	table := apps.Default()
	if o.ApplicationsFile != "" {
		if o.ConfigFound() {
			if err := flags.PlainFile(o.ApplicationsFile, maxApplicationsSize); err != nil {
				return nil, console.UsageError("applications_file: " + describe(err))
			}
		}
		f, err := os.Open(o.ApplicationsFile)
		if err != nil {
			return nil, console.UsageError("applications_file: " + describe(err))
		}
		defer f.Close()
		if table, err = apps.Load(table, f, o.ApplicationsFile); err != nil {
			return nil, console.UsageError("applications_file: " + err.Error())
		}
	}
	domains, networks := map[string]string{}, map[string]string{}
	for i := range o.Rules {
		if r := &o.Rules[i]; r.Domain != "" {
			domains[r.Domain] = r.Application
		} else if r.Network != "" {
			networks[r.Network] = r.Application
		}
	}
	if len(domains)+len(networks) == 0 {
		return table, nil
	}
	table, err := table.With(domains, networks)
	if err != nil {
		return nil, console.UsageError("rules: " + err.Error())
	}
	return table, nil
}
