package graph

import (
	"cmp"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"

	"servmap/flows/safetext"
	"servmap/servmap/findings"
)

// Measures of the matrix of hosts by services.
const (
	mostRows     = 1_000
	rowHeight    = 18.0
	headAngle    = -60.0
	headEvery    = 40 // rows
	sectionSpace = 34.0
)

// cell is what a host has to do with a protocol.
type cell struct {
	bytes        uint64
	uses, serves bool
	mark         Mark
}

// matrixRow is a host, or several of one network and role that do the same.
type matrixRow struct {
	network netip.Prefix
	role    string
	cells   []cell
	hosts   []int
	bytes   uint64
	mark    Mark
}

// matrix is hosts by protocols.
type matrix struct {
	columns []string
	rows    []*matrixRow
	// left are the hosts for which there was no room.
	left int
}

// newMatrix makes the matrix of a graph: rows in the order of networks, hosts that do the same put together.
func newMatrix(g *Graph, most int) *matrix {
	m := &matrix{columns: columnsOf(g, most)}
	column := map[string]int{}
	for i, p := range m.columns {
		column[p] = i
	}
	rest := len(m.columns) - 1 // the last takes what has no column
	rows := make([]*matrixRow, len(g.Hosts))
	row := func(i int) *matrixRow {
		if rows[i] == nil {
			h := &g.Hosts[i]
			rows[i] = &matrixRow{network: h.Key.Network(), role: h.role(), cells: make([]cell, len(m.columns)), hosts: []int{i}, bytes: h.Bytes, mark: h.Mark}
		}
		return rows[i]
	}
	for i := range g.Lines {
		l := &g.Lines[i]
		for j := range l.Services {
			s := &l.Services[j]
			at, ok := column[protocolOf(s.Name)]
			if !ok {
				at = rest
			}
			bytes := s.Bytes
			if bytes == 0 {
				bytes = l.Bytes / uint64(len(l.Services))
			}
			if g.Hosts[l.Src].isHost() {
				row(l.Src).cells[at].add(bytes, l.Mark, true)
			}
			if g.Hosts[l.Dst].isHost() {
				row(l.Dst).cells[at].add(bytes, l.Mark, false)
			}
		}
	}
	m.merge(rows)
	return m
}

func (c *cell) add(bytes uint64, mark Mark, uses bool) {
	c.bytes += bytes
	c.mark = max(c.mark, mark)
	if uses {
		c.uses = true
	} else {
		c.serves = true
	}
}

// columnsOf are the protocols that most hosts have to do with, at most so many; the last stands for all others.
func columnsOf(g *Graph, most int) []string {
	type use struct {
		protocol string
		host     int
	}
	seen := map[use]struct{}{}
	count := map[string]int{}
	for i := range g.Lines {
		l := &g.Lines[i]
		for j := range l.Services {
			p := protocolOf(l.Services[j].Name)
			for _, h := range [...]int{l.Src, l.Dst} {
				u := use{p, h}
				if _, ok := seen[u]; !ok {
					seen[u] = struct{}{}
					count[p]++
				}
			}
		}
	}
	var all []string
	for p := range count {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b)) })
	if len(all) > most {
		all = append(all[:most-1], "all others")
	}
	return all
}

// merge puts the rows of hosts that do the same together, sorts them, and leaves out what is too much.
func (m *matrix) merge(rows []*matrixRow) {
	same := map[string]*matrixRow{}
	for _, r := range rows {
		if r == nil {
			continue
		}
		key := fmt.Sprint(r.network, r.role, r.mark)
		if r.mark >= MarkOf(findings.Low) {
			key += fmt.Sprint(r.hosts[0]) // what has findings is looked at by itself
		}
		pattern := make([]byte, len(r.cells))
		for i := range r.cells {
			c := &r.cells[i]
			pattern[i] = byte(c.mark) << 2
			if c.uses {
				pattern[i] |= 1
			}
			if c.serves {
				pattern[i] |= 2
			}
		}
		key += string(pattern)
		to := same[key]
		if to == nil {
			same[key] = r
			m.rows = append(m.rows, r)
			continue
		}
		to.hosts = append(to.hosts, r.hosts...)
		to.bytes += r.bytes
		for i := range r.cells {
			to.cells[i].bytes += r.cells[i].bytes
		}
	}
	slices.SortFunc(m.rows, func(a, b *matrixRow) int {
		return cmp.Or(a.network.Addr().Compare(b.network.Addr()), cmp.Compare(rank(b), rank(a)), cmp.Compare(a.role, b.role), cmp.Compare(a.hosts[0], b.hosts[0]))
	})
	if len(m.rows) <= mostRows {
		return
	}
	// Rows with findings stay, whatever the order.
	slices.SortStableFunc(m.rows, func(a, b *matrixRow) int { return cmp.Compare(rank(b), rank(a)) })
	for _, r := range m.rows[mostRows:] {
		m.left += len(r.hosts)
	}
	m.rows = m.rows[:mostRows]
	slices.SortStableFunc(m.rows, func(a, b *matrixRow) int { return a.network.Addr().Compare(b.network.Addr()) })
}

// rank has hosts with findings above others.
func rank(r *matrixRow) Mark {
	if r.mark < MarkOf(findings.Low) {
		return Known
	}
	return r.mark
}

// matrix draws hosts by protocols and returns where it ends.
func (c *canvas) matrix(g *Graph, m *matrix, top float64) float64 {
	y, since := top, 0
	var network netip.Prefix
	for i, r := range m.rows {
		if i == 0 || r.network != network || since >= headEvery {
			if i > 0 && since > 0 {
				y += sectionSpace / 2
			}
			heads := i == 0 || since >= headEvery/2
			y = c.section(g, m, r.network, r.network == network, heads || i == 0, y)
			if network = r.network; heads {
				since = 0
			}
		}
		c.row(g, m, r, i, y)
		y += rowHeight
		since++
	}
	if m.left > 0 {
		y += rowHeight
		c.text(c.margin, y, labelSize, atStart, "sub", span{"", fmt.Sprintf("and %s more; --host or --service narrow the picture", hostsText(m.left)), false})
		y += rowHeight
	}
	return y
}

// rowEnd is where the rows end.
func (c *canvas) rowEnd(m *matrix) float64 {
	return c.margin + c.rowLabel + float64(len(m.columns))*c.cell + c.sizes + gap/2
}

// section writes the name of a network and, above the cells, those of the columns.
func (c *canvas) section(g *Graph, m *matrix, network netip.Prefix, again, heads bool, y float64) float64 {
	height := sectionSpace
	if heads {
		height = c.heads
	}
	title := network.String()
	if again && !c.narrow {
		title += ", continued"
	}
	title = fitted(title, c.nameSize, c.rowLabel-gap, true)
	c.text(c.margin, y+height-10, c.nameSize, atStart, "name", span{"", title, true})
	if heads {
		for i, p := range m.columns {
			x := c.margin + c.rowLabel + float64(i)*c.cell + c.cell*0.7
			c.turned(x, y+height-8, subSize, headAngle, atStart, "sub", span{"", fitted(safetext.String(p), subSize, c.heads-14, false), false})
		}
	}
	c.raw(`<path class="rule" d="M% %H%"/>`+"\n", c.margin, y+height-3, c.rowEnd(m))
	return y + height
}

// row draws a row of the matrix.
func (c *canvas) row(g *Graph, m *matrix, r *matrixRow, index int, y float64) {
	h := &g.Hosts[r.hosts[0]]
	c.raw(`<g class="row %" data-r="%"><title>`, r.mark.class(), index)
	c.raw("%", c.describeRow(g, m, r))
	c.raw(`</title><rect class="hit" x="%" y="%" width="%" height="%"/>`, c.margin, y, c.rowEnd(m)-c.margin, rowHeight)
	c.raw(`<path class="rule thin" d="M% %H%"/>`, c.margin, y+rowHeight, c.rowEnd(m))
	base := y + rowHeight*0.72
	c.rowName(h, r, base)
	for i := range r.cells {
		c.sign(&r.cells[i], c.margin+c.rowLabel+float64(i)*c.cell, y)
	}
	if c.sizes > 0 {
		c.text(c.rowEnd(m)-gap, base, subSize, atEnd, "sub", span{"", bytesText(r.bytes), false})
	}
	c.raw("</g>\n")
}

// rowName writes what a row is called: the host, and as far as there is room how many are like it, its address, its role.
func (c *canvas) rowName(h *Host, r *matrixRow, base float64) {
	room, name := c.rowLabel-gap, h.Label()
	var parts []string
	if n := len(r.hosts); n > 1 {
		name = h.Key.String()
		parts = append(parts, fmt.Sprintf("and %d like it", n-1))
	} else if h.Name != "" {
		parts = append(parts, h.Key.String())
	}
	if r.role != roleClients {
		parts = append(parts, r.role)
	}
	if len(r.hosts) > 1 {
		name = fitted(name, labelSize, room-gap-textWidth(parts[0], subSize, false), false)
	} else if name = fitted(name, labelSize, room, false); len(parts) > 0 {
		name = fitted(name, labelSize, max(room*0.6, room-gap-textWidth(parts[0], subSize, false)), false)
	}
	c.text(c.margin, base, labelSize, atStart, "what", span{"", name, false})
	at := textWidth(name, labelSize, false) + gap
	if sub := fittedParts(parts, subSize, room-at); sub != "" && !strings.Contains(sub, "…") {
		c.text(c.margin+at, base, subSize, atStart, "sub", span{"", sub, false})
	}
}

// sign draws what a host has to do with a protocol: a square where it uses it, a ring where it answers, larger with
// more bytes.
func (c *canvas) sign(k *cell, x, y float64) {
	if !k.uses && !k.serves {
		return
	}
	side := 5.0
	if k.bytes > 100 {
		side = min(c.cell-4, 5+(math.Log10(float64(k.bytes))-2)*1.5)
	}
	mx, my := x+c.cell/2, y+rowHeight/2
	if k.uses {
		c.raw(`<rect class="cell %" x="%" y="%" width="%" height="%" rx="2"/>`, k.mark.class(), mx-side/2, my-side/2, side, side)
	} else {
		c.raw(`<circle class="ring %" cx="%" cy="%" r="%"/>`, k.mark.class(), mx, my, side/2-0.5)
	}
	if k.uses && k.serves {
		c.raw(`<circle class="hole" cx="%" cy="%" r="%"/>`, mx, my, max(1.5, side/2-2.5))
	}
}

// describeRow tells of a row in a sentence.
func (c *canvas) describeRow(g *Graph, m *matrix, r *matrixRow) string {
	text := g.Hosts[r.hosts[0]].full()
	if n := len(r.hosts); n > 1 {
		text += fmt.Sprintf(" and %d like it", n-1)
	}
	sep := ": "
	for i := range r.cells {
		k := &r.cells[i]
		if !k.uses && !k.serves {
			continue
		}
		what := "uses "
		if !k.uses {
			what = "answers "
		} else if k.serves {
			what = "uses and answers "
		}
		text += sep + what + safetext.String(m.columns[i])
		if k.mark > Known {
			text += " (" + k.mark.String() + ")"
		}
		sep = ", "
	}
	return text
}
