package main

import (
	"servmap/pcapio"
	"servmap/report"

	"github.com/urfave/cli/v2"
)

func interfacesCommand() *cli.Command {
	return &cli.Command{
		Name:  "interfaces",
		Usage: "list the interfaces that can be captured on",
		Flags: []cli.Flag{
			formatFlag(report.ListingFormats),
			outputFlag("write to `FILE` in place of standard output"),
		},
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			l, err := interfaceListing()
			if err != nil {
				return outputError{err} // a running source, not the command line
			}
			return writeListing(c, l)
		},
	}
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
