package report

import (
	"io"

	"servmap/flows/safetext"
	"servmap/report/graph"
	"servmap/report/page"
	"servmap/servmap/findings"
)

// GraphFormats are the formats of `servmap graph`, the default first.
var GraphFormats = []Format[*graph.Graph]{
	{Name: "svg", Whole: true, New: single(func(w io.Writer, _ *Style, g *graph.Graph) error { return g.WriteSVG(w) })},
	{Name: "dot", Whole: true, New: single(func(w io.Writer, _ *Style, g *graph.Graph) error { return g.WriteDOT(w) })},
	{Name: "html", Whole: true, New: single(func(w io.Writer, _ *Style, g *graph.Graph) error { return page.Write(w, g, nil) })},
	{Name: "json", Whole: true, New: single(func(w io.Writer, _ *Style, g *graph.Graph) error { return g.WriteJSON(w) })},
}

// GraphOf returns the graph of a report, with its title.
func GraphOf(s *findings.Set) *graph.Graph {
	g := graph.OfReport(s)
	g.Kept, g.Title = s.Kept, "report"
	x := s.Extra
	if x == nil || len(x.Captures) == 0 {
		return g
	}
	g.Title = graph.TitleOf(x.Captures)
	if x.Map.File != "" {
		g.Title += " by " + safetext.String(x.Map.File)
	}
	return g
}
