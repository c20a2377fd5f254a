package main

import (
	"os"
	"strings"

	"servmap/classify"
	"servmap/classify/apps"
	"servmap/classify/protocols"
)

// newEngine builds the classifier: all protocols, the built-in applications,
// and the user's own on top of them.
func newEngine(c *config) (*classify.Engine, error) {
	table, err := applications(c)
	if err != nil {
		return nil, err
	}
	var ports []classify.PortRule
	for i := range c.Rules {
		r := &c.Rules[i]
		if r.Port == 0 {
			continue
		}
		for _, t := range r.transports() {
			ports = append(ports, classify.PortRule{Transport: t, Port: r.Port, Name: r.Application})
		}
	}
	e, err := classify.NewEngine(protocols.All, table, ports...)
	if err != nil {
		return nil, usageError("rules: " + err.Error())
	}
	e.Declare(protocols.SubLabels...)
	return e, nil
}

// applications returns the built-in table with the file and the rules of the
// configuration on top, the rules highest.
func applications(c *config) (*apps.Table, error) {
	table := apps.Default()
	if c.ApplicationsFile != "" {
		if c.file != "" && !c.named {
			if err := plainFile(c.ApplicationsFile, maxApplicationsSize); err != nil {
				return nil, usageError("applications_file: " + describe(err))
			}
		}
		f, err := os.Open(c.ApplicationsFile)
		if err != nil {
			return nil, usageError("applications_file: " + describe(err))
		}
		defer f.Close()
		if table, err = apps.Load(table, f, c.ApplicationsFile); err != nil {
			return nil, usageError("applications_file: " + err.Error())
		}
	}
	domains, networks := map[string]string{}, map[string]string{}
	for i := range c.Rules {
		if r := &c.Rules[i]; r.Domain != "" {
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
		return nil, usageError("rules: " + err.Error())
	}
	return table, nil
}

// transports are those that a rule for a port holds for.
func (r *rule) transports() []classify.Transport {
	all := []classify.Transport{classify.TCP, classify.UDP, classify.SCTP}
	for _, t := range all {
		if strings.EqualFold(r.Transport, t.String()) {
			return []classify.Transport{t}
		}
	}
	return all
}
