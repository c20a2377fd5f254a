package main

import (
	"io"
	"sync"
	"time"
)

// keeper rewrites a file every few seconds by the clock while what it shows
// grows, and at the end.
type keeper struct {
	path  string
	write func(io.Writer) error
	// done, when it is closed, ends the waiting for the reader of a named pipe.
	done <-chan struct{}
	// every is the least time between two writings.
	every time.Duration

	mu    sync.Mutex
	dirty bool
	quit  chan struct{}
	gone  chan struct{}
}

// rewriteEvery is the least time between two writings of a report or a map.
const rewriteEvery = 3 * time.Second

// keep begins to keep the file at path as write shows it. Change what it shows
// only in change.
func keep(path string, every time.Duration, done <-chan struct{}, write func(io.Writer) error) *keeper {
	k := &keeper{path: path, every: every, write: write, done: done, quit: make(chan struct{}), gone: make(chan struct{})}
	go k.rewrite()
	return k
}

// change calls f and has the file rewritten later.
func (k *keeper) change(f func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f()
	k.dirty = true
}

// rewrite spends at most a tenth of the time on writing. What fails is told
// once; whether it fails still at the end is what counts.
func (k *keeper) rewrite() {
	defer exitOnPanic()
	defer close(k.gone)
	pause, told := k.every, ""
	for {
		select {
		case <-time.After(pause):
		case <-k.quit:
			return
		}
		began := time.Now()
		if err := k.once(); err != nil && err.Error() != told {
			told = err.Error()
			warn("%s", told)
		}
		pause = max(k.every, 10*time.Since(began))
	}
}

func (k *keeper) once() error {
	k.mu.Lock()
	dirty := k.dirty
	k.mu.Unlock()
	if !dirty {
		return nil
	}
	// What is shown is not copied first: it may be large.
	return writeWhole(k.path, k.done, func(w io.Writer) error {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.dirty = false
		return k.write(w)
	})
}

// stop ends the rewriting; with last set it writes the file a last time.
func (k *keeper) stop(last bool) error {
	close(k.quit)
	<-k.gone
	if !last {
		return nil
	}
	return writeWhole(k.path, k.done, k.write)
}
