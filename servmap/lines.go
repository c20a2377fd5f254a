package servmap

import "servmap/servmap/mapjson"

// MapLine is a line of a file. Lines count from 1; 0 is no line.
type MapLine struct {
	File string
	Line int
}

// KeyLines tells in which lines of map files the keys of sources and pairs stand: of those that are wanted, so
// that its size does not depend on the maps.
type KeyLines struct {
	sources map[Host]MapLine
	pairs   map[[2]Host]MapLine
}

// NewKeyLines returns KeyLines that want nothing.
func NewKeyLines() *KeyLines { return &KeyLines{map[Host]MapLine{}, map[[2]Host]MapLine{}} }

// WantSource asks for the key of a source.
func (k *KeyLines) WantSource(src Host) { k.sources[src] = MapLine{} }

// WantPair asks for the key of a pair.
func (k *KeyLines) WantPair(src, dst Host) { k.pairs[[2]Host{src, dst}] = MapLine{} }

// Source returns where the key of a source stands, no line where it was not found.
func (k *KeyLines) Source(src Host) MapLine { return k.sources[src] }

// Pair returns where the key of a pair stands, no line where it was not found.
func (k *KeyLines) Pair(src, dst Host) MapLine { return k.pairs[[2]Host{src, dst}] }

// Read looks for the keys in a map file of that name. What an earlier file has stays.
func (k *KeyLines) Read(name string, data []byte) error {
	r := mapjson.NewReader(name, data)
	err := r.Members("a services map: { and the source hosts", func(key string) error {
		if key == metaKey {
			return r.Skip()
		}
		src := HostNamed(key)
		note(k.sources, src, MapLine{name, lineOf(r)})
		return r.Members("an object of destinations", func(key string) error {
			note(k.pairs, [2]Host{src, HostNamed(key)}, MapLine{name, lineOf(r)})
			return r.Skip()
		})
	})
	if err == nil {
		err = r.End()
	}
	return err
}

// note notes a place that is wanted and not known yet.
func note[K comparable](places map[K]MapLine, key K, at MapLine) {
	if p, wanted := places[key]; wanted && p.Line == 0 {
		places[key] = at
	}
}

// lineOf returns the line of the token read last.
func lineOf(r *mapjson.Reader) int {
	line, _ := r.Place(r.Mark())
	return line
}
