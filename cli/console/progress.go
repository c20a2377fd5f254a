package console

import (
	"fmt"
	"strings"
	"time"

	"servmap/pcapio"
)

// StartProgress draws a line about a reading on standard error until stop is
// called, which wipes it. It draws nothing where standard error is no terminal.
func (c *Console) StartProgress(read func() pcapio.Progress) (stop func()) {
	if !c.MessagesAreSeen() {
		return func() {}
	}
	quit, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer c.ExitOnPanic()
		defer close(gone)
		c.drawProgress(read, quit)
	}()
	return func() {
		close(quit)
		<-gone
	}
}

// wipe returns to the beginning of a terminal's line and empties it (ECMA-48, CR
// and EL).
const wipe = "\r\x1b[K"

func (c *Console) drawProgress(read func() pcapio.Progress, quit <-chan struct{}) {
	const every = 250 * time.Millisecond
	tick := time.NewTicker(every)
	defer tick.Stop()
	began := time.Now()
	for {
		select {
		case <-tick.C:
			fmt.Fprint(c.Messages, wipe+progressLine(read(), time.Since(began)))
		case <-quit:
			fmt.Fprint(c.Messages, wipe)
			return
		}
	}
}

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
