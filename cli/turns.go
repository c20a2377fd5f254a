package cli

import (
	"io"
	"sync"
)

// turns lets jobs that are done at the same time write one after the other, in their order.
type turns struct {
	mu sync.Mutex
	// moved is told when the next turn comes, or the one whose turn it is has gone on.
	moved *sync.Cond
	to    io.Writer
	err   error // of to: nothing is written after it
	turn  int
	ended map[int]*turn
	// after is called at the end of each job's turn, in order.
	after func(job int)
}

// How much a job may write before its turn, and how many jobs may begin before the first of them has ended.
const (
	mostAhead     = 8 << 20
	mostJobsAhead = 64
)

func newTurns(to io.Writer, after func(job int)) *turns {
	t := &turns{to: to, ended: map[int]*turn{}, after: after}
	t.moved = sync.NewCond(&t.mu)
	return t
}

// turn is the output of one job.
type turn struct {
	*turns
	job  int
	text []byte // what waits for the turn
}

// begin returns where a job writes. It waits where too many wait for their turn.
func (t *turns) begin(job int) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	for job >= t.turn+mostJobsAhead {
		t.moved.Wait()
	}
	return &turn{turns: t, job: job}
}

// Write implements io.Writer.
func (t *turn) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.job != t.turn && len(t.text)+len(p) > mostAhead && t.err == nil {
		t.moved.Wait()
	}
	if t.job != t.turn {
		t.text = append(t.text, p...)
		return len(p), t.err
	}
	t.out(t.text)
	t.text = nil
	t.out(p)
	return len(p), t.err
}

// out writes to the output.
func (t *turns) out(p []byte) {
	if t.err == nil && len(p) > 0 {
		_, t.err = t.to.Write(p)
	}
}

// end ends the job. Those that have ended before their turn follow.
func (t *turn) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended[t.job] = t
	for next := t.ended[t.turn]; next != nil; next = t.ended[t.turns.turn] {
		next.out(next.text)
		delete(t.ended, next.job)
		t.after(next.job)
		t.turns.turn++
	}
	t.moved.Broadcast()
}
