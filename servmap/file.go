package servmap

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"

	"servmap/servmap/mapjson"
)

// Load reads a map file. Its errors say file, line, column and what was
// expected there.
func Load(path string) (*Map, error) {
	data, err := mapjson.Load(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, data)
}

// Parse reads a map; name is the file's name in errors.
func Parse(name string, data []byte) (*Map, error) { return ParseNamed(name, data, nil) }

// ParseNamed reads a map to judge by: keys that are names become what these stand for. Such a map is not
// to be written.
func ParseNamed(name string, data []byte, hosts *Names) (*Map, error) {
	m := &Map{}
	r := mapjson.NewReader(name, data)
	names := NewHostReader(r)
	err := r.Members("a services map: { and the source hosts", func(key string) error {
		if key == metaKey {
			if m.Meta != nil {
				return r.Twice(key)
			}
			return m.readMeta(r, names)
		}
		src, err := names.Source(&m.pairs, key)
		if err != nil {
			return err
		}
		return r.Members("an object of destinations", func(key string) error {
			return names.Destination(&m.pairs, src, key)
		})
	})
	if err == nil {
		err = r.End()
	}
	if err != nil {
		return nil, err
	}
	m.resolve(hosts)
	if m.Evidence != nil {
		m.keepKnown()
	}
	m.keepAccepted()
	return m, nil
}

// MaxWords is the most hosts of a file that are no addresses: networks by their
// words, and names.
const MaxWords = 1 << 16

// HostReader reads sources and destinations of a map or report file.
type HostReader struct {
	r     *mapjson.Reader
	words map[string]Host
}

// NewHostReader returns a HostReader for keys that r reads.
func NewHostReader(r *mapjson.Reader) *HostReader { return &HostReader{r, map[string]Host{}} }

// Source adds the host of the key read last to p, as a source. One that p has
// already, perhaps spelt otherwise, is an error, as are more than MaxWords hosts
// that are no addresses.
func (n *HostReader) Source(p *Pairs, key string) (Host, error) {
	src, err := n.host(key)
	if err == nil && !p.AddSource(src) {
		err = n.twice(n.r.Mark(), "source", key, src)
	}
	return src, err
}

// Destination reads the value of the key read last, bytes and applications, and
// adds the pair to p. Its errors are those of Source and of the value.
func (n *HostReader) Destination(p *Pairs, src Host, key string) error {
	at := n.r.Mark()
	dst, err := n.host(key)
	if err != nil {
		return err
	}
	bytes, applications, err := n.r.Pair()
	if err == nil && !p.AddPair(src, dst, bytes, applications) {
		err = n.twice(at, "destination", key, dst)
	}
	return err
}

// host returns the host of the key read last.
func (n *HostReader) host(key string) (Host, error) {
	if h, ok := n.words[key]; ok {
		return h, nil
	}
	if a, err := netip.ParseAddr(key); err == nil && a.Zone() == "" {
		return Host{addr: a}, nil
	}
	if len(n.words) == MaxWords {
		return Host{}, n.r.Fail(fmt.Sprintf("at most %d hosts that are no addresses", MaxWords), "more")
	}
	h := HostNamed(key)
	n.words[key] = h
	return h, nil
}

// twice is the error for a host that came before. Its key stands at mark; what
// is "source" or "destination".
func (n *HostReader) twice(mark int, what, key string, h Host) error {
	found := mapjson.Quote(key) + " again"
	if key != h.String() {
		found = fmt.Sprintf("%s, which is %s again", mapjson.Quote(key), h)
	}
	return n.r.FailAt(mark, fmt.Sprintf("each %s once", what), found)
}

// Write writes the map file: sources and destinations sorted, the reserved key
// last.
func (m *Map) Write(w io.Writer) error {
	line := []byte{'{'}
	first := true
	next := func() {
		if !first {
			line = append(line, ',')
		}
		first = false
		line = append(line, "\n  "...)
	}
	for src := range m.pairs.SortedSources() {
		next()
		line = append(mapjson.AppendString(line, src.Host.String()), ": "...)
		var err error
		if line, err = m.writeDestinations(w, line, src); err != nil {
			return err
		}
	}
	if m.Meta != nil {
		next()
		line = append(line, "\""+metaKey+"\": "...)
		var err error
		if line, err = m.writeMeta(w, line); err != nil {
			return fmt.Errorf("services map: %w", err)
		}
	}
	_, err := w.Write(append(line, "\n}\n"...))
	return err
}

// writeMeta appends the value of the reserved key: what is known of the making, then the keys that this
// program does not know, then the evidence.
func (m *Map) writeMeta(w io.Writer, out []byte) ([]byte, error) {
	file, err := m.Meta.file()
	if err != nil {
		return nil, err
	}
	meta, err := mapjson.Indented(file, "  ")
	if err != nil {
		return nil, err
	}
	out = append(out, bytes.TrimSuffix(meta, []byte("\n  }"))...)
	for _, o := range m.Meta.others {
		value, err := mapjson.Indented(o.value, "    ")
		if err != nil {
			return nil, err
		}
		out = append(mapjson.AppendString(append(out, ",\n    "...), o.key), ": "...)
		out = append(out, value...)
	}
	if m.Evidence != nil {
		out = append(out, ",\n    \"evidence\": "...)
		if out, err = m.Evidence.write(w, out, &m.pairs); err != nil {
			return nil, err
		}
	}
	return append(out, "\n  }"...), nil
}

// writeDestinations appends the destinations of a source, and writes now and
// then, since they may be millions. It returns what is not written yet.
func (m *Map) writeDestinations(w io.Writer, out []byte, src Source) ([]byte, error) {
	const indent = "    "
	out = append(out, '{')
	some := false
	for p := range m.pairs.SortedPairs(src) {
		if some {
			out = append(out, ',')
		}
		some = true
		out = append(append(out, '\n'), indent...)
		out = append(mapjson.AppendString(out, p.Dst.String()), ": "...)
		out = mapjson.AppendPair(out, indent, p.Bytes, p.Applications)
		var err error
		if out, err = mapjson.Drain(w, out); err != nil {
			return nil, err
		}
	}
	if some {
		out = append(out, "\n  "...)
	}
	return append(out, '}'), nil
}
