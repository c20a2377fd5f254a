package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"servmap/pcapio"

	"golang.org/x/term"
)

// progress draws a line about a reading on standard error, where that is a
// terminal.
type progress struct {
	reader *pcapio.Reader
	began  time.Time
	quit   chan struct{}
	gone   chan struct{}
}

// startProgress begins to draw, unless rows go to the same terminal; what it
// returns may be nil.
func startProgress(o *options, r *pcapio.Reader) *progress {
	if o.quiet || !term.IsTerminal(int(os.Stderr.Fd())) || term.IsTerminal(int(os.Stdout.Fd())) && o.output == "" {
		return nil
	}
	p := &progress{reader: r, began: time.Now(), quit: make(chan struct{}), gone: make(chan struct{})}
	go p.draw()
	return p
}

// stop wipes the line.
func (p *progress) stop() {
	if p == nil {
		return
	}
	close(p.quit)
	<-p.gone
}

func (p *progress) draw() {
	defer exitOnPanic()
	defer close(p.gone)
	const every = 250 * time.Millisecond
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			fmt.Fprint(os.Stderr, "\r\x1b[K"+progressLine(p.reader.Progress(), time.Since(p.began)))
		case <-p.quit:
			fmt.Fprint(os.Stderr, "\r\x1b[K")
			return
		}
	}
}

// progressLine says bytes, packets a second and, where the size is known, the
// share read and the time left.
func progressLine(p pcapio.Progress, spent time.Duration) string {
	parts := []string{byteCount(p.Read)}
	if p.Size > 0 {
		parts[0] += fmt.Sprintf(" of %s (%d %%)", byteCount(p.Size), 100*p.Read/p.Size)
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

// byteCount is a number of bytes for people.
func byteCount(n int64) string {
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
