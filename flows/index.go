package flows

import "math"

// index finds the records of a partition by the hash of their key: open
// addressing with linear probing. A word holds the number of a record in its low
// 20 bits and twelve bits of the hash above, so that a look-up that finds nothing,
// as every new flow's does, touches one line of memory and no record.
type index struct {
	words []uint32
	// taken counts the words that are not empty, those of removed records
	// included.
	taken int
	// work counts the words that were passed to add and to remove records.
	work int
}

const (
	numberBits = 20
	maxRecords = 1<<numberBits - 1
	// removed marks the word of a record that is gone: record 0 is nobody's.
	removed   = ^uint32(maxRecords)
	firstSize = 16
)

func newIndex() index { return index{words: make([]uint32, firstSize)} }

// tagOf returns the part of the hash that a word holds. Lower bits say where
// the word is, the highest in which partition.
func tagOf(hash uint64) uint32 { return uint32(hash>>24) &^ maxRecords }

// full reports whether the index is to be built anew before another record is
// added: it works well up to seven eighths.
func (x *index) full() bool { return 8*(x.taken+1) > 7*len(x.words) }

// start is where the search for a hash begins: the hash's lower half scaled to
// the number of words.
func (x *index) start(hash uint64) uint32 {
	return uint32(hash & math.MaxUint32 * uint64(len(x.words)) >> 32)
}

// after is the word behind.
func (x *index) after(at uint32) uint32 {
	if at++; at < uint32(len(x.words)) {
		return at
	}
	return 0
}

// before is the word in front.
func (x *index) before(at uint32) uint32 {
	if at == 0 {
		at = uint32(len(x.words))
	}
	return at - 1
}

// reset empties the index and makes room for so many records and a good part
// more.
func (x *index) reset(live int) {
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

// add puts a record into the index, which must not be full. It takes the word of a removed record where it
// meets one: else a key that comes and goes would leave a longer way behind it each time.
func (x *index) add(hash uint64, number uint32) {
	at := x.start(hash)
	for x.words[at]&maxRecords != 0 {
		at = x.after(at)
		x.work++
	}
	if x.words[at] == 0 {
		x.taken++
	}
	x.words[at] = tagOf(hash) | number
}

// replace gives a record another number.
func (x *index) replace(hash uint64, number, by uint32) {
	at := x.start(hash)
	for x.words[at]&maxRecords != number {
		at = x.after(at)
		x.work++
	}
	x.words[at] = tagOf(hash) | by
}

// remove takes a record out.
func (x *index) remove(hash uint64, number uint32) {
	at := x.start(hash)
	for x.words[at]&maxRecords != number {
		at = x.after(at)
		x.work++
	}
	x.words[at] = removed
	if x.words[x.after(at)] != 0 {
		return
	}
	// Nothing comes behind: this word and the removed ones before it are free.
	for x.words[at] == removed {
		x.words[at] = 0
		x.taken--
		x.work++
		at = x.before(at)
	}
}
