package table

import "math"

// Index finds records by the hash of their key: open addressing with linear probing. A word holds
// the number of a record in its low 20 bits and twelve bits of the hash above. So a search that
// finds nothing, as that of every new flow, touches one cache line and no record.
type Index struct {
	words []uint32
	// taken counts the words that are not empty, those of removed records included.
	taken int
	// work counts the words that Add, Remove and Find passed.
	work int
}

const (
	numberBits = 20
	maxNumber  = 1<<numberBits - 1
	// removed marks the word of a removed record: 0 is no record's number.
	removed   = ^uint32(maxNumber)
	firstSize = 16
)

// NewIndex returns an empty index.
func NewIndex() Index { return Index{words: make([]uint32, firstSize)} }

// tagOf returns the part of the hash that a word holds. Lower bits say where the word is, the
// highest eight in which partition.
func tagOf(hash uint64) uint32 { return uint32(hash>>24) &^ maxNumber }

// Full reports whether the index must be rebuilt, by Reset and Add, before another record is added:
// searches are short up to seven eighths.
func (x *Index) Full() bool { return 8*(x.taken+1) > 7*len(x.words) }

// Work returns how many words were passed so far. Tests hold it to grow with the input.
func (x *Index) Work() int { return x.work }

// start is where the search for a hash begins: the hash's lower half scaled to the number of words.
func (x *Index) start(hash uint64) uint32 {
	return uint32(hash & math.MaxUint32 * uint64(len(x.words)) >> 32)
}

// after returns the next place.
func (x *Index) after(at uint32) uint32 {
	if at++; at < uint32(len(x.words)) {
		return at
	}
	return 0
}

// before returns the previous place.
func (x *Index) before(at uint32) uint32 {
	if at == 0 {
		at = uint32(len(x.words))
	}
	return at - 1
}

// Reset empties the index and makes room for at least as many records again as live.
func (x *Index) Reset(live int) {
	size := len(x.words)
	for 2*live >= size {
		size *= 2
	}
	if size == len(x.words) {
		clear(x.words)
	} else {
		x.words = make([]uint32, size)
	}
	x.taken = 0
}

// Find returns the number of the first record of that hash for which is reports true, or 0.
func (x *Index) Find(hash uint64, is func(number uint32) bool) uint32 {
	tag := tagOf(hash)
	for at := x.start(hash); x.words[at] != 0; at = x.after(at) {
		w := x.words[at]
		if n := w & maxNumber; w&^maxNumber == tag && n != 0 && is(n) {
			return n
		}
		x.work++
	}
	return 0
}

// Add adds the number of a record, from 1 to 2^20-1. The index must not be full. The word of a
// removed record is used again: else a key that comes and goes would lengthen its search each time.
func (x *Index) Add(hash uint64, number uint32) {
	at := x.start(hash)
	for x.words[at]&maxNumber != 0 {
		at = x.after(at)
		x.work++
	}
	if x.words[at] == 0 {
		x.taken++
	}
	x.words[at] = tagOf(hash) | number
}

// replace changes the number of a record that is in the index.
func (x *Index) replace(hash uint64, number, by uint32) {
	at := x.start(hash)
	for x.words[at]&maxNumber != number {
		at = x.after(at)
		x.work++
	}
	x.words[at] = tagOf(hash) | by
}

// Remove removes a record that is in the index.
func (x *Index) Remove(hash uint64, number uint32) {
	at := x.start(hash)
	for x.words[at]&maxNumber != number {
		at = x.after(at)
		x.work++
	}
	x.words[at] = removed
	if x.words[x.after(at)] != 0 {
		return
	}
	// No search goes on past this word: it and the removed ones before it become empty.
	for x.words[at] == removed {
		x.words[at] = 0
		x.taken--
		x.work++
		at = x.before(at)
	}
}
