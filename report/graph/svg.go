package graph

import (
	_ "embed"
	"fmt"
	"io"

	"servmap/flows/safetext"
	"servmap/servmap/findings"
)

// Style is the style sheet of the picture: it follows the reader's choice of light or dark.
//
//go:embed graph.css
var Style string

// Picture is a drawing of a graph.
type Picture struct {
	// Graph is what the lines and hosts of the drawing are: groups where there are many hosts.
	Graph *Graph
	// Rows are the hosts of the matrix's rows, nil where there is no matrix.
	Rows [][]int
	// Width and Height are its size, Body what stands between <svg> and </svg>.
	Width, Height float64
	Body          []byte
	boxes         []box
}

// Form says how a picture is drawn.
type Form struct {
	// Narrow is for a phone. Bare leaves out the title.
	Narrow, Bare bool
}

// Draw draws a graph: lines between hosts; where there are many, lines between groups and a matrix of hosts by
// services.
func Draw(g *Graph, f Form) *Picture {
	c := &canvas{measures: wideMeasures}
	if f.Narrow {
		c.measures = narrowMeasures
	}
	p := &Picture{Graph: g, Width: c.width}
	y := c.margin
	if !f.Bare {
		y = c.title(g)
	}
	y = c.legend(g, y)
	switch {
	case len(g.Lines) == 0:
		c.text(c.margin, y+20, nameSize, atStart, "sub", span{"", "There is nothing to draw.", false})
		y += 30
	case !g.Grouped():
		y = c.bipartite(g, y)
	default:
		p.Graph = g.Group()
		y = c.heading("Groups by network and role", y)
		y = c.bipartite(p.Graph, y) + 30
		m := newMatrix(g, c.columns)
		y = c.heading("Hosts by services", y)
		y = c.legendMatrix(y)
		for _, r := range m.rows {
			p.Rows = append(p.Rows, r.hosts)
		}
		y = c.matrix(g, m, y)
	}
	p.Height, p.Body, p.boxes = y+c.margin, c.body, c.boxes
	return p
}

// title writes the title and the counts. It returns where they end.
func (c *canvas) title(g *Graph) float64 {
	counts := hostsText(g.Count()) + fmt.Sprintf(", %d lines", len(g.Lines))
	if g.Judged {
		counts += fmt.Sprintf(", %d findings", len(g.Findings))
	}
	title := fitted(safetext.String(g.Title), 15, c.width-2*c.margin, true)
	c.text(c.margin, c.margin+14, 15, atStart, "title", span{"", title, true})
	c.text(c.margin, c.margin+32, subSize, atStart, "sub", span{"", counts, false})
	return c.margin + 44
}

// legend says what colours and widths mean. It returns where the drawing begins.
func (c *canvas) legend(g *Graph, y float64) float64 {
	x := c.margin
	there := map[string]bool{}
	for i := range g.Lines {
		there[g.Lines[i].Mark.class()] = true
	}
	for _, k := range [...]struct {
		mark Mark
		text string
	}{{MarkOf(findings.High), "critical, high"}, {MarkOf(findings.Medium), "medium, low"}, {MarkOf(findings.Info), "info"}, {Known, "known"}} {
		if !g.Judged || !there[k.mark.class()] {
			continue
		}
		if x+26+textWidth(k.text, subSize, false) > c.width-c.margin {
			x, y = c.margin, y+16
		}
		c.raw(`<g class="line %"><path class="ink" d="M% %H%" stroke-width="5"/></g>`+"\n", k.mark.class(), x, y+8.5, x+20)
		x += 26
		c.text(x, y+12, subSize, atStart, "sub", span{"", k.text, false})
		x += textWidth(k.text, subSize, false) + 14
	}
	const scale = "wider lines carry more bytes (logarithm)"
	if x+textWidth(scale, subSize, false) > c.width-c.margin {
		x, y = c.margin, y+16
	}
	c.text(x, y+12, subSize, atStart, "sub", span{"", scale, false})
	return y + 34
}

// heading writes the name of a part.
func (c *canvas) heading(text string, y float64) float64 {
	c.text(c.margin, y+14, 15, atStart, "title", span{"", text, true})
	return y + 32
}

// legendMatrix says what the signs of the matrix mean.
func (c *canvas) legendMatrix(y float64) float64 {
	x := c.margin
	for _, k := range [...]struct {
		cell
		text string
	}{
		{cell{bytes: 1e6, uses: true}, "uses it"}, {cell{bytes: 1e6, serves: true}, "answers"}, {cell{bytes: 1e6, uses: true, serves: true}, "both"},
	} {
		c.sign(&k.cell, x, y-4)
		x += c.cell + 4
		c.text(x, y+rowHeight/2, subSize, atStart, "sub", span{"", k.text, false})
		x += textWidth(k.text, subSize, false) + 14
	}
	if c.narrow {
		x, y = c.margin, y+16
	}
	c.text(x, y+rowHeight/2, subSize, atStart, "sub", span{"", "larger: more bytes. Hosts alike share a row", false})
	return y + rowHeight + 4
}

// WriteSVG writes the graph as a picture of its own.
func (g *Graph) WriteSVG(w io.Writer) error {
	p := Draw(g, Form{})
	var c canvas
	c.raw(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 % %" width="%" height="%" role="img" aria-label="%" xml:space="preserve">`+"\n",
		p.Width, p.Height, p.Width, p.Height, "servmap: "+safetext.String(g.Title))
	out := append(append(append(c.body, "<style>\n"...), Style...), "</style>\n<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n"...)
	out = append(append(out, p.Body...), "</svg>\n"...)
	_, err := w.Write(out)
	return err
}
