package pcapio

import (
	"sync"
	"sync/atomic"
)

// Block is memory that the data of packets lies in. It is used again when nobody
// holds it any more.
type Block struct {
	buf     []byte
	holders atomic.Int32
}

// spareBlocks keeps the blocks of the usual size that nobody holds.
var spareBlocks = sync.Pool{New: func() any { return &Block{buf: make([]byte, directSize)} }}

// newBlock returns a block of at least size bytes, held once.
func newBlock(size int) *Block {
	var b *Block
	if size == directSize {
		b = spareBlocks.Get().(*Block)
	} else {
		b = &Block{buf: make([]byte, size)}
	}
	b.holders.Store(1)
	return b
}

// Hold keeps what lies in the block as it is until Release is called as
// often. Only who has a Packet that lies there may call it, before the next read.
func (b *Block) Hold() { b.holders.Add(1) }

// Release gives up a Hold. Any goroutine may call it.
func (b *Block) Release() {
	if b.holders.Add(-1) == 0 && len(b.buf) == directSize {
		spareBlocks.Put(b)
	}
}

// held reports whether somebody beside the window holds the block.
func (b *Block) held() bool { return b.holders.Load() > 1 }
