package graph

import "math"

// rowLines is how many lines a label has at most: pictures of few lines have room for lists.
func rowLines(lines int) int {
	switch {
	case lines <= 40:
		return 3
	case lines <= 90:
		return 2
	}
	return 1
}

// row is a line in the picture.
type row struct {
	line   *Line
	index  int // of the line
	label  []string
	tag    string
	width  float64 // of the stroke
	height float64
	y, to  float64 // where it begins and where it ends
}

// strokeWidth grows with the logarithm of the bytes.
func strokeWidth(bytes uint64) float64 {
	const least, most = 1.2, 11
	if bytes < 100 {
		return least
	}
	return min(most, least+(math.Log10(float64(bytes))-2)*1.3)
}

// newRow makes the row of a line, with a label of at most so many lines.
func (c *canvas) newRow(l *Line, index, most int) *row {
	r := &row{line: l, index: index, width: strokeWidth(l.Bytes)}
	room := c.labels
	if c.narrow {
		return c.narrowRow(r, l, most)
	}
	if l.Mark > Known {
		r.tag = l.Mark.String()
		room -= textWidth(r.tag, labelSize, true) + textWidth("  ", labelSize, false)
	}
	if s := l.size(); s != "" {
		room -= textWidth("  "+s, labelSize, false)
	}
	r.label = labelOf(l.Services, labelSize, room, most)
	r.height = max(labelLine*float64(len(r.label)), r.width+2)
	return r
}

// narrowRow has level and bytes on a line of their own.
func (c *canvas) narrowRow(r *row, l *Line, most int) *row {
	if l.Mark > Known {
		r.tag = l.Mark.String()
	}
	r.label = labelOf(l.Services, labelSize, c.labels, most)
	if r.tag != "" || l.size() != "" {
		r.label = append(r.label, "")
	}
	r.height = max(labelLine*float64(len(r.label)), r.width+2)
	return r
}

// spans are the parts of a line of the label.
func (r *row) spans(i int) []span {
	var spans []span
	apart := r.label[i] == "" // a line for level and bytes alone
	if r.tag != "" && (apart || i == 0 && r.label[len(r.label)-1] != "") {
		spans = append(spans, span{"tag", r.tag, true})
	}
	if len(spans) > 0 && !apart {
		spans = append(spans, span{"", "  ", false})
	}
	if !apart {
		spans = append(spans, span{"", r.label[i], false})
	}
	if s := r.line.size(); s != "" && i == len(r.label)-1 {
		spans = append(spans, span{"size", "  " + s, false})
	}
	return spans
}

// wide is how wide the label is.
func (r *row) wide() float64 {
	most := 0.0
	for i := range r.label {
		w := 0.0
		for _, s := range r.spans(i) {
			w += textWidth(s.text, labelSize, s.bold)
		}
		most = max(most, w)
	}
	return most
}

// label writes what a line is about, before the line begins.
func (c *canvas) label(r *row, x float64) {
	y := r.y - labelLine*float64(len(r.label))/2 + labelLine*0.75
	c.raw(`<g class="label %" data-l="%">`+"\n", r.line.Mark.class(), r.index)
	for i := range r.label {
		c.text(x, y+labelLine*float64(i), labelSize, atEnd, "what", r.spans(i)...)
	}
	c.raw("</g>\n")
}
