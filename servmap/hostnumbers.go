package servmap

import (
	"bytes"
	"cmp"
	"net/netip"
	"unique"
)

// hostKey is a Host without pointers, so that the garbage collector need not
// look at millions of them.
type hostKey struct {
	addr [16]byte
	// kind is keyIPv4, keyIPv6, or keyWord plus the number of the word.
	kind uint32
}

const (
	keyIPv4 uint32 = iota
	keyIPv6
	keyWord
)

// hostNumbers gives hosts numbers from 0, in the order in which they come.
type hostNumbers struct {
	index       numberIndex
	keys        arena[hostKey]
	words       []unique.Handle[string]
	wordNumbers map[unique.Handle[string]]uint32
}

// key returns the key of a host; false where it is a word that was never added.
func (t *hostNumbers) key(h Host) (hostKey, bool) {
	switch {
	case h.addr.Is4():
		return hostKey{h.addr.As16(), keyIPv4}, true
	case h.addr.IsValid():
		return hostKey{h.addr.As16(), keyIPv6}, true
	}
	n, ok := t.wordNumbers[h.word]
	return hostKey{kind: keyWord + n}, ok
}

// find returns the number of a host that was added.
func (t *hostNumbers) find(h Host) (uint32, bool) {
	k, ok := t.key(h)
	if !ok {
		return 0, false
	}
	return t.findKey(&k)
}

func (t *hostNumbers) findKey(k *hostKey) (uint32, bool) {
	return t.index.find(k.hash(), func(n uint32) bool { return *t.keys.at(n) == *k })
}

// add returns the number of a host, a new one where it has none.
func (t *hostNumbers) add(h Host) uint32 {
	k, ok := t.key(h)
	if !ok {
		if t.wordNumbers == nil {
			t.wordNumbers = map[unique.Handle[string]]uint32{}
		}
		k.kind = keyWord + uint32(len(t.words))
		t.wordNumbers[h.word] = uint32(len(t.words))
		t.words = append(t.words, h.word)
	}
	if n, ok := t.findKey(&k); ok {
		return n
	}
	n := t.keys.add(k)
	t.index.add(n, func(n uint32) uint64 { return t.keys.at(n).hash() })
	return n
}

// host returns the host with a number.
func (t *hostNumbers) host(n uint32) Host {
	switch k := t.keys.at(n); k.kind {
	case keyIPv4:
		return Host{addr: netip.AddrFrom16(k.addr).Unmap()}
	case keyIPv6:
		return Host{addr: netip.AddrFrom16(k.addr)}
	default:
		return Host{word: t.words[k.kind-keyWord]}
	}
}

// compare orders the hosts with two numbers as Host.Compare does.
func (t *hostNumbers) compare(a, b uint32) int {
	x, y := t.keys.at(a), t.keys.at(b)
	if x.kind >= keyWord && y.kind >= keyWord {
		return cmp.Compare(t.words[x.kind-keyWord].Value(), t.words[y.kind-keyWord].Value())
	}
	return cmp.Or(cmp.Compare(min(x.kind, keyWord), min(y.kind, keyWord)), bytes.Compare(x.addr[:], y.addr[:]))
}

// arena is a list that grows without copying what it holds, but for a short beginning.
type arena[T any] struct {
	chunks [][]T
	n      uint32
}

// arenaChunk is how many elements lie together.
const arenaChunk = 1 << 12

// add appends v and returns its number. It may move the first elements: pointers that at
// returned before are no longer valid.
func (a *arena[T]) add(v T) uint32 {
	c := int(a.n / arenaChunk)
	if c == len(a.chunks) {
		var chunk []T
		if c > 0 {
			chunk = make([]T, 0, arenaChunk)
		}
		a.chunks = append(a.chunks, chunk)
	}
	a.chunks[c] = append(a.chunks[c], v)
	a.n++
	return a.n - 1
}

func (a *arena[T]) at(i uint32) *T { return &a.chunks[i/arenaChunk][i%arenaChunk] }
