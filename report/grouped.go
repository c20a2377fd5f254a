package report

import (
	"fmt"
	"io"
	"os"
	"strconv"

	"servmap/servmap"
	"servmap/servmap/mapjson"
)

// Grouped is the report: the flows of a check added up by verdict, source and
// destination, each in the order first seen.
type Grouped struct {
	// Flows and Anomalies count the flows checked and those whose verdict is
	// not NONE.
	Flows, Anomalies uint64
	// Beyond counts the flows among them that are in no group, because the limits
	// left no room for their hosts, their pair or their application.
	Beyond   uint64
	verdicts [servmap.Verdicts]servmap.Pairs
}

// Limit bounds what the report holds, all verdicts together, from now on.
// Without it a report has no limits.
func (g *Grouped) Limit(l *servmap.Limits) {
	for v := range g.verdicts {
		g.verdicts[v].Limits = l
	}
}

// Add adds a flow.
func (g *Grouped) Add(j *servmap.Judgement) {
	g.Flows++
	if j.Verdict != servmap.None {
		g.Anomalies++
	}
	if !g.verdicts[j.Verdict].Add(j.Src, j.Dst, j.Flow.Bytes(), j.Flow.Application) {
		g.Beyond++
	}
}

// writeBlock is about how much is written at once.
const writeBlock = 64 << 10

// WriteJSON writes the report file.
func (g *Grouped) WriteJSON(w io.Writer) error {
	out := fmt.Appendf(nil, "{\n  \"tot_flows\": %d,\n  \"tot_anom\": %d", g.Flows, g.Anomalies)
	for v := range g.verdicts {
		out = fmt.Appendf(out, ",\n  \"%s\": {", servmap.Verdict(v))
		some := false
		for src := range g.verdicts[v].Sources() {
			if some {
				out = append(out, ',')
			}
			some = true
			var err error
			if out, err = writeSource(w, out, &g.verdicts[v], src); err != nil {
				return err
			}
		}
		if some {
			out = append(out, "\n  "...)
		}
		out = append(out, '}')
	}
	_, err := w.Write(append(out, "\n}\n"...))
	return err
}

// writeSource appends a source with its destinations, and writes now and then,
// since they may be millions. It returns what is not written yet.
func writeSource(w io.Writer, out []byte, pairs *servmap.Pairs, src servmap.Source) ([]byte, error) {
	const indent = "      "
	out = append(mapjson.AppendString(append(out, "\n    "...), src.Host.String()), ": {\n"+indent+`"tot_bytes": `...)
	out = strconv.AppendUint(out, src.Bytes, 10)
	for p := range pairs.Pairs(src) {
		out = append(out, ",\n"...)
		out = append(mapjson.AppendString(append(out, indent...), p.Dst.String()), ": "...)
		out = mapjson.AppendPair(out, indent, p.Bytes, p.Applications)
		if len(out) > writeBlock {
			if _, err := w.Write(out); err != nil {
				return nil, err
			}
			out = out[:0]
		}
	}
	return append(out, "\n    }"...), nil
}

// Load reads a report file. Its errors say file, line, column and what was
// expected there.
func Load(path string) (*Grouped, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, data)
}

// Parse reads a report; name is the file's name in errors.
func Parse(name string, data []byte) (*Grouped, error) {
	g := &Grouped{}
	r := mapjson.NewReader(name, data)
	seen := 0
	err := r.Object("a report: { and tot_flows", func(key string) (err error) {
		seen++
		switch key {
		case "tot_flows":
			g.Flows, err = r.Uint("the number of flows")
			return err
		case "tot_anom":
			g.Anomalies, err = r.Uint("the number of anomalies")
			return err
		}
		v, ok := servmap.VerdictNamed(key)
		if !ok {
			return r.Fail("tot_flows, tot_anom or a verdict", strconv.QuoteToASCII(key))
		}
		return parseGroup(&g.verdicts[v], r)
	})
	if err == nil && seen == 0 {
		err = r.Fail("tot_flows, tot_anom and the verdicts", "an empty object")
	}
	if err == nil {
		err = r.End()
	}
	if err != nil {
		return nil, err
	}
	return g, nil
}

func parseGroup(pairs *servmap.Pairs, r *mapjson.Reader) error {
	return r.Object("an object of sources", func(key string) error {
		src := servmap.HostNamed(key)
		if !pairs.AddSource(src) {
			return r.Fail("each source once", fmt.Sprintf("%q, which is %s again", key, src))
		}
		var total uint64
		err := r.Object("tot_bytes and the destinations", func(key string) (err error) {
			if key == "tot_bytes" {
				total, err = r.Uint("the number of bytes")
				return err
			}
			at := r.Mark()
			bytes, applications, err := r.Pair()
			if dst := servmap.HostNamed(key); err == nil && !pairs.AddPair(src, dst, bytes, applications) {
				return r.FailAt(at, "each destination once", fmt.Sprintf("%q, which is %s again", key, dst))
			}
			return err
		})
		pairs.SetBytes(src, total)
		return err
	})
}
