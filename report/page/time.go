package page

import (
	"fmt"
	"html/template"
	"math"
	"time"

	"servmap/flows/safetext"
	"servmap/report/graph"
	"servmap/report/rows"
	"servmap/servmap/findings"
)

// timeView is the time line: when there were how many flows, and when each finding was.
type timeView struct {
	Ticks []string
	// Flows is the picture of how many flows began when, empty where none were kept; Most is the highest.
	Flows template.HTML
	Most  int
	Rows  []timeRow
	More  int
}

type timeRow struct {
	Index              int
	Level, Title, When string
	Bar                template.HTML
}

// Measures of the time line; it is stretched to the width that there is.
const (
	timeWidth   = 1000.0
	timeBuckets = 100
	timeHeight  = 60.0
	leastBar    = 4.0
	mostBars    = 30
)

// newTime makes the time line, nil where no time is known.
func newTime(g *graph.Graph) *timeView {
	first, last := int64(math.MaxInt64), int64(math.MinInt64)
	span := func(a, b int64) { first, last = min(first, a), max(last, b) }
	if g.Judged {
		for _, f := range g.Findings {
			if a, b, ok := timesOf(f); ok {
				span(a, b)
			}
		}
	}
	if g.Kept != nil {
		for i := range g.Kept.Flows {
			span(g.Kept.Flows[i].First, g.Kept.Flows[i].Last)
		}
	}
	if first > last {
		return nil
	}
	last = max(last, first+1e6)
	v := &timeView{Ticks: ticks(first, last)}
	at := func(t int64) float64 { return float64(t-first) / float64(last-first) * timeWidth }
	v.histogram(g, at)
	if g.Judged {
		v.bars(g.Findings, at)
	}
	return v
}

func timesOf(f *findings.Finding) (first, last int64, ok bool) {
	a, err1 := time.Parse(time.RFC3339, f.First)
	b, err2 := time.Parse(time.RFC3339, f.Last)
	return a.UnixNano(), b.UnixNano(), err1 == nil && err2 == nil && a.Unix() > 0
}

// ticks are five times, evenly spaced, as short as they tell apart.
func ticks(first, last int64) []string {
	const n = 4
	form := "15:04:05"
	switch d := time.Duration(last - first); {
	case d < 8*time.Second:
		form = "15:04:05.0"
	case d > 72*time.Hour:
		form = time.DateOnly
	case d > 12*time.Hour:
		form = "2006-01-02 15:04"
	}
	out := make([]string, 0, n+1)
	for i := range int64(n + 1) {
		out = append(out, time.Unix(0, first+(last-first)/n*i).UTC().Format(form))
	}
	return out
}

// histogram draws how many flows began when, those of findings above the others.
func (v *timeView) histogram(g *graph.Graph, at func(int64) float64) {
	if g.Kept == nil || len(g.Kept.Flows) == 0 {
		return
	}
	var known, found [timeBuckets]int
	for i := range g.Kept.Flows {
		f := &g.Kept.Flows[i]
		b := min(timeBuckets-1, int(at(f.First)/timeWidth*timeBuckets))
		if f.Finding != "" {
			found[b]++
		} else {
			known[b]++
		}
		v.Most = max(v.Most, known[b]+found[b])
	}
	out := []byte(`<svg class="flows" viewBox="0 0 1000 60" preserveAspectRatio="none" role="img" aria-label="How many flows began when">`)
	for b := range timeBuckets {
		x := float64(b) * timeWidth / timeBuckets
		h := float64(known[b]) / float64(v.Most) * timeHeight
		out = appendBar(out, "known", x, timeHeight-h, timeWidth/timeBuckets-1.5, h)
		up := float64(found[b]) / float64(v.Most) * timeHeight
		out = appendBar(out, "found", x, timeHeight-h-up, timeWidth/timeBuckets-1.5, up)
	}
	v.Flows = template.HTML(append(out, "</svg>"...))
}

func appendBar(dst []byte, class string, x, y, w, h float64) []byte {
	if h <= 0 {
		return dst
	}
	return fmt.Appendf(dst, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, class, x, y, w, h)
}

// bars has a bar for each finding, the worst first.
func (v *timeView) bars(all []*findings.Finding, at func(int64) float64) {
	for i, f := range all {
		first, last, ok := timesOf(f)
		if !ok {
			continue
		}
		if len(v.Rows) == mostBars || i >= mostFindings {
			v.More++
			continue
		}
		x := min(at(first), timeWidth-leastBar)
		bar := append([]byte(`<svg class="bar-track" viewBox="0 0 1000 8" preserveAspectRatio="none" aria-hidden="true">`),
			appendBar(nil, f.LevelOf().String(), x, 0, max(leastBar, at(last)-x), 8)...)
		v.Rows = append(v.Rows, timeRow{i, f.LevelOf().String(), safetext.String(f.Title), rows.Span(f.First, f.Last), template.HTML(append(bar, "</svg>"...))})
	}
}
