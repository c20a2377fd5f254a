// Package page writes a report or a graph as one HTML file that needs nothing else: no network, no server. Names in it
// are escaped, and its Content-Security-Policy lets nothing run but its own script.
package page

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"servmap/flows/safetext"
	"servmap/report/graph"
	"servmap/report/rows"
	"servmap/servmap/findings"
)

//go:embed assets/page.html
var pageText string

//go:embed assets/page.css
var pageStyle string

// The parts of the script, in their order.
var (
	//go:embed assets/data.js
	dataScript string
	//go:embed assets/details.js
	detailsScript string
	//go:embed assets/picture.js
	pictureScript string
	//go:embed assets/tables.js
	tablesScript string
	//go:embed assets/main.js
	mainScript string
)

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// view is what the template shows.
type view struct {
	Title, Lead string
	Policy      string
	Style       template.CSS
	Script      template.JS
	Data        template.JS
	Levels      []levelView
	Findings    []findingView
	MoreFound   int
	Judged      bool
	Pictures    []template.HTML
	Time        *timeView
	FlowsLeft   uint64
	HasFlows    bool
	HostsLeft   int
}

type levelView struct {
	Name  string
	Count int
}

// mostFindings is how many findings a page has, the worst of them.
const mostFindings = 1_000

// Write writes the page of a graph. set is the report that it was made of, nil where it was made of a map or of captures.
func Write(w io.Writer, g *graph.Graph, set *findings.Set) error {
	style := graph.Style + pageStyle
	script := strings.Join([]string{"'use strict';\n", dataScript, detailsScript, pictureScript, tablesScript, mainScript}, "\n")
	wide, narrow := graph.Draw(g, graph.Form{Bare: true}), graph.Draw(g, graph.Form{Bare: true, Narrow: true})
	data, left, err := newData(g, wide, narrow)
	if err != nil {
		return err
	}
	v := &view{
		Title: cmp.Or(safetext.String(g.Title), "servmap"), Lead: lead(g, set), Judged: g.Judged,
		Policy: "default-src 'none'; script-src " + hashOf(script) + "; style-src " + hashOf(style) + "; img-src data:; base-uri 'none'; form-action 'none'",
		Style:  template.CSS(style), Script: template.JS(script), Data: template.JS(data),
		Pictures: []template.HTML{pictureOf("wide", wide), pictureOf("narrow", narrow)}, HostsLeft: left,
	}
	if g.Judged {
		v.findings(g.Findings)
	}
	if g.Kept != nil {
		v.FlowsLeft, v.HasFlows = g.Kept.Left, len(g.Kept.Flows) > 0
	}
	v.Time = newTime(g)
	return pageTemplate.Execute(w, v)
}

// pictureOf is the drawing as an element of the page.
func pictureOf(class string, p *graph.Picture) template.HTML {
	return template.HTML(fmt.Sprintf(`<svg class="picture %s" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="group" aria-label="Who talks to whom" xml:space="preserve">`+"\n%s</svg>",
		class, p.Width, p.Height, p.Width, p.Height, p.Body))
}

// hashOf is a source of a Content-Security-Policy: the hash of a script or a style sheet.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// lead says in a line what there is.
func lead(g *graph.Graph, set *findings.Set) string {
	if set == nil {
		return fmt.Sprintf("%s, %s", rows.Plural(uint64(g.Count()), "host"), rows.Plural(uint64(len(g.Lines)), "line"))
	}
	return fmt.Sprintf("%s checked, %d not in the map, %s", rows.Plural(set.Flows, "flow"), set.Anomalies, rows.Plural(uint64(len(set.All())), "finding"))
}

// findings puts the findings into the view, the worst first, and counts all by level.
func (v *view) findings(all []*findings.Finding) {
	counts := map[string]int{}
	for i, f := range all {
		counts[f.LevelOf().String()]++
		if i < mostFindings {
			v.Findings = append(v.Findings, newFinding(i, f))
		}
	}
	v.MoreFound = len(all) - len(v.Findings)
	for _, name := range findings.LevelNames() {
		v.Levels = append(v.Levels, levelView{name, counts[name]})
	}
}
