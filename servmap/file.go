package servmap

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"slices"

	"servmap/servmap/ordered"
)

// Load reads a map file. Its errors say file, line, column and what was
// expected there.
func Load(path string) (*Map, error) {
	data, err := ordered.Load(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, data)
}

// Parse reads a map; name is the file's name in errors.
func Parse(name string, data []byte) (*Map, error) {
	m := &Map{hosts: map[Host]map[Host]*Pair{}}
	lists := lists{}
	r := ordered.NewReader(name, data)
	names := NewHostReader(r)
	err := r.Members("a services map: { and the source hosts", func(key string) error {
		if key == metaKey {
			if m.Meta != nil {
				return r.Twice(key)
			}
			return m.readMeta(r)
		}
		src, err := names.Host(key)
		if err != nil {
			return err
		}
		if m.hosts[src] != nil {
			return again(r, "source", key, src)
		}
		dsts := map[Host]*Pair{}
		m.hosts[src] = dsts
		return r.Members("an object of destinations", func(key string) error {
			dst, err := names.Host(key)
			if err != nil {
				return err
			}
			if dsts[dst] != nil {
				return again(r, "destination", key, dst)
			}
			n, apps, err := r.Pair()
			dsts[dst] = &Pair{Bytes: n, Applications: lists.of(apps)}
			return err
		})
	})
	if err == nil {
		err = r.End()
	}
	if err != nil {
		return nil, err
	}
	return m, nil
}

// again is the error for a host that came before, perhaps written in another way.
func again(r *ordered.Reader, what, key string, h Host) error {
	if key == h.String() {
		return r.Twice(key)
	}
	return r.Fail(fmt.Sprintf("each %s once", what), fmt.Sprintf("%s, which is %s again", ordered.Quote(key), h))
}

// MaxWords is the most hosts of a file that are no addresses: networks by their
// words, and names.
const MaxWords = 1 << 16

// HostReader reads the names of hosts in a file.
type HostReader struct {
	r     *ordered.Reader
	words map[string]Host
}

// NewHostReader returns a HostReader for keys that r reads.
func NewHostReader(r *ordered.Reader) *HostReader { return &HostReader{r, map[string]Host{}} }

// Host returns the host of the key read last. More than MaxWords that are no
// addresses are an error.
func (n *HostReader) Host(key string) (Host, error) {
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

// lists holds lists of applications by their names, each after its length: in a
// map of many hosts most pairs have one of few lists.
type lists map[string][]string

// of returns the applications, each once, in the order in which they come first. The
// list is shared by all pairs that have it, so whoever adds to it gets a copy.
func (l lists) of(applications []string) []string {
	var room [128]byte
	key := room[:0]
	for _, a := range applications {
		key = append(binary.AppendUvarint(key, uint64(len(a))), a...)
	}
	list, ok := l[string(key)]
	if !ok {
		var p Pair
		for _, a := range applications {
			p.Learn(a)
		}
		list = slices.Clip(p.Applications)
		l[string(key)] = list
	}
	return list
}

func (m *Map) readMeta(r *ordered.Reader) error {
	var f metaFile
	if err := r.Value("what servmap remembers of the map", &f); err != nil {
		return err
	}
	if f.Format > FormatVersion {
		return r.Fail(fmt.Sprintf("format %d or older", FormatVersion), fmt.Sprintf("format %d: a newer servmap wrote this map", f.Format))
	}
	m.Meta = f.meta()
	m.Meta.Format = FormatVersion
	return nil
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
	for _, src := range sortedHosts(m.hosts) {
		next()
		line = append(ordered.AppendString(line, src.String()), ": "...)
		line = appendDestinations(line, m.hosts[src])
		if _, err := w.Write(line); err != nil {
			return err
		}
		line = line[:0]
	}
	if m.Meta != nil {
		next()
		meta, err := ordered.Indented(m.Meta.file(), "  ")
		if err != nil {
			return fmt.Errorf("services map: %w", err)
		}
		line = append(line, "\""+metaKey+"\": "...)
		line = append(line, meta...)
	}
	_, err := w.Write(append(line, "\n}\n"...))
	return err
}

func appendDestinations(out []byte, dsts map[Host]*Pair) []byte {
	if len(dsts) == 0 {
		return append(out, "{}"...)
	}
	out = append(out, '{')
	const indent = "    "
	for i, dst := range sortedHosts(dsts) {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(out, '\n'), indent...)
		out = append(ordered.AppendString(out, dst.String()), ": "...)
		p := dsts[dst]
		out = ordered.AppendPair(out, indent, p.Bytes, p.Applications)
	}
	return append(out, "\n  }"...)
}
