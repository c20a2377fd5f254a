package apps

import (
	"math/bits"
	"strings"
)

// maxHost is the longest text taken for a host name in bytes: the 253 of RFC
// 1035, section 2.3.4, with room for what is merely too long.
const maxHost = 512

// hostOnly strips a port and a trailing dot. It refuses address literals, what is
// too long, and what has no name in it.
func hostOnly(s string) (string, bool) {
	if len(s) > maxHost+len(":65535") {
		return "", false
	}
	if i := strings.IndexByte(s, ':'); i >= 0 {
		if len(s)-i > len(":65535") || !digits(s[i+1:]) {
			return "", false
		}
		s = s[:i]
	}
	if n := len(s); n > 0 && s[n-1] == '.' {
		s = s[:n-1]
	}
	if s == "" || len(s) > maxHost || s[0] == '[' {
		return "", false
	}
	// No top-level domain is all digits (RFC 3696, section 2): that is an IPv4 literal.
	if last := s[strings.LastIndexByte(s, '.')+1:]; last == "" || digits(last) {
		return "", false
	}
	return s, true
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// nameKind is where in a host name a nameRule must stand.
type nameKind uint8

const (
	kindSuffix nameKind = iota // base ends the name
	kindAnyTLD                 // base stands before the public suffix: example.*
	kindFirst                  // glob is the first label: dns.**, or with a base v*.**.example.com
	kindGlob                   // glob is the label before base: cdn*.example.com
)

// nameRule is one entry of a file of names, taken apart.
type nameRule struct {
	kind   nameKind
	base   string // lower case, without dots at the ends; empty in dns.**
	glob   string // a label with at most one *
	target uint16
}

// nameIndex finds the rule of the longest suffix: an open hash table of bases, keyed
// by a hash that is computed from a name's end, so that one pass over the
// name yields the hash of each of its suffixes.
type nameIndex struct {
	slots []uint32 // index into nodes + 1; 0 is empty
	shift uint8
	nodes []nameNode
	globs []nameGlob
	first []nameGlob // dns.**: any base
}

// nameNode is a base that at least one rule has.
type nameNode struct {
	base   string
	hash   uint32
	target int32 // of the plain suffix, or none
	anyTLD int32 // of base.*, or none
	inner  bool  // some base.* ends with this base
	globs  int32 // first of its globs, or none
}

// nameGlob is a pattern for one label before or above a base.
type nameGlob struct {
	head, tail string // around the *
	exact      bool   // no *: head is the label
	first      bool   // the label is the name's first, not the one before base
	target     int32
	next       int32
}

const none = -1

// hashSeed and hashByte make FNV-1a, byte by byte from the end of a name.
const hashSeed = 2166136261

func hashByte(h uint32, c byte) uint32 { return (h ^ uint32(lower(c))) * 16777619 }

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func hashName(s string) uint32 {
	h := uint32(hashSeed)
	for i := len(s) - 1; i >= 0; i-- {
		h = hashByte(h, s[i])
	}
	return h
}

// newNameIndex builds the index. Of two rules for the same name the later wins.
func newNameIndex(rules []nameRule) *nameIndex {
	size := 16
	for size < 2*len(rules) {
		size *= 2
	}
	x := &nameIndex{slots: make([]uint32, size), shift: uint8(32 - bits.TrailingZeros(uint(size))), nodes: make([]nameNode, 0, len(rules))}
	for i := range rules {
		x.add(&rules[i])
	}
	return x
}

func (x *nameIndex) add(r *nameRule) {
	if r.base == "" {
		x.first = append(x.first, newGlob(r))
		return
	}
	switch n := x.node(r.base); r.kind {
	case kindSuffix:
		n.target = int32(r.target)
	case kindAnyTLD:
		n.anyTLD = int32(r.target)
		for s := r.base; ; {
			i := strings.IndexByte(s, '.')
			if i < 0 {
				break
			}
			s = s[i+1:]
			x.node(s).inner = true
		}
	default:
		g := newGlob(r)
		g.next = n.globs
		n.globs = int32(len(x.globs))
		x.globs = append(x.globs, g)
	}
}

func newGlob(r *nameRule) nameGlob {
	head, tail, star := strings.Cut(r.glob, "*")
	return nameGlob{head: head, tail: tail, exact: !star, first: r.kind == kindFirst, target: int32(r.target), next: none}
}

// node returns the node of base, new where there is none.
func (x *nameIndex) node(base string) *nameNode {
	h := hashName(base)
	if n := x.lookup(base, h); n != nil {
		return n
	}
	if 2*len(x.nodes) >= len(x.slots) {
		x.grow()
	}
	x.nodes = append(x.nodes, nameNode{base: base, hash: h, target: none, anyTLD: none, globs: none})
	x.place(h, len(x.nodes))
	return &x.nodes[len(x.nodes)-1]
}

func (x *nameIndex) place(h uint32, index int) {
	i := x.slot(h)
	for x.slots[i] != 0 {
		i = (i + 1) & (len(x.slots) - 1)
	}
	x.slots[i] = uint32(index)
}

func (x *nameIndex) grow() {
	x.slots = make([]uint32, 2*len(x.slots))
	x.shift--
	for i := range x.nodes {
		x.place(x.nodes[i].hash, i+1)
	}
}

func (x *nameIndex) slot(h uint32) int {
	return int(h * 2654435769 >> x.shift) // Fibonacci hashing: FNV's low bits alone are poor
}

// lookup finds the node whose base is s, in any case, with hash h.
func (x *nameIndex) lookup(s string, h uint32) *nameNode {
	for i := x.slot(h); x.slots[i] != 0; i = (i + 1) & (len(x.slots) - 1) {
		if n := &x.nodes[x.slots[i]-1]; n.hash == h && equalFold(n.base, s) {
			return n
		}
	}
	return nil
}

// equalFold compares a lower-case ASCII string with one in any case.
func equalFold(low, s string) bool {
	if len(low) != len(s) {
		return false
	}
	for i := range len(low) {
		if low[i] != lower(s[i]) {
			return false
		}
	}
	return true
}

// find returns the target of the rule that says most about host.
func (x *nameIndex) find(host string) (uint16, bool) {
	if x == nil {
		return 0, false
	}
	best, bestAt := int32(none), len(host)
	h := uint32(hashSeed)
	for i := len(host) - 1; i >= 0; i-- {
		if c := host[i]; c != '.' {
			h = hashByte(h, c)
			if i > 0 {
				continue
			}
		}
		at := i + 1
		if i == 0 && host[0] != '.' {
			at = 0
		}
		if n := x.lookup(host[at:], h); n != nil {
			if n.target != none {
				best, bestAt = n.target, at
			}
			if g := x.glob(n, host, at); g != none {
				best, bestAt = g, at
			}
		}
		h = hashByte(h, '.')
	}
	if t, at := x.anyTLD(host); t != none && at < bestAt {
		best = t
	}
	if best == none && len(x.first) > 0 {
		label := host[:firstDot(host)]
		if len(label) < len(host) {
			best = firstOf(x.first, label)
		}
	}
	return uint16(best), best != none
}

func firstDot(s string) int {
	if i := strings.IndexByte(s, '.'); i >= 0 {
		return i
	}
	return len(s)
}

func firstOf(globs []nameGlob, label string) int32 {
	for i := range globs {
		if globs[i].match(label) {
			return globs[i].target
		}
	}
	return none
}

// glob returns the target of a pattern over the base that starts at host[at:]. One for the
// label before the base wins over one for the first label.
func (x *nameIndex) glob(n *nameNode, host string, at int) int32 {
	if n.globs == none || at < 2 {
		return none
	}
	before := host[strings.LastIndexByte(host[:at-1], '.')+1 : at-1]
	first := int32(none)
	for i := n.globs; i != none; i = x.globs[i].next {
		g := &x.globs[i]
		switch {
		case !g.first && g.match(before):
			return g.target
		case g.first && first == none && g.match(host[:firstDot(host)]):
			first = g.target
		}
	}
	return first
}

func (g *nameGlob) match(label string) bool {
	if g.exact {
		return equalFold(g.head, label)
	}
	n := len(label)
	return n >= len(g.head)+len(g.tail) && equalFold(g.head, label[:len(g.head)]) && equalFold(g.tail, label[n-len(g.tail):])
}

// anyTLD finds base.* : base before a suffix of one label (example.de), or of a
// second level as registries use them and two letters (example.co.uk). It returns
// where in host the base starts.
func (x *nameIndex) anyTLD(host string) (int32, int) {
	top := strings.LastIndexByte(host, '.')
	if top <= 0 {
		return none, 0
	}
	best, at := x.before(host, top)
	second := strings.LastIndexByte(host[:top], '.')
	if second <= 0 || len(host)-top != len(".uk") || top-second > len(".com") {
		return best, at
	}
	if t, a := x.before(host, second); t != none && (best == none || a < at) {
		return t, a
	}
	return best, at
}

// before finds the longest base.* whose base ends at host[:end].
func (x *nameIndex) before(host string, end int) (best int32, bestAt int) {
	best = none
	h := uint32(hashSeed)
	for i := end - 1; i >= 0; i-- {
		if host[i] != '.' {
			h = hashByte(h, host[i])
			if i > 0 {
				continue
			}
		}
		at := i + 1
		if i == 0 && host[0] != '.' {
			at = 0
		}
		n := x.lookup(host[at:end], h)
		if n == nil {
			break
		}
		if n.anyTLD != none {
			best, bestAt = n.anyTLD, at
		}
		if !n.inner {
			break
		}
		h = hashByte(h, '.')
	}
	return best, bestAt
}
