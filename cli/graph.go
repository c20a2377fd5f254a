package cli

import (
	"bytes"
	"io"
	"os"
	"path/filepath"

	"servmap/cli/console"
	"servmap/cli/flags"
	"servmap/flows"
	"servmap/flows/safetext"
	"servmap/report"
	"servmap/report/graph"
	"servmap/servmap"
	"servmap/servmap/findings"
)

var graphCommand = command{
	name: "graph", args: "MAP|REPORT|CAPTURE...", usage: "draw a map, a report, or what captures hold",
	flags: flags.Graph, run: drawGraph,
	about: "Hosts stand left and what they talk to right; lines are as wide as the logarithm of their bytes, and say with which services. " +
		"Of a report, red and yellow is what findings are about. Many hosts are put together by network, and what is still too much becomes a matrix.",
	examples: []example{
		{"servmap graph services_map.json -o map.svg", "draws a map"},
		{"servmap graph --format html report.json -o report.html", "writes a page to look at and to search"},
	},
}

func drawGraph(v *invocation) error {
	names, err := v.inputNames()
	if err != nil {
		return err
	}
	if err := v.NotInput(v.Output, append(v.ConfigFiles(), names...)); err != nil {
		return err
	}
	g, problem, err := v.graphOf(names)
	if err != nil {
		return err
	}
	if g, err = v.narrow(g); err != nil {
		return err
	}
	err = writeRows(v.Console, v.Output, report.Named(report.GraphFormats, v.Format), nil, func(out report.Writer[*graph.Graph]) error {
		return out.Write(g)
	})
	if err != nil {
		return err
	}
	return problem
}

// narrow takes what the flags ask for. That a host or service is not there at all is more likely a wrong name than a
// question.
func (v *invocation) narrow(g *graph.Graph) (*graph.Graph, error) {
	if v.OnlyNew && !g.Judged {
		return nil, console.UsageError("graph: --new needs a report, which check --report writes; a map or a capture does not say what is new")
	}
	some := graph.Selection{Hosts: v.OnlyHosts, Services: v.OnlyServices}
	if len(v.OnlyHosts)+len(v.OnlyServices) > 0 {
		if g = g.Narrow(some); len(g.Lines) == 0 {
			return nil, console.UsageError("graph: nothing there has that host or service")
		}
	}
	if v.OnlyNew {
		g = g.Narrow(graph.Selection{New: true})
	}
	return g, nil
}

// graphOf makes the graph of a map, a report, or captures, by what the first bytes say. problem is what was wrong with
// captures that were read all the same.
func (v *invocation) graphOf(names []string) (g *graph.Graph, problem, err error) {
	if len(names) == 1 {
		data, found, err := v.jsonFile(names[0])
		if err != nil {
			return nil, nil, console.UsageError(describe(err))
		}
		if found {
			g, err = v.graphOfJSON(names[0], data)
			return g, nil, err
		}
	}
	for _, name := range names {
		if name != "-" && isMap(name) {
			return nil, nil, console.UsageError("graph: a map or a report is drawn by itself; servmap merge unites maps")
		}
	}
	return v.graphOfCaptures(names)
}

// jsonFile reads a map or a report as a whole; found is false where the name is that of a capture.
func (v *invocation) jsonFile(name string) (data []byte, found bool, err error) {
	if name != "-" {
		if !isMap(name) {
			return nil, false, nil
		}
		data, err = os.ReadFile(name)
		return data, err == nil, err
	}
	if v.In, data, err = beginsWithBrace(v.In); err != nil || data == nil {
		return nil, false, err
	}
	rest, err := io.ReadAll(v.In)
	return append(data, rest...), err == nil, err
}

// beginsWithBrace reads the first byte of a stream. Where it is a brace it is returned; else the stream that is
// returned has it again.
func beginsWithBrace(in *os.File) (*os.File, []byte, error) {
	head := make([]byte, 1)
	if n, err := in.Read(head); n == 0 {
		if err == io.EOF {
			err = nil
		}
		return in, nil, err
	}
	if head[0] == '{' {
		return in, head, nil
	}
	if _, err := in.Seek(-1, io.SeekCurrent); err == nil {
		return in, nil, nil
	}
	r, w, err := os.Pipe()
	if err != nil {
		return in, nil, err
	}
	go func() {
		defer w.Close()
		_, _ = io.Copy(w, io.MultiReader(bytes.NewReader(head), in)) // the reader may not want all of it
	}()
	return r, nil, nil
}

// reportHead is how a report begins behind its brace, which no map does.
var reportHead = []byte(`"tot_`)

// graphOfJSON makes the graph of a report or a map.
func (v *invocation) graphOfJSON(name string, data []byte) (*graph.Graph, error) {
	shown := name
	if name == "-" {
		shown = "standard input"
	}
	if bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), "{ \t\r\n"), reportHead) {
		s, err := findings.Parse(shown, data)
		if err != nil {
			return nil, console.UsageError(describe(err))
		}
		return report.GraphOf(s), nil
	}
	m, err := servmap.Parse(shown, data)
	if err != nil {
		return nil, console.UsageError(describe(err))
	}
	g := graph.OfMap(m)
	g.Title = safetext.String(filepath.Base(shown))
	return g, nil
}

// graphOfCaptures learns captures in memory, and keeps some of their flows for a page.
func (v *invocation) graphOfCaptures(names []string) (g *graph.Graph, problem, err error) {
	opt := v.Ingest
	opt.FlowFiles = true
	v.sighted(&opt)
	if v.Ingest.Interface != "" {
		names = nil
	}
	in, err := v.open(names, opt)
	if err != nil {
		return nil, nil, err
	}
	m := servmap.NewMap(v.Settings)
	m.Limit(v.Limits())
	t := v.newTraining(m, in, &findings.Recording{})
	in.sight = t.see
	kept := &findings.Kept{}
	n := uint64(0)
	err = v.read(in, func(f *flows.Flow) error {
		t.learn(f)
		if t.Last.Flow == f {
			n++
			kept.Learned(n, &t.Last)
		}
		return nil
	})
	t.finish(in)
	if err != nil {
		return nil, nil, err
	}
	v.warnBeyond(t.Beyond, "the graph")
	kept.Finish(nil)
	if !v.Quiet {
		v.summarise(in, trainSummary(t, "graph"))
	}
	g = graph.OfMap(m)
	g.Kept = kept
	g.Title = graph.TitleOf(captureNames(in))
	return g, problems(in.Summary()), nil
}

// captureNames are the names of the captures that were read.
func captureNames(in *reading) []string {
	var names []string
	for _, c := range captures(in) {
		names = append(names, c.Name)
	}
	return names
}
