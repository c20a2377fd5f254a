package graph

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"

	"servmap/flows/safetext"
)

// jsonNode and jsonEdge are what the JSON has of a host and a line. Every key is always there.
type jsonNode struct {
	ID     string   `json:"id"`
	Label  string   `json:"label"`
	Name   string   `json:"name"`
	Roles  []string `json:"roles"`
	MACs   []string `json:"macs"`
	Vendor string   `json:"vendor"`
	Bytes  uint64   `json:"bytes"`
	Level  string   `json:"level"`
}

type jsonEdge struct {
	Source      string        `json:"source"`
	Destination string        `json:"destination"`
	Level       string        `json:"level"`
	Bytes       uint64        `json:"bytes"`
	Shared      bool          `json:"bytes_shared"`
	Services    []jsonService `json:"services"`
}

type jsonService struct {
	Name     string   `json:"name"`
	Bytes    uint64   `json:"bytes"`
	Flows    uint64   `json:"flows"`
	Ports    []uint16 `json:"ports"`
	Peers    []string `json:"peers"`
	First    string   `json:"first"`
	Last     string   `json:"last"`
	Findings []string `json:"findings"`
}

// WriteJSON writes nodes and edges, one a line. An edge's level is that of its worst finding, or "known".
func (g *Graph) WriteJSON(w io.Writer) error {
	out := []byte("{\n  \"nodes\": [")
	for i := range g.Hosts {
		h := &g.Hosts[i]
		n := jsonNode{h.Key.String(), h.Label(), h.Name, some(h.Roles), some(h.MACs), h.Vendor, h.Bytes, h.Mark.String()}
		var err error
		if out, err = appendItem(out, i, n); err != nil {
			return err
		}
	}
	out = append(out, "\n  ],\n  \"edges\": ["...)
	for i := range g.Lines {
		l := &g.Lines[i]
		e := jsonEdge{g.Hosts[l.Src].Key.String(), g.Hosts[l.Dst].Key.String(), l.Mark.String(), l.Bytes, l.About, []jsonService{}}
		for j := range l.Services {
			s := &l.Services[j]
			ids := []string{}
			for _, f := range s.Findings {
				ids = append(ids, g.Findings[f].ID)
			}
			e.Services = append(e.Services, jsonService{s.Name, s.Bytes, s.Flows, some(s.Ports), some(s.Peers), s.First, s.Last, ids})
		}
		var err error
		if out, err = appendItem(out, i, e); err != nil {
			return err
		}
		if len(out) > 64<<10 {
			if _, err := w.Write(out); err != nil {
				return err
			}
			out = out[:0]
		}
	}
	_, err := w.Write(append(out, "\n  ]\n}\n"...))
	return err
}

// some is a list that JSON writes as [] where it is empty.
func some[T any](list []T) []T { return append([]T{}, list...) }

func appendItem(dst []byte, i int, v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if i > 0 {
		dst = append(dst, ',')
	}
	return append(append(dst, "\n    "...), safetext.SecureJSON(text)...), err
}

// dotColors are the colours of lines in DOT.
var dotColors = map[string]string{"known": "#8c959f", "info": "#8c959f", "yellow": "#d4a017", "red": "#cf222e"}

// labelWidthDOT is how wide a line of an edge's label may be.
const labelWidthDOT = 300

// WriteDOT writes the graph in the language of Graphviz; many hosts are grouped by network and role.
func (g *Graph) WriteDOT(w io.Writer) error {
	if g.Grouped() {
		g = g.Group()
	}
	out := []byte("digraph servmap {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\", fontsize=11];\n  edge [fontname=\"sans-serif\", fontsize=9];\n")
	for i := range g.Hosts {
		h := &g.Hosts[i]
		label := dotText(h.Label())
		if sub := h.sub(); sub != "" {
			label += `\n` + dotText(sub)
		}
		out = fmt.Appendf(out, "  n%d [label=\"%s\", color=\"%s\"];\n", i, label, dotColors[h.Mark.class()])
	}
	for i := range g.Lines {
		l := &g.Lines[i]
		label := dotText(strings.Join(labelOf(l.Services, labelSize, labelWidthDOT, 2), ` `))
		if l.Mark > Known {
			label = l.Mark.String() + ": " + label
		}
		out = fmt.Appendf(out, "  n%d -> n%d [label=\"%s\", penwidth=%g, color=\"%s\"%s];\n", l.Src, l.Dst, label,
			math.Round(strokeWidth(l.Bytes)*5)/10, dotColors[l.Mark.class()], map[bool]string{true: ", style=dashed"}[l.Mark.class() == "info"])
	}
	_, err := w.Write(append(out, "}\n"...))
	return err
}

// dotText writes a text as a string of DOT has it.
func dotText(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(safetext.String(s))
}
