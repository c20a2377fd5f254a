package ingest

import (
	"os"

	"golang.org/x/sys/unix"
)

// peekPipe returns what a pipe delivers first, and leaves it in the pipe; nil
// where f is no pipe, or done is closed before anything came.
func peekPipe(f *os.File, done <-chan struct{}) []byte {
	r, w, err := os.Pipe()
	if err != nil {
		return nil
	}
	copied := make(chan int64, 1)
	go func() {
		n, _ := unix.Tee(int(f.Fd()), int(w.Fd()), headSize, 0)
		copied <- n
	}()
	select {
	case n := <-copied:
		defer r.Close()
		defer w.Close()
		head := make([]byte, max(n, 0))
		if n <= 0 {
			return nil
		}
		k, _ := r.Read(head)
		return head[:k]
	case <-done: // tee still holds the pipe, so it stays open
		return nil
	}
}
