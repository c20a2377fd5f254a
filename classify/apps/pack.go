package apps

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"strings"
)

// nameBuilder collects rules for a nameIndex.
type nameBuilder struct {
	nodes  []nameNode
	number map[string]int // of a base's node
	globs  []nameGlob
	first  []nameGlob
}

// newNameIndex builds the index. Of two rules for the same name the later wins.
func newNameIndex(rules []nameRule) *nameIndex {
	b := nameBuilder{number: make(map[string]int, len(rules))}
	for i := range rules {
		b.add(&rules[i])
	}
	return b.index()
}

func (b *nameBuilder) add(r *nameRule) {
	if r.base == "" {
		b.first = append(b.first, newGlob(r))
		return
	}
	for s := r.base; ; {
		i := strings.IndexByte(s, '.')
		if i < 0 {
			break
		}
		s = s[i+1:]
		if r.kind == kindAnyTLD {
			b.node(s).inner = true
		} else {
			b.node(s).deeper = true
		}
	}
	switch n := b.node(r.base); r.kind {
	case kindSuffix:
		n.target = r.target
	case kindAnyTLD:
		n.anyTLD = r.target
	default:
		g := newGlob(r)
		g.next = n.globs
		n.globs = uint16(len(b.globs))
		b.globs = append(b.globs, g)
	}
}

func newGlob(r *nameRule) nameGlob {
	head, tail, star := strings.Cut(r.glob, "*")
	return nameGlob{head: head, tail: tail, exact: !star, first: r.kind == kindFirst, target: r.target, next: none}
}

// node returns the node of base, new where there is none. It holds until the next call.
func (b *nameBuilder) node(base string) *nameNode {
	i, ok := b.number[base]
	if !ok {
		i = len(b.nodes)
		b.number[base] = i
		b.nodes = append(b.nodes, nameNode{base: base, target: none, anyTLD: none, globs: none})
	}
	return &b.nodes[i]
}

// index packs what was added.
func (b *nameBuilder) index() *nameIndex {
	size := 16
	for size < 2*len(b.nodes) {
		size *= 2
	}
	x := &nameIndex{shift: slotShift(size), globs: b.globs, first: b.first}
	slots := make([]byte, size*slotSize)
	nodes := make([]byte, 0, len(b.nodes)*nodeSize)
	var text strings.Builder
	for i, n := range b.nodes {
		h := hashName(n.base)
		at := x.slot(h)
		for binary.BigEndian.Uint32(slots[at*slotSize+4:]) != 0 {
			at = (at + 1) & (size - 1)
		}
		binary.BigEndian.PutUint32(slots[at*slotSize:], h)
		binary.BigEndian.PutUint32(slots[at*slotSize+4:], uint32(i+1))
		nodes = binary.BigEndian.AppendUint32(nodes, uint32(text.Len()))
		var flags uint16
		if n.inner {
			flags |= flagInner
		}
		if n.deeper {
			flags |= flagDeeper
		}
		for _, v := range [...]uint16{uint16(len(n.base)), n.target, n.anyTLD, n.globs, flags} {
			nodes = binary.BigEndian.AppendUint16(nodes, v)
		}
		text.WriteString(n.base)
	}
	x.slots, x.nodes, x.text = string(slots), string(nodes), text.String()
	x.markWild()
	return x
}

func slotShift(size int) uint8 { return uint8(32 - bits.TrailingZeros(uint(size))) }

// magicNames and magicNetworks start the packed tables; the last byte is the version of the form.
const (
	magicNames    = "appsnam\x01"
	magicNetworks = "appsnet\x01"
)

var errPacked = errors.New("a packed table is damaged: go generate writes it anew")

// PackNames turns a file of names into the form that is part of the program: magic, then slots, nodes,
// text, the two lists of globs, the targets, and the applications' categories, each with its length in
// bytes before it. Numbers are big-endian, lengths of 4 bytes.
func PackNames(text, name string) ([]byte, error) {
	var p parser
	if err := p.read(text, name); err != nil {
		return nil, err
	}
	x := newNameIndex(p.names)
	var targets, apps strings.Builder
	for _, t := range p.targets {
		targets.WriteString(t.app + " " + t.category + "\n")
	}
	for _, app := range sortedKeys(p.categories) {
		apps.WriteString(app + " " + p.categories[app] + "\n")
	}
	b := []byte(magicNames)
	for _, part := range []string{x.slots, x.nodes, x.text, packGlobs(x.globs), packGlobs(x.first), targets.String(), apps.String()} {
		b = appendPart(b, part)
	}
	return b, nil
}

// packGlobs writes for each glob length and text of head and tail, flags, target and next.
func packGlobs(globs []nameGlob) string {
	var b []byte
	for _, g := range globs {
		flags := byte(0)
		if g.exact {
			flags |= 1
		}
		if g.first {
			flags |= 2
		}
		b = append(append(b, byte(len(g.head))), g.head...)
		b = append(append(b, byte(len(g.tail))), g.tail...)
		b = append(b, flags)
		b = binary.BigEndian.AppendUint16(b, g.target)
		b = binary.BigEndian.AppendUint16(b, g.next)
	}
	return string(b)
}

func unpackGlobs(s string) ([]nameGlob, error) {
	var out []nameGlob
	for s != "" {
		var g nameGlob
		for _, field := range []*string{&g.head, &g.tail} {
			if s == "" || len(s) < 1+int(s[0]) {
				return nil, errPacked
			}
			*field, s = s[1:1+int(s[0])], s[1+int(s[0]):]
		}
		if len(s) < 5 {
			return nil, errPacked
		}
		g.exact, g.first, g.target, g.next = s[0]&1 != 0, s[0]&2 != 0, be16(s[1:]), be16(s[3:])
		out, s = append(out, g), s[5:]
	}
	return out, nil
}

// unpackNames reads what PackNames wrote into t. It copies nothing large.
func (t *Table) unpackNames(s string) error {
	s, ok := strings.CutPrefix(s, magicNames)
	var part [7]string
	for i := range part {
		if part[i], s, ok = cutPart(s, ok); !ok {
			return errPacked
		}
	}
	size := len(part[0]) / slotSize
	if size == 0 || size&(size-1) != 0 || s != "" {
		return errPacked
	}
	x := &nameIndex{slots: part[0], nodes: part[1], text: part[2], shift: slotShift(size)}
	var err error
	if x.globs, err = unpackGlobs(part[3]); err != nil {
		return err
	}
	if x.first, err = unpackGlobs(part[4]); err != nil {
		return err
	}
	if len(x.nodes)%nodeSize != 0 {
		return errPacked
	}
	x.markWild()
	t.names = x
	t.targets = make([]target, 0, strings.Count(part[5], "\n"))
	eachPair(part[5], func(app, category string) { t.targets = append(t.targets, target{app, category}) })
	t.categories = make(map[string]string, strings.Count(part[6], "\n"))
	eachPair(part[6], func(app, category string) { t.categories[app] = category })
	return nil
}

// eachPair calls f with the two words of each line.
func eachPair(s string, f func(a, b string)) {
	for s != "" {
		line, rest, _ := strings.Cut(s, "\n")
		a, b, _ := strings.Cut(line, " ")
		f(a, b)
		s = rest
	}
}

// PackNetworks turns a file of networks into the form that is part of the program: magic,
// then the applications' names, one a line, the ranges of IPv4 and those of IPv6, each with its length in
// bytes before it, 4 bytes big-endian.
func PackNetworks(text, name string) ([]byte, error) {
	var p parser
	if err := p.read(text, name); err != nil {
		return nil, err
	}
	x := newNetIndex(p.nets, p.targets)
	if x == nil {
		x = &netIndex{}
	}
	b := []byte(magicNetworks)
	for _, part := range []string{strings.Join(x.apps, "\n"), x.v4, x.v6} {
		b = appendPart(b, part)
	}
	return b, nil
}

// unpackNetworks reads what PackNetworks wrote, without copying the ranges.
func unpackNetworks(s string) (*netIndex, error) {
	s, ok := strings.CutPrefix(s, magicNetworks)
	var part [3]string
	for i := range part {
		if part[i], s, ok = cutPart(s, ok); !ok {
			return nil, errPacked
		}
	}
	if len(part[1])%size4 != 0 || len(part[2])%size6 != 0 || s != "" {
		return nil, errPacked
	}
	return &netIndex{apps: strings.Split(part[0], "\n"), v4: part[1], v6: part[2]}, nil
}

func appendPart(b []byte, part string) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(part))), part...)
}

func cutPart(s string, whole bool) (part, rest string, ok bool) {
	if !whole || len(s) < 4 {
		return "", "", false
	}
	n := uint64(be32(s))
	if s = s[4:]; uint64(len(s)) < n {
		return "", "", false
	}
	return s[:n], s[n:], true
}

func be16(s string) uint16 { return uint16(s[0])<<8 | uint16(s[1]) }

func be32(s string) uint32 {
	return uint32(s[0])<<24 | uint32(s[1])<<16 | uint32(s[2])<<8 | uint32(s[3])
}
