package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"servmap/classify"
	"servmap/classify/apps"
	"servmap/classify/protocols"
	"servmap/report"

	"github.com/urfave/cli/v2"
)

func protocolsCommand() *cli.Command {
	return &cli.Command{
		Name:  "protocols",
		Usage: "list the protocols and applications that are recognised",
		Flags: []cli.Flag{
			formatFlag(report.ListingFormats),
			&cli.StringFlag{Name: "config", Usage: "add the applications of the configuration in `FILE` (default: servmap.yaml where it is there)"},
			outputFlag("write to `FILE` in place of standard output"),
		},
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			l, conf, err := protocolListing(c.String("config"))
			if err != nil {
				return err
			}
			return writeListing(c, l, conf.files()...)
		},
	}
}

func formatFlag(formats []string) cli.Flag {
	return &cli.StringFlag{Name: "format", Usage: report.List(formats), Value: formats[0]}
}

// noArguments refuses arguments of a command that takes none.
func noArguments(c *cli.Context) error {
	if c.Args().Present() {
		return usageError(fmt.Sprintf("%s takes no arguments, and there is %q", c.Command.Name, c.Args().First()))
	}
	return nil
}

// writeListing writes a listing in the format and to the file of the flags, which is none of the inputs.
func writeListing(c *cli.Context, l *report.Listing, inputs ...string) error {
	format := c.String("format")
	if err := oneOf("format", format, report.ListingFormats); err != nil {
		return err
	}
	return toOutput(c.String("output"), inputs, func(out *output) error { return l.Write(format, out) })
}

// protocolListing lists all protocols, then all applications.
func protocolListing(configFile string) (*report.Listing, *config, error) {
	conf, err := loadConfig(configFile)
	if err != nil {
		return nil, nil, err
	}
	table, err := applications(conf)
	if err != nil {
		return nil, nil, err
	}
	l := &report.Listing{Fields: []string{"name", "kind", "category", "transport", "ports", "found_by", "names", "networks", "reference"}}
	for _, p := range protocols.All {
		l.Rows = append(l.Rows, []any{p.Name, "protocol", p.Category, transportNames(p), serverPorts(p), foundBy(p), 0, 0, p.Reference})
	}
	counts := table.Counts()
	for _, name := range table.Names() {
		category, _ := table.Category(name)
		n := counts[name]
		l.Rows = append(l.Rows, []any{name, "application", category, []string{}, []string{}, appFoundBy(n), n.Names, n.Networks, ""})
	}
	return l, conf, nil
}

// appFoundBy says what an application is recognised by.
func appFoundBy(n apps.Count) []string {
	out := []string{}
	if n.Names > 0 {
		out = append(out, "host name")
	}
	if n.Networks > 0 {
		out = append(out, "address")
	}
	if len(out) == 0 {
		out = append(out, "payload")
	}
	return out
}

func transportNames(p *classify.Protocol) []string {
	out := []string{}
	if p.Transport != 0 {
		out = strings.Split(p.Transport.String(), "/")
	}
	for _, n := range p.IPProtocols {
		out = append(out, fmt.Sprintf("IP %d", n))
	}
	return out
}

// serverPorts are the usual ports, each once: "53" on every transport of the
// protocol, "53/tcp" on one.
func serverPorts(p *classify.Protocol) []string {
	out := []string{}
	add := func(ports []uint16, suffix string) {
		for _, n := range ports {
			s := fmt.Sprintf("%d%s", n, suffix)
			if slices.Contains(p.AlsoPorts, n) {
				s = strconv.Itoa(int(n)) // on every transport
			}
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	add(p.Ports, "")
	add(p.TCPPorts, "/tcp")
	add(p.UDPPorts, "/udp")
	add(p.AlsoPorts, "")
	return out
}

// foundBy says what the protocol is recognised by.
func foundBy(p *classify.Protocol) []string {
	out := []string{}
	if p.Recognise != nil {
		out = append(out, "payload")
	}
	if len(p.IPProtocols) > 0 {
		out = append(out, "IP protocol")
	}
	if !p.NoGuess && len(p.Ports)+len(p.TCPPorts)+len(p.UDPPorts) > 0 {
		out = append(out, "port")
	}
	return out
}
