package graph

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"servmap/classify"
	"servmap/servmap"
	"servmap/servmap/findings"
)

// Bounds of what is drawn host by host. Above them hosts are grouped by network and role.
const (
	// MostHosts is how many hosts are drawn one by one.
	MostHosts = 60
	mostLines = 300

	mostGroups = 36
	// mostAlone is how many hosts with findings stand alone among groups.
	mostAlone = 12
)

// Grouped reports whether the graph is drawn in groups.
func (g *Graph) Grouped() bool { return len(g.Hosts) > MostHosts || len(g.Lines) > mostLines }

// group tells groups apart.
type group struct {
	network netip.Prefix
	role    string
	// alone is the host that stands by itself, plus one.
	alone int
}

// Group returns a graph of groups: hosts of one network and role are one, but for words and the hosts that the worst
// findings are about.
func (g *Graph) Group() *Graph {
	alone := g.alone()
	of := make([]group, len(g.Hosts))
	for level := 0; ; level++ {
		seen := map[group]int{}
		for i := range g.Hosts {
			of[i] = g.groupOf(i, level, alone[i])
			seen[of[i]]++
		}
		if len(seen) <= mostGroups+len(alone) || level == coarsest {
			return g.joined(of)
		}
	}
}

// coarsest is the level at which all hosts of a role are one group.
const coarsest = 3

// networkBits are the lengths of networks at each level, of IPv4 and IPv6.
var networkBits = [coarsest + 1][2]int{{24, 64}, {16, 48}, {8, 32}, {0, 0}}

func (g *Graph) groupOf(i, level int, alone bool) group {
	h := &g.Hosts[i]
	if alone || !h.isHost() {
		return group{alone: i + 1}
	}
	bits := networkBits[level][1]
	if h.Key.Addr().Is4() {
		bits = networkBits[level][0]
	}
	p, _ := h.Key.Addr().Prefix(bits)
	return group{network: p, role: h.role()}
}

// What hosts without a role are called together, and those that serve and have no other.
const (
	roleClients = "clients"
	roleServers = "servers"
)

// role is the role by which a host is grouped.
func (h *Host) role() string {
	switch {
	case len(h.Roles) == 0:
		return roleClients
	case h.Roles[0] == roleServer:
		return roleServers
	}
	return strings.Join(h.Roles, ", ")
}

// alone finds the hosts that stand by themselves: those whose lines have the worst findings of level high or above.
func (g *Graph) alone() map[int]bool {
	var list []int
	marks := make([]Mark, len(g.Hosts))
	for i := range g.Lines {
		l := &g.Lines[i]
		marks[l.Src] = max(marks[l.Src], l.Mark)
	}
	for i := range g.Hosts {
		if marks[i] >= MarkOf(findings.High) && g.Hosts[i].isHost() {
			list = append(list, i)
		}
	}
	slices.SortStableFunc(list, func(a, b int) int { return cmp.Compare(marks[b], marks[a]) })
	out := map[int]bool{}
	for _, i := range list[:min(len(list), mostAlone)] {
		out[i] = true
	}
	return out
}

// joined makes the graph of groups.
func (g *Graph) joined(of []group) *Graph {
	out := &Graph{Title: g.Title, Judged: g.Judged, Findings: g.Findings, Kept: g.Kept}
	number := map[group]int{}
	at := make([]int, len(g.Hosts))
	for i := range g.Hosts {
		n, ok := number[of[i]]
		if !ok {
			n = len(out.Hosts)
			number[of[i]] = n
			out.Hosts = append(out.Hosts, g.Hosts[i])
		}
		at[i] = n
		out.Hosts[n].Members = append(out.Hosts[n].Members, i)
	}
	for i := range out.Hosts {
		h := &out.Hosts[i]
		if len(h.Members) == 1 {
			continue
		}
		k := of[h.Members[0]]
		h.Key = servmap.HostNamed(k.network.String())
		if k.network.Bits() == 0 {
			h.Key = servmap.HostNamed(map[bool]string{true: "IPv4", false: "IPv6"}[k.network.Addr().Is4()])
		}
		h.Name, h.Vendor, h.MACs, h.Roles = "", "", nil, nil
		if k.role != roleClients {
			h.Roles = []string{k.role}
		}
	}
	g.joinLines(out, at)
	out.sum()
	return out
}

// joinLines makes lines between groups, each of what its lines use.
func (g *Graph) joinLines(out *Graph, at []int) {
	type key struct {
		src, dst int
		class    string
	}
	lines := map[key]int{}
	services := map[key]map[string]int{}
	for i := range g.Lines {
		l := &g.Lines[i]
		class := l.Mark.class()
		if class == "info" {
			class = "known" // there are many, and they matter little
		}
		k := key{at[l.Src], at[l.Dst], class}
		n, ok := lines[k]
		if !ok {
			n = len(out.Lines)
			lines[k], services[k] = n, map[string]int{}
			out.Lines = append(out.Lines, Line{Src: k.src, Dst: k.dst})
		}
		to := &out.Lines[n]
		if class != "known" {
			to.Mark = max(to.Mark, l.Mark)
		}
		to.Bytes += l.Bytes
		to.Flows += l.Flows
		to.About = to.About || l.About
		to.Members = append(to.Members, i)
		for j := range l.Services {
			s := protocolOf(l.Services[j].Name)
			if services[k][s]++; services[k][s] == 1 {
				to.Services = append(to.Services, Service{Name: s})
			}
		}
	}
	for k, n := range lines {
		slices.SortFunc(out.Lines[n].Services, func(a, b Service) int {
			return cmp.Or(cmp.Compare(services[k][b.Name], services[k][a.Name]), cmp.Compare(a.Name, b.Name))
		})
	}
	slices.SortFunc(out.Lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(a.Src, b.Src), cmp.Compare(a.Dst, b.Dst), cmp.Compare(b.Mark, a.Mark))
	})
}

// protocolOf is a service without its application. Ports that nothing recognised are one.
func protocolOf(service string) string {
	if service == classify.Unknown || servmap.IsUnknown(service) {
		return unrecognised
	}
	p, _, _ := strings.Cut(service, ".")
	return p
}

// hostsText counts hosts.
func hostsText(n int) string {
	if n == 1 {
		return "1 host"
	}
	return fmt.Sprintf("%d hosts", n)
}
