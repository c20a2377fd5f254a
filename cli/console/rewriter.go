package console

import (
	"io"
	"sync"
	"time"
)

// Rewriter rewrites a file every few seconds by the clock while what it shows
// changes, and at the end.
type Rewriter struct {
	console *Console
	path    string
	write   func(io.Writer) error
	// every is the least time between two writings.
	every time.Duration

	mu    sync.Mutex
	dirty bool
	quit  chan struct{}
	gone  chan struct{}
}

// rewriteEvery is the least time between two writings of a report or a map.
const rewriteEvery = 3 * time.Second

// Rewrite starts to rewrite the file at path by write. What write reads must be changed inside
// Rewriter.Change only.
func (c *Console) Rewrite(path string, write func(io.Writer) error) *Rewriter {
	return c.rewriteEvery(rewriteEvery, path, write)
}

func (c *Console) rewriteEvery(every time.Duration, path string, write func(io.Writer) error) *Rewriter {
	r := &Rewriter{console: c, path: path, every: every, write: write, quit: make(chan struct{}), gone: make(chan struct{})}
	go r.run()
	return r
}

// Change calls f and has the file rewritten later.
func (r *Rewriter) Change(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
	r.dirty = true
}

// run spends at most a tenth of the time on writing. It warns once of an error; the exit status
// depends on the last writing alone.
func (r *Rewriter) run() {
	defer r.console.ExitOnPanic()
	defer close(r.gone)
	pause, told := r.every, ""
	for {
		select {
		case <-time.After(pause):
		case <-r.quit:
			return
		}
		began := time.Now()
		if err := r.once(); err != nil && err.Error() != told {
			told = err.Error()
			r.console.Warn("%s", told)
		}
		pause = max(r.every, 10*time.Since(began))
	}
}

func (r *Rewriter) once() error {
	r.mu.Lock()
	dirty := r.dirty
	r.mu.Unlock()
	if !dirty {
		return nil
	}
	// What is shown is not copied first: it may be large.
	return r.console.ReplaceFile(r.path, func(w io.Writer) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.dirty = false
		return r.write(w)
	})
}

// Stop ends the rewriting; with last set it writes the file a last time.
func (r *Rewriter) Stop(last bool) error {
	close(r.quit)
	<-r.gone
	if !last {
		return nil
	}
	return r.console.ReplaceFile(r.path, r.write)
}
