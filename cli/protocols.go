package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"servmap/classify"
	"servmap/classify/apps"
	"servmap/classify/protocols"
	"servmap/cli/flags"
	"servmap/report"
)

var protocolsCommand = command{
	name: "protocols", usage: "list the protocols and applications that are recognised",
	flags: flags.Protocols, run: printProtocols,
	about: "The first column is what maps, verdicts and flows call them.",
	examples: []example{
		{"servmap protocols", "lists them, with how they are found"},
		{"servmap protocols --format csv", "lists them for a program"},
	},
}

func printProtocols(v *invocation) error {
	if err := v.noArguments(); err != nil {
		return err
	}
	table, err := applications(v.Options)
	if err != nil {
		return err
	}
	return v.writeListing(protocolListing(table))
}

// protocolListing lists all protocols, then all applications.
func protocolListing(table *apps.Table) *report.Listing {
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
	return l
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
