package pcapio

import (
	"io"
	"os"
)

// openInterruptible calls open, which may wait for long: a named pipe is opened when
// the other end is. Where done or stop is closed first, it returns ErrInterrupted, and
// what open returns later is closed.
func openInterruptible(done, stop <-chan struct{}, open func() (*os.File, error)) (*os.File, error) {
	type opened struct {
		f   *os.File
		err error
	}
	ready := make(chan opened)
	abandoned := make(chan struct{})
	go func() {
		f, err := open()
		select {
		case ready <- opened{f, err}:
		case <-abandoned:
			if err == nil {
				f.Close()
			}
		}
	}()
	select {
	case o := <-ready:
		return o.f, o.err
	case <-done:
	case <-stop:
	}
	close(abandoned)
	return nil, ErrInterrupted
}

// Interruptible returns a reader of src, a pipe, whose Read returns ErrInterrupted
// 0.3 s after done is closed, and not only when src has something to say. A
// goroutine reads src ahead, so src belongs to it from then on.
func Interruptible(src io.Reader, done <-chan struct{}) io.Reader {
	return &pumped{window{pump: startPump(src, func() {}), wait: waiting{done: done, stream: true}}}
}
