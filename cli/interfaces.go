package cli

import (
	"servmap/cli/console"
	"servmap/cli/flags"
	"servmap/pcapio"
	"servmap/report"
)

var interfacesCommand = command{
	name: "interfaces", usage: "list the interfaces that can be captured on",
	flags: flags.Interfaces, run: printInterfaces,
	about: "Their names are what -i takes.",
	examples: []example{
		{"servmap interfaces", "lists them"},
		{"servmap interfaces --format json", "lists them for a program"},
	},
}

func printInterfaces(v *invocation) error {
	if err := v.noArguments(); err != nil {
		return err
	}
	l, err := interfaceListing()
	if err != nil {
		return console.OutputError{Err: err} // the system, not the command line
	}
	return v.writeListing(l)
}

func interfaceListing() (*report.Listing, error) {
	all, err := pcapio.Interfaces()
	if err != nil {
		return nil, err
	}
	l := &report.Listing{Fields: []string{"name", "state", "mac", "addresses", "description"}}
	for _, i := range all {
		state := "down"
		if i.Up {
			state = "up"
		}
		if i.Addrs == nil {
			i.Addrs = []string{}
		}
		l.Rows = append(l.Rows, []any{i.Name, state, i.MAC, i.Addrs, i.Description})
	}
	return l, nil
}
