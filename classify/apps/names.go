package apps

import "strings"

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
// name yields the hash of each of its suffixes. Like the networks' it is searched in its packed form.
type nameIndex struct {
	slots string // hash of a base and number of its node + 1, 4 bytes each; number 0 is empty
	nodes string // records of nodeSize bytes
	text  string // the bases, one behind the other
	shift uint8  // 32 less the logarithm of the number of slots
	globs []nameGlob
	first []nameGlob // dns.**: any base
	// wild says, by the length of a label, with which letters the labels before the .* of a rule
	// begin: most labels of the world are refused without hashing them.
	wild [64]uint32
}

// nameNode is a base that at least one rule has.
type nameNode struct {
	base   string
	target uint16 // of the plain suffix, or none
	anyTLD uint16 // of base.*, or none
	globs  uint16 // first of its globs, or none
	inner  bool   // some longer base.* ends with this base
	deeper bool   // some longer base ends with this base
}

// nameGlob is a pattern for one label before or above a base.
type nameGlob struct {
	head, tail string // around the *
	exact      bool   // no *: head is the label
	first      bool   // the label is the name's first, not the one before base
	target     uint16
	next       uint16 // of the same base, or none
}

// A packed node is offset (4 bytes) and length of its base in text, target, anyTLD, globs, and flags (2
// bytes each).
const (
	slotSize = 8
	nodeSize = 14

	flagInner  = 1
	flagDeeper = 2
)

// none is no target and no glob.
const none = 0xffff

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

func (x *nameIndex) slot(h uint32) int {
	return int(h * 2654435769 >> x.shift) // Fibonacci hashing: FNV's low bits alone are poor
}

// lookup finds the node whose base is s, in any case, with hash h.
func (x *nameIndex) lookup(s string, h uint32) (n nameNode, ok bool) {
	mask := len(x.slots)/slotSize - 1
	for i := x.slot(h); ; i = (i + 1) & mask {
		slot := x.slots[i*slotSize:][:slotSize]
		number := be32(slot[4:])
		if number == 0 {
			return nameNode{}, false
		}
		if be32(slot) != h {
			continue
		}
		r := x.nodes[(number-1)*nodeSize:][:nodeSize]
		base := x.text[be32(r):][:be16(r[4:])]
		if equalFold(base, s) {
			flags := r[13]
			return nameNode{base, be16(r[6:]), be16(r[8:]), be16(r[10:]), flags&flagInner != 0, flags&flagDeeper != 0}, true
		}
	}
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
	best, bestAt := uint16(none), len(host)
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
		n, ok := x.lookup(host[at:], h)
		if !ok {
			break
		}
		if n.target != none {
			best, bestAt = n.target, at
		}
		if g := x.glob(n.globs, host, at); g != none {
			best, bestAt = g, at
		}
		if !n.deeper {
			break
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
	return best, best != none
}

func firstDot(s string) int {
	if i := strings.IndexByte(s, '.'); i >= 0 {
		return i
	}
	return len(s)
}

func firstOf(globs []nameGlob, label string) uint16 {
	for i := range globs {
		if globs[i].match(label) {
			return globs[i].target
		}
	}
	return none
}

// glob returns the target of a pattern over the base that starts at host[at:]. One for the
// label before the base wins over one for the first label.
func (x *nameIndex) glob(i uint16, host string, at int) uint16 {
	if i == none || at < 2 {
		return none
	}
	before := host[strings.LastIndexByte(host[:at-1], '.')+1 : at-1]
	first := uint16(none)
	for ; i != none; i = x.globs[i].next {
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
func (x *nameIndex) anyTLD(host string) (uint16, int) {
	top := strings.LastIndexByte(host, '.')
	if top <= 0 || !letters(host[top+1:]) {
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

// letters reports whether a label can be a top-level domain in use: ASCII letters, or an xn-- form.
func letters(label string) bool {
	if len(label) > 4 && equalFold("xn--", label[:4]) {
		return true
	}
	for i := range len(label) {
		if c := lower(label[i]); c < 'a' || c > 'z' {
			return false
		}
	}
	return true
}

// letter is the bit of a byte, in any case, in nameIndex.wild.
func letter(c byte) uint32 { return 1 << (lower(c) % 32) }

// markWild fills wild.
func (x *nameIndex) markWild() {
	for n := x.nodes; n != ""; n = n[nodeSize:] {
		if be16(n[8:]) == none {
			continue
		}
		base := x.text[be32(n):][:be16(n[4:])]
		label := base[strings.LastIndexByte(base, '.')+1:]
		x.wild[len(label)%len(x.wild)] |= letter(label[0])
	}
}

// before finds the longest base.* whose base ends at host[:end].
func (x *nameIndex) before(host string, end int) (best uint16, bestAt int) {
	best = none
	start := strings.LastIndexByte(host[:end], '.') + 1
	if start == end || x.wild[(end-start)%len(x.wild)]&letter(host[start]) == 0 {
		return best, 0
	}
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
		n, ok := x.lookup(host[at:end], h)
		if !ok {
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
