package flows

import "unsafe"

// chunkSize is how many records of a kind a partition gets at once.
const chunkSize = 128

// Where the chunks of a shard's records come from.
const (
	// smallChunks of a kind are allocated one by one: most captures need no more.
	smallChunks = 128
	// blockBytes is about the size of the blocks that further chunks are carved out of.
	blockBytes = 4 << 20
)

// fetched is how many new records are fetched from memory at once. They are zero
// already, but to clear them brings them near: the processor waits once for all
// of their lines, where it would wait for each record's when that is filled.
const fetched = 8

// arena allocates the chunks of a shard. Where there are many, they lie in
// blocks of which the system is asked to make large pages: records are visited
// at random, and with pages of 4 KiB most visits miss the TLB as well.
type arena[T any] struct {
	small int
	block []T
}

// chunk returns a new chunk of zeroed records.
func (a *arena[T]) chunk() []T {
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

// slab holds the records of one kind of a partition.
type slab[T any] struct {
	chunks [][]T // of chunkSize each; pointers to arrays would cost a look at each array's first byte
	used   uint32
}

func (s *slab[T]) at(i uint32) *T { return &s.chunks[i/chunkSize][i%chunkSize] }

// add returns the number of a record that was never used, zeroed.
func (s *slab[T]) add(a *arena[T]) uint32 {
	i := s.used
	s.used++
	if int(i/chunkSize) == len(s.chunks) {
		s.chunks = append(s.chunks, a.chunk())
	}
	if k := i % chunkSize; k%fetched == 0 {
		clear(s.chunks[i/chunkSize][k : k+fetched])
	}
	return i
}
