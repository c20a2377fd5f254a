package pcapio

import (
	"io"
	"time"
)

// window is the part of a stream that is in memory: buf[r:w] is not consumed
// yet. Records are decoded where they lie. It is filled either by reading into
// its own buffer, or by taking over the blocks that a pump has filled.
type window struct {
	buf  []byte
	r, w int
	// base is the stream's offset of buf[0].
	base int64
	// end is why nothing comes after buf[w]: io.EOF or an error.
	end error

	// src is read from where pump is nil, into own.
	src  io.Reader
	own  *Block
	pump *pump
	// block is the pump's block that buf lies in.
	block []byte
	// spill is the buffer for a record longer than a block.
	spill []byte
	// moved counts the bytes that were moved to make room; a test asks.
	moved int64

	wait waiting
}

// direct has the window read src into a block of so many bytes.
func (w *window) direct(src io.Reader, size int) {
	w.src, w.own = src, newBlock(size)
	w.buf = w.own.buf
}

// offset returns the stream's offset of the next byte.
func (w *window) offset() int64 { return w.base + int64(w.r) }

// avail returns how many bytes are there without waiting.
func (w *window) avail() int { return w.w - w.r }

// want makes n bytes available. Where the stream ends before, it returns why;
// ErrIdle and ErrInterrupted leave everything as it was.
func (w *window) want(n int) error {
	for w.w-w.r < n {
		if w.end != nil {
			return w.end
		}
		if err := w.fill(n); err != nil {
			return err
		}
	}
	return nil
}

// skip consumes n bytes, or as many as there are, and returns how many are
// left to skip.
func (w *window) skip(n int64) (int64, error) {
	for n > 0 {
		if k := min(n, int64(w.avail())); k > 0 {
			w.r += int(k)
			n -= k
			continue
		}
		if err := w.want(1); err != nil {
			return n, err
		}
	}
	return 0, nil
}

// fill gets more bytes; n is how many are wanted in all.
func (w *window) fill(n int) error {
	if w.pump != nil {
		return w.take()
	}
	if w.wait.stopped() {
		return ErrInterrupted
	}
	rest := w.buf[w.r:w.w]
	switch {
	case len(rest) == len(w.buf):
		// The bytes that are there already pay for the growth, not the length
		// that a record claims.
		w.move(min(2*len(w.buf), max(n, len(w.buf)+4096)))
	case w.own.held():
		size := len(w.buf)
		if n <= directSize {
			size = min(size, directSize) // what was longer is past
		}
		w.move(size)
	case w.r > 0:
		copy(w.buf, rest)
	}
	w.base += int64(w.r)
	w.r, w.w = 0, len(rest)
	k, err := w.src.Read(w.buf[w.w:])
	w.w += k
	if err != nil {
		w.end = err
	}
	return nil
}

// move goes over to another block of so many bytes; what was not consumed comes along, to its
// beginning.
func (w *window) move(size int) {
	next := newBlock(size)
	copy(next.buf, w.buf[w.r:w.w])
	w.own.Release()
	w.own, w.buf = next, next.buf
}

// take goes over to the pump's next block. What is left of the block before is
// copied in front of it; where that does not fit, both go into a buffer of
// their own.
func (w *window) take() error {
	next, err := w.pump.next(&w.wait)
	if err != nil {
		return err
	}
	w.end = next.err
	at := w.offset()
	rest := w.buf[w.r:w.w]
	switch {
	case next.n == 0:
		w.pump.release(next.buf)
		return nil
	case w.block != nil && next.n < len(rest) && next.n <= len(w.block)-w.w:
		// A pipe that gives little at a time: less is moved where that goes
		// behind what is there.
		w.moved += int64(next.n)
		w.w += copy(w.block[w.w:], next.buf[headroom:headroom+next.n])
		w.pump.release(next.buf)
		return nil
	case len(rest) <= headroom:
		start := headroom - len(rest)
		copy(next.buf[start:], rest)
		w.moved += int64(len(rest))
		w.pump.release(w.block)
		w.block, w.buf = next.buf, next.buf
		if cap(w.spill) > 4*blockSize {
			w.spill = nil
		}
		w.r, w.w = start, headroom+next.n
	default:
		grown := w.spare(rest, next.n)
		grown = append(grown, next.buf[headroom:headroom+next.n]...)
		w.moved += int64(next.n)
		w.pump.release(next.buf)
		w.pump.release(w.block)
		w.block, w.spill, w.buf = nil, grown, grown
		w.r, w.w = 0, len(grown)
	}
	w.base = at - int64(w.r)
	return nil
}

// spare returns the spill buffer with rest at its beginning and room for n bytes.
func (w *window) spare(rest []byte, n int) []byte {
	if w.block == nil && w.r == 0 && cap(w.buf)-w.w >= n {
		return w.buf[:w.w]
	}
	w.moved += int64(len(rest))
	if w.block == nil && w.r == 0 || cap(w.spill) < len(rest)+n {
		return append(make([]byte, 0, 2*(len(rest)+n)), rest...)
	}
	return append(w.spill[:0], rest...)
}

// waiting is how a read that has no data may end.
type waiting struct {
	// done is closed by the user's own signal, stop by Interrupt. Either may
	// be nil.
	done <-chan struct{}
	stop <-chan struct{}
	// idle is the longest wait, 0 for no limit.
	idle  time.Duration
	timer *time.Timer
	// stream is set for what is no file: it is given lastWords.
	stream bool
	// grace is when an interrupted stream is given up, zero before.
	grace time.Time
}

// stopped reports whether the reader was interrupted.
func (w *waiting) stopped() bool {
	select {
	case <-w.done:
		return true
	case <-w.stop:
		return true
	default:
		return false
	}
}
