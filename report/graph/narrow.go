package graph

import (
	"net/netip"
	"strings"

	"servmap/servmap"
)

// Selection narrows a graph. The zero Selection takes all of it.
type Selection struct {
	// Hosts are addresses, networks, names or words; one end of a line must be one of them.
	Hosts []string
	// Services are services or protocols: "TLS" takes TLS.X, too.
	Services []string
	// New takes what findings are about alone.
	New bool
}

// Narrow returns the part of a graph that a selection takes.
func (g *Graph) Narrow(s Selection) *Graph {
	keep := make([]bool, len(g.Hosts))
	for i := range g.Hosts {
		keep[i] = len(s.Hosts) == 0 || g.Hosts[i].matches(s.Hosts)
	}
	var lines []Line
	for _, l := range g.Lines {
		if s.New && l.Mark == Known || !keep[l.Src] && !keep[l.Dst] {
			continue
		}
		if len(s.Services) > 0 {
			l = l.only(s.Services)
		}
		if len(l.Services) > 0 {
			lines = append(lines, l)
		}
	}
	return g.with(lines)
}

// matches reports whether a host is one of those that were named.
func (h *Host) matches(words []string) bool {
	for _, w := range words {
		if n, err := netip.ParsePrefix(w); err == nil && h.Key.IsAddress() && n.Contains(h.Key.Addr()) {
			return true
		}
		if h.Key == servmap.HostNamed(w) || h.Name != "" && strings.EqualFold(h.Name, w) {
			return true
		}
	}
	return false
}

// only returns the line with the services that were named alone. Its bytes are theirs where those are known.
func (l Line) only(words []string) Line {
	var services []Service
	var bytes, flows uint64
	for _, s := range l.Services {
		for _, w := range words {
			if strings.EqualFold(s.Name, w) || strings.EqualFold(unprefixed(s.Name), w) || hasPrefixFold(s.Name, w+".") || hasPrefixFold(s.Name, w+":") {
				services = append(services, s)
				bytes += s.Bytes
				flows += s.Flows
				break
			}
		}
	}
	switch {
	case len(services) == len(l.Services):
		return l
	case bytes > 0:
		l.Bytes = bytes
	default:
		l.About = true
	}
	l.Services, l.Flows = services, flows
	return l
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// with returns a graph of some of the lines, and of their hosts.
func (g *Graph) with(lines []Line) *Graph {
	out := &Graph{Title: g.Title, Judged: g.Judged, Findings: g.Findings, Kept: g.Kept}
	number := make([]int, len(g.Hosts))
	for _, l := range lines {
		number[l.Src], number[l.Dst] = 1, 1
	}
	for i := range g.Hosts {
		if number[i] == 0 {
			continue
		}
		number[i] = len(out.Hosts)
		out.Hosts = append(out.Hosts, g.Hosts[i])
	}
	for _, l := range lines {
		l.Src, l.Dst = number[l.Src], number[l.Dst]
		out.Lines = append(out.Lines, l)
	}
	out.sum()
	return out
}
