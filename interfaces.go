package main

import (
	"net"

	"servmap/report"

	"github.com/urfave/cli/v2"
)

func interfacesCommand() *cli.Command {
	return &cli.Command{
		Name:  "interfaces",
		Usage: "list the network interfaces of this machine",
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
	all, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	l := &report.Listing{Fields: []string{"name", "state", "mac", "mtu", "addresses"}}
	for _, i := range all {
		state := "down"
		if i.Flags&net.FlagUp != 0 {
			state = "up"
		}
		addresses := []string{}
		if list, err := i.Addrs(); err == nil {
			for _, a := range list {
				addresses = append(addresses, a.String())
			}
		}
		l.Rows = append(l.Rows, []any{i.Name, state, i.HardwareAddr.String(), i.MTU, addresses})
	}
	return l, nil
}
