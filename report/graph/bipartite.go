package graph

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"servmap/flows/safetext"
	"servmap/servmap/findings"
)

// Measures of the picture of lines, in pixels.
const (
	barWidth = 4.0
	gap      = 10.0

	nameSize  = 13.0
	subSize   = 11.0
	labelSize = 12.0
	labelLine = 15.0
	rowGap    = 7.0
	hostGap   = 14.0
	hostLeast = 34.0
	tallHost  = 90.0 // a taller host has its name at its top

	// headLine is the line above its labels on which a host of the left side has its name in a narrow picture.
	headLine = 24.0
)

// node is a host at one side of the picture.
type node struct {
	host   int
	rows   []*row
	y      float64 // of its top
	height float64
	pull   float64 // where the middle of the right side's host wants to be
}

// bipartite draws hosts at the left, what they talk to at the right, and a line for each mark between two. It returns
// where it ends.
func (c *canvas) bipartite(g *Graph, top float64) float64 {
	left, right := c.sides(g)
	labels := c.labels / 2
	for _, n := range left {
		for _, r := range n.rows {
			labels = max(labels, r.wide())
		}
	}
	for range 3 {
		place(left, right, top, c.head())
	}
	bottom := top
	for _, n := range slices.Concat(left, right) {
		bottom = max(bottom, n.y+n.height)
	}
	x0 := c.margin
	if !c.narrow {
		x0 += c.hosts + gap
	}
	x1 := x0 + barWidth + gap + labels + gap
	x2 := c.width - c.margin - c.hosts - gap - barWidth
	c.raw("<g class=\"lines\">\n")
	for _, r := range upwards(left) {
		c.curve(g, r, x1, x2, [2]float64{top, bottom})
	}
	c.raw("</g>\n<g class=\"hosts\">\n")
	for _, n := range left {
		if c.narrow {
			c.headed(g, n, x0)
		} else {
			c.host(g, n, x0, atEnd)
		}
	}
	for _, n := range right {
		c.host(g, n, x2, atStart)
	}
	c.raw("</g>\n<g class=\"labels\">\n")
	for _, n := range left {
		for _, r := range n.rows {
			c.label(r, x1-gap/2)
		}
	}
	c.raw("</g>\n")
	return bottom
}

// upwards are the rows in the order in which their lines are drawn: findings above what is known, and thin ones above
// wide ones.
func upwards(left []*node) []*row {
	var all []*row
	for _, n := range left {
		all = append(all, n.rows...)
	}
	slices.SortStableFunc(all, func(a, b *row) int {
		return cmp.Or(cmp.Compare(a.line.Mark, b.line.Mark), cmp.Compare(b.width, a.width))
	})
	return all
}

// sides makes the nodes of both sides: the left one with the worst hosts first, else in the order of the map.
func (c *canvas) sides(g *Graph) (left, right []*node) {
	from, to := make([]*node, len(g.Hosts)), make([]*node, len(g.Hosts))
	most := rowLines(len(g.Lines))
	for i := range g.Lines {
		l := &g.Lines[i]
		r := c.newRow(l, i, most)
		if from[l.Src] == nil {
			from[l.Src] = &node{host: l.Src}
			left = append(left, from[l.Src])
		}
		if to[l.Dst] == nil {
			to[l.Dst] = &node{host: l.Dst}
			right = append(right, to[l.Dst])
		}
		from[l.Src].rows = append(from[l.Src].rows, r)
		to[l.Dst].rows = append(to[l.Dst].rows, r)
	}
	for _, n := range left {
		n.height = -rowGap
		for _, r := range n.rows {
			n.height += r.height + rowGap
		}
		n.height = max(n.height+c.head(), hostLeast)
	}
	for _, n := range right {
		n.height = 0
		for _, r := range n.rows {
			n.height += r.width + 2
		}
		n.height = max(n.height, hostLeast)
	}
	slices.SortStableFunc(left, func(a, b *node) int { return cmp.Or(cmp.Compare(worst(b), worst(a)), cmp.Compare(a.host, b.host)) })
	return left, right
}

// worst is the mark of the worst line that a host began, as far as that makes it stand at the top.
func worst(n *node) Mark {
	m := Known
	for _, r := range n.rows {
		m = max(m, r.line.Mark)
	}
	if m < MarkOf(findings.Low) { // info moves nobody
		return Known
	}
	return m
}

// place gives everything its place: rows of the left side in order, the right side's hosts near the middle of what
// comes to them, and rows sorted so that lines cross as little as may be.
func place(left, right []*node, top, head float64) {
	y := top
	for _, n := range left {
		n.y = y
		slices.SortStableFunc(n.rows, func(a, b *row) int { return cmp.Or(cmp.Compare(a.to, b.to), cmp.Compare(b.line.Mark, a.line.Mark)) })
		sum := -rowGap
		for _, r := range n.rows {
			sum += r.height + rowGap
		}
		at := y + head + (n.height-head-sum)/2
		for _, r := range n.rows {
			r.y = at + r.height/2
			at += r.height + rowGap
		}
		y += n.height + hostGap
	}
	for _, n := range right {
		n.pull = 0
		for _, r := range n.rows {
			n.pull += r.y / float64(len(n.rows))
		}
	}
	slices.SortStableFunc(right, func(a, b *node) int { return cmp.Compare(a.pull, b.pull) })
	spread(right, top, y-hostGap)
	for _, n := range right {
		slices.SortStableFunc(n.rows, func(a, b *row) int { return cmp.Compare(a.y, b.y) })
		sum := 0.0
		for _, r := range n.rows {
			sum += r.width + 2
		}
		at := n.y + (n.height-sum)/2
		for _, r := range n.rows {
			r.to = at + (r.width+2)/2
			at += r.width + 2
		}
	}
}

// spread puts nodes as near as may be to where they want to be, one below the other.
func spread(list []*node, top, bottom float64) {
	y := top
	for _, n := range list {
		n.y = max(y, n.pull-n.height/2)
		y = n.y + n.height + hostGap
	}
	// Those that were pushed beyond the end move up together.
	y = bottom
	for i := len(list) - 1; i >= 0; i-- {
		n := list[i]
		if n.y+n.height > y {
			n.y = max(y-n.height, top)
		}
		y = n.y - hostGap
	}
	y = top
	for _, n := range list { // where there is no room for all, they grow downwards
		n.y = max(n.y, y)
		y = n.y + n.height + hostGap
	}
}

// curve draws the line of a row, on a case of the paper's colour that shows which of two crossing lines is above.
// between is from where to where the rows go.
func (c *canvas) curve(g *Graph, r *row, x1, x2 float64, between [2]float64) {
	turn := x1 + (x2-x1)*turnOf(r, between)
	c.raw(`<g class="line %" data-l="%"><title>`, r.line.Mark.class(), r.index)
	c.raw("%", g.describe(r.line))
	c.raw("</title>")
	path := `<path class="%" d="M% %C% % % % % %" stroke-width="%"/>`
	c.raw(path, "case", x1, r.y, turn, r.y, turn, r.to, x2, r.to, r.width+2.4)
	c.raw(path+"</g>\n", "ink", x1, r.y, turn, r.y, turn, r.to, x2, r.to, r.width)
}

// turnOf says how far on its way a line goes up or down. Lines that go far do so one beside the other, in an order in
// which those that go the same way do not cross.
func turnOf(r *row, between [2]float64) float64 {
	const most, far = 0.26, 300
	at := (r.y - between[0]) / max(1, between[1]-between[0])
	shift := most * min(1, math.Abs(r.to-r.y)/far) * (1 - 2*at)
	if r.to < r.y {
		shift = -shift
	}
	return 0.5 + shift
}

// describe tells of a line in a sentence, for who points at it or has it read out.
func (g *Graph) describe(l *Line) string {
	text := g.Hosts[l.Src].full() + " → " + g.Hosts[l.Dst].full() + ": " + strings.Join(serviceWords(l.Services[:min(len(l.Services), mostNamed)]), ", ")
	if more := len(l.Services) - mostNamed; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	if s := l.size(); s != "" {
		text += ", " + s
	}
	if len(text) > 600 {
		text = safetext.String(strings.ToValidUTF8(text[:600], "")) + "…"
	}
	return text + " (" + l.Mark.String() + ")"
}

// full is a host's name with its address.
func (h *Host) full() string {
	if h.Name != "" && h.Key.IsAddress() {
		return safetext.String(h.Name) + " (" + h.Key.String() + ")"
	}
	return h.Label()
}

// host draws a host beside its bar. x is the bar's side towards the host for the left side, away from it for the right.
func (c *canvas) host(g *Graph, n *node, x float64, a anchor) {
	h := &g.Hosts[n.host]
	bar, at := x, x-gap
	hit := bar - gap - c.hosts
	if a == atStart {
		at, hit = x+barWidth+gap, bar
	}
	c.frame(h, n, bar, hit, c.hosts+gap+barWidth, n.height)
	middle := n.y + n.height/2
	if n.height > tallHost {
		middle = n.y + hostLeast/2
	}
	sub := fittedParts(h.subParts(), subSize, c.hosts)
	name := span{"", fitted(h.Label(), c.nameSize, c.hosts, true), true}
	if sub == "" {
		c.text(at, middle+c.nameSize*0.35, c.nameSize, a, "name", name)
	} else {
		c.text(at, middle-2, c.nameSize, a, "name", name)
		c.text(at, middle+subSize+2, subSize, a, "sub", span{"", sub, false})
	}
	c.raw("</g>\n")
}

// headed draws a host of the left side above its labels.
func (c *canvas) headed(g *Graph, n *node, x float64) {
	h := &g.Hosts[n.host]
	c.frame(h, n, x, x, c.width-2*c.margin-c.hosts-2*gap, headLine)
	at, room := x+barWidth+gap, c.labels+curveLeast
	name := fitted(h.Label(), nameSize, room*0.6, true)
	used := textWidth(name, nameSize, true) + gap
	c.text(at, n.y+nameSize+1, nameSize, atStart, "name", span{"", name, true})
	if sub := fittedParts(h.subParts(), subSize, room-used); sub != "" && sub != "…" {
		c.text(at+used, n.y+nameSize+1, subSize, atStart, "sub", span{"", sub, false})
	}
	c.raw("</g>\n")
}

// frame begins the group of a host: its bar, and a place to point at.
func (c *canvas) frame(h *Host, n *node, bar, hit, width, height float64) {
	c.raw(`<g class="host %" data-h="%"><title>`, h.Mark.class(), n.host)
	c.raw("%", strings.Trim(h.full()+", "+h.sub()+", "+bytesText(h.Bytes), ", "))
	c.raw(`</title><rect class="hit" x="%" y="%" width="%" height="%"/>`, hit, n.y, width, height)
	c.raw(`<rect class="bar" x="%" y="%" width="%" height="%" rx="2"/>`, bar, n.y, barWidth, n.height)
}
