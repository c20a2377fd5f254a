package page

import (
	"encoding/json"
	"fmt"

	"servmap/flows/safetext"
	"servmap/report/graph"
	"servmap/report/rows"
	"servmap/servmap"
	"servmap/servmap/findings"
)

// Bounds of what the page holds of a graph.
const (
	mostHosts    = 5_000
	mostLines    = 15_000
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

// newData returns the data as JSON that is safe within a script element, and how many hosts it does not hold.
func newData(g *graph.Graph, wide, narrow *graph.Picture) (text []byte, left int, err error) {
	d := &data{word: map[string]int{}}
	lines := g.Lines[:min(len(g.Lines), mostLines)]
	hosts := g.Hosts[:min(len(g.Hosts), mostHosts)]
	for i := range hosts {
		h := &hosts[i]
		d.Hosts = append(d.Hosts, []any{h.Label(), safetext.String(h.Key.String()), some(h.Roles), some(h.MACs), safetext.String(h.Vendor), h.Bytes, h.Flows, h.Mark.String()})
	}
	for i := range lines {
		d.Lines = append(d.Lines, lineOf(&lines[i]))
	}
	d.view(wide, narrow)
	for _, f := range g.Findings[:min(len(g.Findings), mostFindings)] {
		d.Findings = append(d.Findings, []string{safetext.String(f.ID), f.LevelOf().String(), safetext.String(f.Title)})
	}
	if g.Kept != nil {
		d.flows(g)
	}
	text, err = json.Marshal(d) // which escapes <, > and &
	return safetext.SecureJSON(text), len(g.Hosts) - len(hosts), err
}

func some(list []string) []string { return append([]string{}, list...) }

func lineOf(l *graph.Line) []any {
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
	return []any{l.Src, l.Dst, l.Mark.String(), l.Bytes, l.About, l.Flows, services, len(l.Services)}
}

// view says what the elements of the picture stand for.
func (d *data) view(p, narrow *graph.Picture) {
	for i := range p.Graph.Hosts {
		if m := p.Graph.Hosts[i].Members; m != nil {
			d.Nodes = append(d.Nodes, m)
		} else {
			d.Nodes = append(d.Nodes, []int{i})
		}
	}
	for i := range p.Graph.Lines {
		if m := p.Graph.Lines[i].Members; m != nil {
			d.Arcs = append(d.Arcs, m)
		} else {
			d.Arcs = append(d.Arcs, []int{i})
		}
	}
	d.Rows, d.NarrowRows = p.Rows, narrow.Rows
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
func (d *data) flows(g *graph.Graph) {
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
		if at = lines.of(g, f, of); at < 0 || at >= mostLines {
			continue
		}
		verdict := ""
		if g.Judged {
			verdict = f.Verdict.String()
		}
		d.Flows = append(d.Flows, []any{
			f.N, at, d.number(f.SrcAddr.String()), f.SrcPort, d.number(f.DstAddr.String()), f.DstPort, d.number(string(rows.AppendTransport(nil, f.Protocol))),
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
