package flows

// Where the chunks of a shard's records come from.
const (
	// smallChunks are allocated one by one: most captures need no more.
	smallChunks = 128
	// blockChunks are carved out of one block of 4 MiB.
	blockChunks = (4 << 20) / (chunkSize * 136)
)

// arena allocates the chunks of a shard. Where there are many, they lie in
// blocks of which the system is asked to make large pages: records are visited
// at random, and with pages of 4 KiB most visits miss the TLB as well.
type arena struct {
	small int
	block []record
}

// chunk returns a new chunk of zeroed records.
func (a *arena) chunk() []record {
	if a.small < smallChunks {
		a.small++
		return make([]record, chunkSize)
	}
	if len(a.block) < chunkSize {
		a.block = make([]record, blockChunks*chunkSize)
		adviseLargePages(a.block)
	}
	c := a.block[:chunkSize:chunkSize]
	a.block = a.block[chunkSize:]
	return c
}
