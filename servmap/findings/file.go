package findings

import (
	"fmt"
	"io"
	"strconv"

	"servmap/servmap"
	"servmap/servmap/mapjson"
)

// WriteJSON writes the report file.
func (s *Set) WriteJSON(w io.Writer) error {
	out := fmt.Appendf(nil, "{\n  \"tot_flows\": %d,\n  \"tot_anom\": %d", s.Flows, s.Anomalies)
	for v := range s.verdicts {
		out = fmt.Appendf(out, ",\n  \"%s\": {", servmap.Verdict(v))
		some := false
		for src := range s.verdicts[v].Sources() {
			if some {
				out = append(out, ',')
			}
			some = true
			var err error
			if out, err = writeSource(w, out, &s.verdicts[v], src); err != nil {
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
		var err error
		if out, err = mapjson.Drain(w, out); err != nil {
			return nil, err
		}
	}
	return append(out, "\n    }"...), nil
}

// Load reads a report file. Its errors say file, line, column and what was
// expected there.
func Load(path string) (*Set, error) {
	data, err := mapjson.Load(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, data)
}

// Parse reads a report; name is the file's name in errors.
func Parse(name string, data []byte) (*Set, error) {
	s := &Set{}
	r := mapjson.NewReader(name, data)
	names := servmap.NewHostReader(r)
	seen := 0
	err := r.Object("a report: { and tot_flows", func(key string) (err error) {
		seen++
		switch key {
		case "tot_flows":
			s.Flows, err = r.Uint("the number of flows")
			return err
		case "tot_anom":
			s.Anomalies, err = r.Uint("the number of anomalies")
			return err
		}
		v, ok := servmap.VerdictNamed(key)
		if !ok {
			return r.Fail("tot_flows, tot_anom or a verdict", mapjson.Quote(key))
		}
		return parseGroup(&s.verdicts[v], r, names)
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
	return s, nil
}

func parseGroup(pairs *servmap.Pairs, r *mapjson.Reader, names *servmap.HostReader) error {
	return r.Members("an object of sources", func(key string) error {
		src, err := names.Source(pairs, key)
		if err != nil {
			return err
		}
		var total uint64
		seen := false
		err = r.Members("tot_bytes and the destinations", func(key string) (err error) {
			if key == "tot_bytes" {
				if seen {
					return r.Twice(key)
				}
				seen = true
				total, err = r.Uint("the number of bytes")
				return err
			}
			return names.Destination(pairs, src, key)
		})
		pairs.SetBytes(src, total)
		return err
	})
}
