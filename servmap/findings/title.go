package findings

import (
	"fmt"
	"slices"
	"strings"

	"servmap/servmap"
)

// title returns a sentence that says who does what with whom.
func (c *Collector) title(g *group) string {
	with := c.people(&g.dst)
	if len(g.frames) > 0 {
		with = "all in its network"
	}
	what := strings.Join(c.what(g), ", ")
	switch g.kind {
	case Denied:
		return fmt.Sprintf("%s uses %s with %s, which is denied", c.people(&g.src), what, with)
	case AddressConflict:
		if g.also.IsValid() {
			return fmt.Sprintf("%s sends from %s at the same time", c.shown(servmap.AddrHost(g.also)), g.subject)
		}
		return fmt.Sprintf("%s has another hardware address", c.subject(g))
	case NewRole:
		return fmt.Sprintf("%s acts as a %s", c.people(&g.dst), g.role)
	case Tunnel:
		return fmt.Sprintf("%s has a tunnel (%s) to %s", c.people(&g.src), g.role, with)
	case NewHost:
		if g.count > 1 {
			return fmt.Sprintf("%d new hosts in %s do what their neighbours do", g.count, g.place().Network())
		}
		return fmt.Sprintf("%s is a new host and uses %s", c.subject(g), what)
	case Scan:
		return fmt.Sprintf("%s tries many hosts or ports", c.people(&g.src))
	case Attempt:
		return fmt.Sprintf("%s tries %s and gets no answer", c.people(&g.src), with)
	case NewServer:
		return fmt.Sprintf("%s answers with %s", c.people(&g.dst), what)
	case Inbound:
		return fmt.Sprintf("%s is reached from outside with %s", c.people(&g.dst), what)
	case Moved:
		return fmt.Sprintf("%s has the address %s now", c.subject(g), g.movedTo)
	case Missing:
		return c.missingTitle(g, what, with)
	case Volume:
		return fmt.Sprintf("%s sends much more than ever with %s to %s", c.people(&g.src), what, with)
	}
	return fmt.Sprintf("%s uses %s with %s", c.people(&g.src), what, with)
}

// subject names the host that a group is about.
func (c *Collector) subject(g *group) string {
	return c.shown(g.subject)
}

// people names a side.
func (c *Collector) people(s *end) string {
	hosts := s.hosts.values
	switch {
	case len(hosts) == 0:
		return "nobody"
	case len(hosts) == 1 && hosts[0] == servmap.Remote:
		return c.outsiders(s)
	case len(hosts) == 1:
		return c.shown(hosts[0])
	}
	return fmt.Sprintf("%d hosts", len(hosts))
}

// outsiders names hosts outside: by name where there is one, or by address.
func (c *Collector) outsiders(s *end) string {
	switch {
	case len(s.domains.values) == 1:
		return s.domains.values[0]
	case len(s.owners.values) == 1:
		return s.owners.values[0] + " outside"
	case len(s.addresses.values) == 1:
		return s.addresses.values[0].String()
	}
	return "hosts outside"
}

// what names what a group does, a few applications or ports.
func (c *Collector) what(g *group) []string {
	var out []string
	for _, a := range g.acts {
		name := a.service
		if servmap.IsUnknown(name) {
			name = strings.TrimPrefix(name, "Unknown:")
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	if len(out) == 0 {
		out = g.applications.values
	}
	if len(out) > 3 {
		out = append(slices.Clone(out[:3]), fmt.Sprintf("%d more", len(out)-3))
	}
	return out
}
