package report

import (
	"fmt"
	"io"
	"strconv"

	"servmap/servmap"
	"servmap/servmap/ordered"
)

// Grouped is the report: the flows of a check added up by verdict, source and
// destination, each in the order first seen.
type Grouped struct {
	// Flows and Anomalies count the flows checked and those whose verdict is
	// not NONE.
	Flows, Anomalies uint64
	verdicts         [servmap.Verdicts]group
}

// group holds the sources of one verdict.
type group struct {
	sources []*source
	index   map[servmap.Host]*source
}

type source struct {
	host         servmap.Host
	bytes        uint64
	destinations []*destination
	index        map[servmap.Host]*destination
}

type destination struct {
	host servmap.Host
	servmap.Pair
}

func (g *group) source(h servmap.Host) *source {
	s := g.index[h]
	if s == nil {
		s = &source{host: h, index: map[servmap.Host]*destination{}}
		if g.index == nil {
			g.index = map[servmap.Host]*source{}
		}
		g.index[h] = s
		g.sources = append(g.sources, s)
	}
	return s
}

func (s *source) destination(h servmap.Host) *destination {
	d := s.index[h]
	if d == nil {
		d = &destination{host: h}
		s.index[h] = d
		s.destinations = append(s.destinations, d)
	}
	return d
}

// Add adds a flow.
func (g *Grouped) Add(f *servmap.Finding) {
	g.Flows++
	if f.Verdict != servmap.None {
		g.Anomalies++
	}
	s := g.verdicts[f.Verdict].source(f.Src)
	s.bytes += f.Flow.Bytes()
	d := s.destination(f.Dst)
	d.Bytes += f.Flow.Bytes()
	d.Learn(f.Flow.Application)
}

// WriteJSON writes the report file.
func (g *Grouped) WriteJSON(w io.Writer) error {
	out := fmt.Appendf(nil, "{\n  \"tot_flows\": %d,\n  \"tot_anom\": %d", g.Flows, g.Anomalies)
	for v := range g.verdicts {
		out = fmt.Appendf(out, ",\n  \"%s\": {", servmap.Verdict(v))
		for i, s := range g.verdicts[v].sources {
			if i > 0 {
				out = append(out, ',')
			}
			out = appendSource(out, s)
			if _, err := w.Write(out); err != nil {
				return err
			}
			out = out[:0]
		}
		if len(g.verdicts[v].sources) > 0 {
			out = append(out, "\n  "...)
		}
		out = append(out, '}')
	}
	_, err := w.Write(append(out, "\n}\n"...))
	return err
}

func appendSource(out []byte, s *source) []byte {
	const indent = "      "
	out = append(ordered.AppendString(append(out, "\n    "...), s.host.String()), ": {\n"+indent+`"tot_bytes": `...)
	out = strconv.AppendUint(out, s.bytes, 10)
	for _, d := range s.destinations {
		out = append(out, ",\n"...)
		out = append(ordered.AppendString(append(out, indent...), d.host.String()), ": "...)
		out = ordered.AppendPair(out, indent, d.Bytes, d.Applications)
	}
	return append(out, "\n    }"...)
}

// Load reads a report file. Its errors say file, line, column and what was
// expected there.
func Load(path string) (*Grouped, error) {
	data, err := ordered.Load(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, data)
}

// Parse reads a report; name is the file's name in errors.
func Parse(name string, data []byte) (*Grouped, error) {
	g := &Grouped{}
	r := ordered.NewReader(name, data)
	names := servmap.NewHostReader(r)
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
			return r.Fail("tot_flows, tot_anom or a verdict", ordered.Quote(key))
		}
		return g.verdicts[v].parse(r, names)
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

func (g *group) parse(r *ordered.Reader, names *servmap.HostReader) error {
	return r.Members("an object of sources", func(key string) error {
		h, err := names.Host(key)
		if err != nil {
			return err
		}
		if g.index[h] != nil {
			return r.Twice(key)
		}
		s, total := g.source(h), false
		return r.Members("tot_bytes and the destinations", func(key string) (err error) {
			if key == "tot_bytes" {
				if total {
					return r.Twice(key)
				}
				total = true
				s.bytes, err = r.Uint("the number of bytes")
				return err
			}
			h, err := names.Host(key)
			if err != nil {
				return err
			}
			if s.index[h] != nil {
				return r.Twice(key)
			}
			d := s.destination(h)
			var applications []string
			d.Bytes, applications, err = r.Pair()
			for _, a := range applications {
				d.Learn(a)
			}
			return err
		})
	})
}
