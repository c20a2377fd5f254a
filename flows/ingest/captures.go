package ingest

import (
	"context"
	"slices"

	"servmap/classify"
	"servmap/flows"
	"servmap/pcapio"
)

// captures is an Input of capture files and pipes, merged to one traffic.
type captures struct {
	reader  *pcapio.Reader
	engine  *classify.Engine
	opt     flows.Options
	names   []string
	summary Summary
}

func openCaptures(ctx context.Context, names []string, engine *classify.Engine, opt Options) (*captures, error) {
	c := &captures{engine: engine, opt: opt.Flows}
	c.summary.Endless = slices.ContainsFunc(names, func(name string) bool { return isEndless(name, opt.Stdin) })
	var err error
	c.reader, err = pcapio.Open(names, pcapio.Options{
		Hash: opt.Hash, Limit: opt.Limit, Ratio: opt.Ratio, Stdin: opt.Stdin, Done: ctx.Done(), Idle: idleAfter,
	})
	if err != nil {
		return nil, err
	}
	for _, f := range c.reader.Files() {
		c.names = append(c.names, f.Name)
	}
	return c, nil
}

// Names implements Input.
func (c *captures) Names() []string { return c.names }

// Flows implements Input.
func (c *captures) Flows(emit func(*flows.Flow) error) error {
	defer c.reader.Close()
	err := runPackets(&stopping{Source: c.reader}, c.engine, c.opt, &c.summary, func(file int) string { return c.reader.Files()[file].Path }, emit)
	for _, d := range c.reader.Damage() {
		c.summary.Problems = append(c.summary.Problems, d)
	}
	c.summary.Files = c.reader.Files()
	c.summary.Captures = capturesOf(c.summary.Files, c.summary.Stats.FlowsByFile)
	return err
}

// Summary implements Input.
func (c *captures) Summary() Summary { return c.summary }

// Progress implements Progresser.
func (c *captures) Progress() pcapio.Progress { return c.reader.Progress() }

// capturesOf tells of each capture what it gave. byFile counts the flows of
// each file and may be shorter than files.
func capturesOf(files []pcapio.File, byFile []uint64) []Capture {
	out := make([]Capture, len(files))
	for i := range files {
		f := &files[i]
		out[i] = Capture{Name: f.Name, SHA256: f.SHA256, Packets: f.Packets}
		if i < len(byFile) {
			out[i].Flows = byFile[i]
		}
		if f.Packets > 0 {
			out[i].First, out[i].Last = packetTime(f.First), packetTime(f.Last)
		}
	}
	return out
}
