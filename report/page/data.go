package page

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"servmap/flows/safetext"
	"servmap/report/graph"
	"servmap/report/rows"
	"servmap/servmap"
	"servmap/servmap/findings"
)

// Bounds of what the page holds of a graph.
const (
	mostHosts    = 5_000
	mostLines    = 10_000
	mostServices = 60 // of a line
	mostPeers    = 8  // of a service
)

// data is what the script works with. Lists of numbers and words in place of objects keep it small.
type data struct {
	// Hosts are [label, key, roles, MACs, vendor, bytes, flows, mark].
	Hosts [][]any `json:"hosts"`
	// Lines are [source, destination, mark, bytes, bytes are a share, flows, services, number of services]; a service
	// is [name, bytes, flows, ports, peers, first, last, findings].
	Lines [][]any `json:"lines"`
	// Nodes, Arcs and Rows are what the elements of the picture stand for: hosts, lines, hosts.
	// The narrow picture has the same hosts and lines, and rows of its own.
	Nodes      [][]int `json:"nodes"`
	Arcs       [][]int `json:"arcs"`
	Rows       [][]int `json:"rows"`
	NarrowRows [][]int `json:"narrowRows"`
	// Findings are [id, level, title].
	Findings [][]string `json:"findings"`
	// Words are what flows refer to by number.
	Words []string `json:"words"`
	// Flows are [n, line, source address, port, destination address, port, transport, service, name, first, milliseconds,
	// bytes out, bytes in, packets, verdict, finding]. First counts from Start, in milliseconds.
	Flows [][]any `json:"flows"`
	Start int64   `json:"start"`

	word map[string]int
}

// chosen are the hosts and lines of a graph that the page holds. hosts and lines are their indexes in the graph; hostAt and
// lineAt are, by index in the graph, those in the page, -1 for what it does not hold.
type chosen struct{ hosts, lines, hostAt, lineAt []int }

// choose chooses lines, the worst first, and their hosts.
func choose(g *graph.Graph) *chosen {
	c := &chosen{hostAt: make([]int, len(g.Hosts)), lineAt: make([]int, len(g.Lines))}
	order := make([]int, len(g.Lines))
	for i := range order {
		order[i], c.lineAt[i] = i, -1
	}
	for i := range c.hostAt {
		c.hostAt[i] = -1
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(g.Lines[b].Mark, g.Lines[a].Mark) })
	for _, i := range order {
		l, fresh := &g.Lines[i], 0
		for _, h := range [...]int{l.Src, l.Dst} {
			if c.hostAt[h] < 0 {
				fresh++
			}
		}
		if len(c.lines) == mostLines || len(c.hosts)+fresh > mostHosts {
			continue
		}
		c.lines = append(c.lines, i)
		for _, h := range [...]int{l.Src, l.Dst} {
			if c.hostAt[h] < 0 {
				c.hostAt[h] = 0
				c.hosts = append(c.hosts, h)
			}
		}
	}
	number(c.hosts, c.hostAt)
	number(c.lines, c.lineAt)
	return c
}

// number sorts indexes and says where each is then.
func number(list, at []int) {
	slices.Sort(list)
	for n, i := range list {
		at[i] = n
	}
}

// places are where indexes of the graph are in the page, as far as it holds them.
func places(list, at []int) []int {
	out := make([]int, 0, min(len(list), mostLines))
	for _, i := range list {
		if at[i] >= 0 {
			out = append(out, at[i])
		}
	}
	return out
}

// newData returns the data as JSON that is safe within a script element, and how many hosts it does not hold.
func newData(g *graph.Graph, wide, narrow *graph.Picture) (text []byte, left int, err error) {
	d := &data{word: map[string]int{}}
	c := choose(g)
	for _, i := range c.hosts {
		h := &g.Hosts[i]
		d.Hosts = append(d.Hosts, []any{h.Label(), safetext.String(h.Key.String()), some(h.Roles), some(h.MACs), safetext.String(h.Vendor), h.Bytes, h.Flows, h.Mark.String()})
	}
	for _, i := range c.lines {
		d.Lines = append(d.Lines, lineOf(&g.Lines[i], c))
	}
	d.view(wide, narrow, c)
	for _, f := range g.Findings[:min(len(g.Findings), mostFindings)] {
		d.Findings = append(d.Findings, []string{safetext.String(f.ID), f.LevelOf().String(), safetext.String(f.Title)})
	}
	if g.Kept != nil {
		d.flows(g, c)
	}
	text, err = json.Marshal(d) // which escapes <, > and &
	return safetext.SecureJSON(text), len(g.Hosts) - len(c.hosts), err
}

func some(list []string) []string { return append([]string{}, list...) }

func lineOf(l *graph.Line, c *chosen) []any {
	services := [][]any{}
	for i := range l.Services[:min(len(l.Services), mostServices)] {
		s := &l.Services[i]
		peers := safe(s.Peers[:min(len(s.Peers), mostPeers)])
		if more := len(s.Peers) - len(peers); more > 0 {
			peers = append(peers, fmt.Sprintf("and %d more", more))
		}
		services = append(services, []any{safetext.String(s.Name), s.Bytes, s.Flows, append([]uint16{}, s.Ports[:min(len(s.Ports), mostPeers)]...), peers, s.First, s.Last,
			append([]int{}, s.Findings...)})
	}
	return []any{c.hostAt[l.Src], c.hostAt[l.Dst], l.Mark.String(), l.Bytes, l.About, l.Flows, services, len(l.Services)}
}

// view says what the elements of the picture stand for.
func (d *data) view(p, narrow *graph.Picture, c *chosen) {
	for i := range p.Graph.Hosts {
		members := p.Graph.Hosts[i].Members
		if members == nil {
			members = []int{i}
		}
		d.Nodes = append(d.Nodes, places(members, c.hostAt))
	}
	for i := range p.Graph.Lines {
		members := p.Graph.Lines[i].Members
		if members == nil {
			members = []int{i}
		}
		d.Arcs = append(d.Arcs, places(members, c.lineAt))
	}
	for _, row := range p.Rows {
		d.Rows = append(d.Rows, places(row, c.hostAt))
	}
	for _, row := range narrow.Rows {
		d.NarrowRows = append(d.NarrowRows, places(row, c.hostAt))
	}
}

// number returns the number of a word.
func (d *data) number(s string) int {
	n, ok := d.word[s]
	if !ok {
		n = len(d.Words)
		d.word[s] = n
		d.Words = append(d.Words, safetext.String(s))
	}
	return n
}

// flows adds the flows that belong to lines of the graph.
func (d *data) flows(g *graph.Graph, c *chosen) {
	finding := map[string]int{}
	for i, f := range g.Findings[:min(len(g.Findings), mostFindings)] {
		finding[f.ID] = i
	}
	lines := newLineIndex(g)
	for i := range g.Kept.Flows {
		f := &g.Kept.Flows[i]
		if d.Start == 0 || f.First/1e6 < d.Start {
			d.Start = f.First / 1e6
		}
	}
	for i := range g.Kept.Flows {
		f := &g.Kept.Flows[i]
		at, of, ok := -1, -1, false
		if of, ok = finding[f.Finding]; !ok {
			of = -1
		}
		if at = lines.of(g, f, of); at < 0 || c.lineAt[at] < 0 {
			continue
		}
		verdict := ""
		if g.Judged {
			verdict = f.Verdict.String()
		}
		d.Flows = append(d.Flows, []any{
			f.N, c.lineAt[at], d.number(f.SrcAddr.String()), f.SrcPort, d.number(f.DstAddr.String()), f.DstPort, d.number(string(rows.AppendTransport(nil, f.Protocol))),
			d.number(f.Service), d.number(f.Name), f.First/1e6 - d.Start, (f.Last - f.First) / 1e6, f.BytesOut, f.BytesIn, f.Packets, d.number(verdict), of,
		})
	}
}

// lineIndex finds the line of a flow.
type lineIndex map[[2]servmap.Host][]int

func newLineIndex(g *graph.Graph) lineIndex {
	x := lineIndex{}
	for i := range g.Lines {
		k := [2]servmap.Host{g.Hosts[g.Lines[i].Src].Key, g.Hosts[g.Lines[i].Dst].Key}
		x[k] = append(x[k], i)
	}
	return x
}

// of returns the line of a flow, -1 where the graph has none. Of several between two hosts, it is the one of the flow's
// finding.
func (x lineIndex) of(g *graph.Graph, f *findings.KeptFlow, finding int) int {
	list := x[[2]servmap.Host{f.Src, f.Dst}]
	if len(list) == 0 {
		list = x[[2]servmap.Host{f.Src, servmap.Attempted(f.Dst)}]
	}
	want := graph.Known
	if finding >= 0 {
		want = graph.MarkOf(g.Findings[finding].LevelOf())
	} else if f.Verdict != servmap.None {
		want = graph.MarkOf(findings.Info)
	}
	for _, i := range list {
		if g.Lines[i].Mark == want {
			return i
		}
	}
	if len(list) > 0 {
		return list[0]
	}
	return -1
}
