package console

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"servmap/pcapio"
	"servmap/report/rows"
)

// StartProgress draws a line about a reading on standard error until stop is
// called, which wipes it. It draws nothing where standard error is no terminal.
func (c *Console) StartProgress(read func() pcapio.Progress) (stop func()) {
	if !c.MessagesAreSeen() {
		return func() {}
	}
	began := time.Now()
	return c.drawEvery(&status{to: c.Messages, ends: true}, func() string { return progressLine(read(), time.Since(began)) })
}

// StartStatus draws a line on standard error, again and again in place, until stop is called, which wipes it. What else
// goes to the terminal meanwhile takes the line's place: so it is called before the output is opened. It draws nothing
// where standard error is no terminal.
func (c *Console) StartStatus(line func() string) (stop func()) {
	if !c.MessagesAreSeen() {
		return func() {}
	}
	s := &status{to: c.Messages, ends: true}
	c.Messages = statusWriter{s, c.Messages}
	if isTerminal(c.Out) {
		c.Out = statusWriter{s, c.Out}
	}
	return c.drawEvery(s, line)
}

// drawEvery draws the status again and again until stop is called.
func (c *Console) drawEvery(s *status, line func() string) (stop func()) {
	const every = 250 * time.Millisecond
	quit, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer c.ExitOnPanic()
		defer close(gone)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				s.draw(line(), widthOf(s.to))
			case <-quit:
				s.wipe()
				return
			}
		}
	}()
	return func() {
		close(quit)
		<-gone
	}
}

// status is a line that is drawn in place.
type status struct {
	mu    sync.Mutex
	to    io.Writer
	drawn bool
	ends  bool // what was written last ends with a line feed
}

// draw draws the line, unless another line is not whole.
func (s *status) draw(line string, width int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ends {
		fmt.Fprint(s.to, wipe+rows.Fit(line, max(width-1, 1)))
		s.drawn = true
	}
}

func (s *status) wipe() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
}

func (s *status) clear() {
	if s.drawn {
		fmt.Fprint(s.to, wipe)
		s.drawn = false
	}
}

// statusWriter writes to a terminal on which there is a status.
type statusWriter struct {
	*status
	io.Writer
}

// Write implements io.Writer.
func (w statusWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clear()
	if len(p) > 0 {
		w.ends = p[len(p)-1] == '\n'
	}
	return w.Writer.Write(p)
}

// wipe returns to the beginning of a terminal's line and empties it (ECMA-48, CR
// and EL).
const wipe = "\r\x1b[K"

// progressLine says bytes, packets a second and, where the size is known, the
// share read and the time left.
func progressLine(p pcapio.Progress, spent time.Duration) string {
	parts := []string{ByteCount(p.Read)}
	if p.Size > 0 {
		parts[0] += fmt.Sprintf(" of %s (%d %%)", ByteCount(p.Size), 100*p.Read/p.Size)
	}
	if s := spent.Seconds(); s > 0 {
		parts = append(parts, fmt.Sprintf("%.0f packets/s", float64(p.Packets)/s))
	}
	if p.Size > 0 && p.Read > 0 && p.Read <= p.Size {
		left := time.Duration(float64(spent) * float64(p.Size-p.Read) / float64(p.Read))
		parts = append(parts, left.Round(time.Second).String()+" left")
	}
	return strings.Join(parts, ", ")
}

// ByteCount is a number of bytes for people.
func ByteCount(n int64) string {
	v, unit := float64(n), ""
	for _, unit = range []string{"B", "kB", "MB", "GB", "TB"} {
		if v < 1000 || unit == "TB" {
			break
		}
		v /= 1000
	}
	if unit == "B" {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", v, unit)
}

// Percent is a share for people, with one decimal.
func Percent(part, whole uint64) string {
	if whole == 0 {
		return "0.0 %"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(whole))
}
