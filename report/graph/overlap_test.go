package graph

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// TestLabelsDoNotOverlap looks at every two texts of pictures of small and large networks.
func TestLabelsDoNotOverlap(t *testing.T) {
	for _, hosts := range []int{1, 3, 30, 55, 61, 300, 3000} {
		for _, form := range []Form{{}, {Bare: true}, {Narrow: true, Bare: true}} {
			t.Run(fmt.Sprintf("%d %+v", hosts, form), func(t *testing.T) {
				p := Draw(withLongTitle(OfReport(network(hosts))), form)
				if len(p.boxes) < 5 {
					t.Fatalf("there are %d texts", len(p.boxes))
				}
				wrong := 0
				for i, a := range p.boxes {
					if wrong > 5 {
						t.Fatal("and more")
					}
					if l, r, top, bottom := a.bounds(); l < -0.1 || r > p.Width+0.1 || top < 0 || bottom > p.Height {
						wrong++
						t.Errorf("%q is outside of the picture: %.0f to %.0f", a.text, l, r)
					}
					for _, b := range p.boxes[max(0, i-120):i] { // texts that are near stand near in the file, too
						if a.overlaps(b) {
							wrong++
							t.Errorf("%q at %.0f,%.0f overlaps %q at %.0f,%.0f", a.text, a.x, a.y, b.text, b.x, b.y)
						}
					}
				}
				if hosts <= 300 {
					for i, a := range p.boxes {
						for _, b := range p.boxes[:i] {
							if a.overlaps(b) {
								t.Fatalf("%q at %.0f,%.0f overlaps %q at %.0f,%.0f", a.text, a.x, a.y, b.text, b.x, b.y)
							}
						}
					}
				}
			})
		}
	}
}

// withLongTitle gives a graph a title that is too long.
func withLongTitle(g *Graph) *Graph {
	g.Title = strings.Repeat("a capture with a long name ", 20)
	return g
}

// corners are the corners of a text's box.
func (b box) corners() [4][2]float64 {
	sin, cos := math.Sincos(b.angle * math.Pi / 180)
	at := func(x, y float64) [2]float64 { return [2]float64{b.x + x*cos - y*sin, b.y + x*sin + y*cos} }
	top, bottom := -0.74*b.height, 0.2*b.height
	return [4][2]float64{at(0, top), at(b.width, top), at(b.width, bottom), at(0, bottom)}
}

func (b box) bounds() (left, right, top, bottom float64) {
	left, right, top, bottom = math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, c := range b.corners() {
		left, right, top, bottom = min(left, c[0]), max(right, c[0]), min(top, c[1]), max(bottom, c[1])
	}
	return
}

// overlaps reports whether two boxes overlap: there is no line, along a side of one of them, that parts them.
func (b box) overlaps(o box) bool {
	if b.width == 0 || o.width == 0 {
		return false
	}
	p, q := b.corners(), o.corners()
	for _, angle := range []float64{b.angle, b.angle + 90, o.angle, o.angle + 90} {
		sin, cos := math.Sincos(angle * math.Pi / 180)
		a, z := extent(p, cos, sin)
		c, y := extent(q, cos, sin)
		if z <= c+0.01 || y <= a+0.01 {
			return false
		}
	}
	return true
}

func extent(corners [4][2]float64, cos, sin float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, c := range corners {
		v := c[0]*cos + c[1]*sin
		low, high = min(low, v), max(high, v)
	}
	return
}
