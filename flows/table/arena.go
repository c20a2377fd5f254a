package table

import "unsafe"

// chunkSize is how many records of a kind a table gets at once.
const chunkSize = 128

// Where the chunks of a kind of record come from.
const (
	// smallChunks of a kind are allocated one by one: most captures need no more.
	smallChunks = 128
	// blockBytes is about the size of the blocks that further chunks are cut from.
	blockBytes = 4 << 20
)

// cleared is how many new records are cleared at once. They are zero already. Clearing them fetches
// them into the cache together, so that the processor waits once and not once a record.
const cleared = 8

// Arena allocates the chunks of one kind of record for all tables of a goroutine. Where there are
// many, they lie in blocks for which the system is asked for large pages: records are visited at
// random, and with pages of 4 KiB most visits miss the TLB as well.
type Arena[T any] struct {
	small int
	block []T
}

// chunk returns a new chunk of zeroed records.
func (a *Arena[T]) chunk() []T {
	if a.small < smallChunks {
		a.small++
		return make([]T, chunkSize)
	}
	if len(a.block) < chunkSize {
		size := int(unsafe.Sizeof(*new(T)))
		a.block = make([]T, blockBytes/(chunkSize*size)*chunkSize)
		adviseLargePages(unsafe.Pointer(unsafe.SliceData(a.block)), len(a.block)*size)
	}
	c := a.block[:chunkSize:chunkSize]
	a.block = a.block[chunkSize:]
	return c
}

// Slab holds records of one kind, known by their numbers from 0.
type Slab[T any] struct {
	chunks [][]T // of chunkSize each; pointers to arrays would cost a look at each array's first byte
	used   uint32
}

// At returns the record with that number, which Add returned.
func (s *Slab[T]) At(i uint32) *T { return &s.chunks[i/chunkSize][i%chunkSize] }

// Add returns the number of a zeroed record that was never used.
func (s *Slab[T]) Add(a *Arena[T]) uint32 {
	i := s.used
	s.used++
	if int(i/chunkSize) == len(s.chunks) {
		s.chunks = append(s.chunks, a.chunk())
	}
	if k := i % chunkSize; k%cleared == 0 {
		clear(s.chunks[i/chunkSize][k : k+cleared])
	}
	return i
}
