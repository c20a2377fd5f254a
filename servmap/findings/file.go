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
	if s.Extra != nil {
		var err error
		if out, err = s.Extra.write(w, out); err != nil {
			return err
		}
	}
	_, err := w.Write(append(out, "\n}\n"...))
	return err
}

// reservedKey is the key of Extra, which no verdict has.
const reservedKey = "@servmap"

// write appends the reserved key, and writes now and then.
func (x *Extra) write(w io.Writer, out []byte) ([]byte, error) {
	out = append(out, ",\n  \""+reservedKey+"\": {\n    \"format\": "...)
	out = append(strconv.AppendInt(out, int64(x.Format), 10), ",\n    \"findings\": ["...)
	for i, f := range x.Findings {
		if i > 0 {
			out = append(out, ',')
		}
		text, err := mapjson.Indented(f, "      ")
		if err != nil {
			return nil, err
		}
		out = append(append(out, "\n      "...), text...)
		if out, err = mapjson.Drain(w, out); err != nil {
			return nil, err
		}
	}
	if len(x.Findings) > 0 {
		out = append(out, "\n    "...)
	}
	out = append(out, ']')
	for _, v := range []struct {
		name  string
		value any
	}{{"summary", x.Summary}, {"captures", x.Captures}, {"map", x.Map}} {
		text, err := mapjson.Indented(v.value, "    ")
		if err != nil {
			return nil, err
		}
		out = append(fmt.Appendf(out, ",\n    %q: ", v.name), text...)
	}
	if len(x.Damaged) > 0 {
		text, err := mapjson.Indented(x.Damaged, "    ")
		if err != nil {
			return nil, err
		}
		out = append(append(out, ",\n    \"damaged\": "...), text...)
	}
	return append(out, "\n  }"...), nil
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
		if key == reservedKey {
			return s.readExtra(r)
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

// readExtra reads the value of the reserved key.
func (s *Set) readExtra(r *mapjson.Reader) error {
	s.Extra = &Extra{}
	if err := r.LargeValue("findings", s.Extra); err != nil {
		return err
	}
	if s.Extra.Format > ExtraFormat {
		return r.Fail(fmt.Sprintf("format %d or older", ExtraFormat), fmt.Sprintf("format %d: a newer servmap wrote this report", s.Extra.Format))
	}
	for _, f := range s.Extra.Findings {
		if f == nil {
			return r.Fail("findings", "null")
		}
		var known [2]bool
		f.level, known[0] = LevelNamed(f.Level)
		f.kind, known[1] = KindNamed(f.Kind)
		if !known[0] || !known[1] {
			return r.Fail("findings of known levels and kinds", mapjson.Quote(f.Level+" "+f.Kind))
		}
		for name := range f.Verdicts {
			if v, ok := servmap.VerdictNamed(name); ok {
				f.severity = max(f.severity, v.Severity())
			}
		}
	}
	return nil
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
