// Package graph draws who talks to whom: a map or a report as SVG, DOT or JSON. The same input gives the same
// bytes.
package graph

import (
	"cmp"
	"fmt"
	"slices"

	"servmap/flows/safetext"
	"servmap/servmap"
	"servmap/servmap/findings"
)

// Mark says what is known of something drawn: that it is known, or the level of its worst finding.
type Mark uint8

// Known is the Mark of what no finding is about.
const Known Mark = 0

// MarkOf is the Mark of what has findings of a level.
func MarkOf(l findings.Level) Mark { return Mark(l) + 1 }

// String names the mark: "known", or the level.
func (m Mark) String() string {
	if m == Known {
		return "known"
	}
	return findings.Level(m - 1).String()
}

// class is the class of the style sheet: grey is known, yellow and red are findings.
func (m Mark) class() string {
	switch {
	case m >= MarkOf(findings.High):
		return "red"
	case m >= MarkOf(findings.Low):
		return "yellow"
	case m > Known:
		return "info"
	}
	return "known"
}

// Graph is who talks to whom, with what. Hosts and lines are in the order of the map; indexes of both are what
// lines and findings refer to.
type Graph struct {
	// Title says what it was made of.
	Title string
	Hosts []Host
	Lines []Line
	// Findings are those of the report, the worst first.
	Findings []*findings.Finding
	// Kept are flows, nil where none were kept.
	Kept *findings.Kept
	// Judged is set where a check said what is new.
	Judged bool
}

// Host is one end of lines: a host, or a word that stands for many.
type Host struct {
	Key  servmap.Host
	Name string
	// Roles are what it does for others: "gateway", "DHCP", "resolver", "server".
	Roles  []string
	Vendor string
	MACs   []string
	// Members are the hosts of the whole graph that this one stands for, where it stands for several.
	Members []int
	Bytes   uint64
	Flows   uint64
	Mark    Mark
}

// Line is what a source uses at a destination, of one mark.
type Line struct {
	Src, Dst int
	Mark     Mark
	Services []Service
	Bytes    uint64
	// About is set where Bytes is a share of what was counted together.
	About bool
	Flows uint64
	// Members are the lines of the whole graph that this one stands for, where hosts are grouped.
	Members []int
}

// Service is a service of a line.
type Service struct {
	Name  string
	Bytes uint64
	Flows uint64
	Ports []uint16
	// Peers are names or owners of the other ends outside.
	Peers []string
	// First and Last are days or times of packets, as text; empty where they are not known.
	First, Last string
	// Findings are indexes of Graph.Findings.
	Findings []int
}

// Count counts the hosts that are one host each.
func (g *Graph) Count() int {
	n := 0
	for i := range g.Hosts {
		if g.Hosts[i].isHost() {
			n++
		}
	}
	return n
}

// TitleOf names what a graph was made of: the first of some captures, and how many more.
func TitleOf(captures []string) string {
	if len(captures) == 0 {
		return "live"
	}
	title := safetext.String(captures[0])
	if title == "-" {
		title = "standard input"
	}
	if more := len(captures) - 1; more > 0 {
		title += fmt.Sprintf(" and %d more", more)
	}
	return title
}

// isHost reports whether it is one host, with an address of its own.
func (h *Host) isHost() bool { return h.Key.IsAddress() && !h.Key.Addr().IsUnspecified() }

// builder puts a graph together.
type builder struct {
	hosts map[servmap.Host]*Host
	lines map[lineKey]*Line
	order []lineKey
	// services finds a service of a line that has many.
	services map[serviceKey]int
}

type serviceKey struct {
	line *Line
	name string
}

type lineKey struct {
	src, dst servmap.Host
	mark     Mark
}

func newBuilder() *builder {
	return &builder{hosts: map[servmap.Host]*Host{}, lines: map[lineKey]*Line{}, services: map[serviceKey]int{}}
}

// host returns a host, a new one where there is none.
func (b *builder) host(h servmap.Host) *Host {
	out := b.hosts[h]
	if out == nil {
		out = &Host{Key: h}
		b.hosts[h] = out
	}
	return out
}

// line returns the line of two hosts with a mark.
func (b *builder) line(src, dst servmap.Host, mark Mark) *Line {
	k := lineKey{src, dst, mark}
	l := b.lines[k]
	if l == nil {
		b.host(src)
		b.host(dst)
		l = &Line{Mark: mark}
		b.lines[k] = l
		b.order = append(b.order, k)
	}
	return l
}

// fewServices is up to how many services of a line are looked through; where there are more, they have an index.
const fewServices = 16

// service returns a service of a line, a new one where it has none. It is good until the line gets another one.
func (b *builder) service(l *Line, name string) *Service {
	for i := range l.Services[:min(len(l.Services), fewServices)] {
		if l.Services[i].Name == name {
			return &l.Services[i]
		}
	}
	k := serviceKey{l, name}
	i, ok := b.services[k]
	if !ok {
		if i = len(l.Services); i >= fewServices {
			b.services[k] = i
		}
		l.Services = append(l.Services, Service{Name: name})
	}
	return &l.Services[i]
}

// graph numbers the hosts and lines, each in the order of the map.
func (b *builder) graph() *Graph {
	g := &Graph{}
	keys := make([]servmap.Host, 0, len(b.hosts))
	for h := range b.hosts {
		keys = append(keys, h)
	}
	slices.SortFunc(keys, servmap.Host.Compare)
	number := make(map[servmap.Host]int, len(keys))
	for i, h := range keys {
		number[h] = i
		g.Hosts = append(g.Hosts, *b.hosts[h])
	}
	slices.SortFunc(b.order, func(x, y lineKey) int {
		return cmp.Or(x.src.Compare(y.src), x.dst.Compare(y.dst), cmp.Compare(y.mark, x.mark))
	})
	for _, k := range b.order {
		l := *b.lines[k]
		l.Src, l.Dst = number[k.src], number[k.dst]
		slices.SortStableFunc(l.Services, func(x, y Service) int { return cmp.Compare(x.Name, y.Name) })
		g.Lines = append(g.Lines, l)
	}
	g.sum()
	return g
}

// sum adds up what lines say of their hosts.
func (g *Graph) sum() {
	for i := range g.Hosts {
		h := &g.Hosts[i]
		h.Bytes, h.Flows, h.Mark = 0, 0, Known
	}
	for i := range g.Lines {
		l := &g.Lines[i]
		ends := []int{l.Src, l.Dst}
		if l.Src == l.Dst {
			ends = ends[:1]
		}
		for _, e := range ends {
			h := &g.Hosts[e]
			h.Bytes += l.Bytes
			h.Flows += l.Flows
			h.Mark = max(h.Mark, l.Mark)
		}
	}
}
