package graph

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// canvas is a drawing in SVG while it grows. It keeps the boxes of texts, which must not overlap.
type canvas struct {
	measures
	body  []byte
	boxes []box
}

// measures are those of a picture for a screen, or for a narrow one.
type measures struct {
	width, margin float64
	// hosts is the room for the names of hosts at a side, labels that for the labels of lines.
	hosts, labels float64
	// nameSize is the size of the names of hosts at the right, and of networks.
	nameSize float64
	// rowLabel is the room for the names of the matrix's rows, sizes that for their bytes.
	rowLabel, sizes float64
	// cell is how wide a cell is, heads how high the names of columns stand.
	cell, heads float64
	columns     int
	narrow      bool
}

var (
	wideMeasures   = measures{width: Width, margin: 20, hosts: 176, labels: 270, nameSize: 13, rowLabel: 262, sizes: 82, cell: 19, heads: 104, columns: 28}
	narrowMeasures = measures{width: NarrowWidth, margin: 8, hosts: 108, labels: 150, nameSize: 11, rowLabel: 126, cell: 15, heads: 84, columns: 12, narrow: true}
)

const (
	// Width is how wide a picture is, NarrowWidth how wide one for a phone.
	Width       = 920.0
	NarrowWidth = 356.0
	// curveLeast is the room that a narrow picture has for lines at least.
	curveLeast = 36.0
)

// head is the height of the line with a host's name above its labels.
func (m *measures) head() float64 {
	if m.narrow {
		return headLine
	}
	return 0
}

// box is where a text stands: the middle of its base line's begin, its size, and its angle in degrees.
type box struct {
	x, y, width, height, angle float64
	text                       string
}

type anchor uint8

const (
	atStart anchor = iota
	atMiddle
	atEnd
)

var anchorNames = [...]string{atStart: "start", atMiddle: "middle", atEnd: "end"}

// span is a part of a text with a class of its own.
type span struct {
	class, text string
	bold        bool
}

// number appends a coordinate with one decimal at most.
func number(dst []byte, v float64) []byte {
	v = math.Round(v*10) / 10
	return strconv.AppendFloat(dst, v+0, 'f', -1, 64)
}

// escape appends text as XML and HTML have it, in content and in attributes.
func escape(dst []byte, s string) []byte {
	for i := range len(s) {
		switch s[i] {
		case '&':
			dst = append(dst, "&amp;"...)
		case '<':
			dst = append(dst, "&lt;"...)
		case '>':
			dst = append(dst, "&gt;"...)
		case '"':
			dst = append(dst, "&quot;"...)
		case '\'':
			dst = append(dst, "&#39;"...)
		default:
			dst = append(dst, s[i])
		}
	}
	return dst
}

// raw appends markup; each % is replaced by the next value, which must be a number or a word of ours.
func (c *canvas) raw(markup string, values ...any) {
	for _, v := range values {
		at := strings.IndexByte(markup, '%')
		c.body = append(c.body, markup[:at]...)
		switch v := v.(type) {
		case float64:
			c.body = number(c.body, v)
		case int:
			c.body = strconv.AppendInt(c.body, int64(v), 10)
		case string:
			c.body = escape(c.body, v)
		}
		markup = markup[at+1:]
	}
	c.body = append(c.body, markup...)
}

// text writes a text, which may have parts of several classes.
func (c *canvas) text(x, y, size float64, a anchor, class string, spans ...span) {
	c.turned(x, y, size, 0, a, class, spans...)
}

// turned writes a text at an angle.
func (c *canvas) turned(x, y, size, angle float64, a anchor, class string, spans ...span) {
	width, all, ascii := 0.0, "", true
	for _, s := range spans {
		width += textWidth(s.text, size, s.bold)
		all += s.text
		ascii = ascii && isASCII(s.text)
	}
	if class == "name" && size < nameSize {
		class = "name small"
	}
	c.raw(`<text x="%" y="%" class="%"`, x, y, class)
	if a != atStart {
		c.raw(` text-anchor="%"`, anchorNames[a])
	}
	if !ascii {
		c.raw(` textLength="%" lengthAdjust="spacingAndGlyphs"`, width)
	}
	if angle != 0 {
		c.raw(` transform="rotate(% % %)"`, angle, x, y)
	}
	c.raw(">")
	for _, s := range spans {
		if s.class == "" {
			c.raw("%", s.text)
			continue
		}
		c.raw(`<tspan class="%">%</tspan>`, s.class, s.text)
	}
	c.raw("</text>\n")
	switch a {
	case atMiddle:
		x -= width / 2
	case atEnd:
		x -= width
	}
	c.boxes = append(c.boxes, box{x, y, width, size, angle, all})
}

// isASCII reports whether a text has the characters alone whose widths are known.
func isASCII(s string) bool {
	for _, r := range s {
		if r >= utf8.RuneSelf && !strings.ContainsRune("…·–×→≈", r) {
			return false
		}
	}
	return true
}
