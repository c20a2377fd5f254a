package ingest

import (
	"context"
	"sync/atomic"
	"time"

	"servmap/classify"
	"servmap/flows"
	"servmap/pcapio"
)

// live is an Input that captures on an interface.
type live struct {
	capture *pcapio.Live
	cancel  context.CancelFunc
	engine  *classify.Engine
	opt     Options
	summary Summary
	// now is what Now tells.
	now struct{ packets, dropped, open atomic.Int64 }
}

// Now is how far a live capture is.
type Now struct{ Packets, Dropped, Open int64 }

// Now tells how far the capture is, from any goroutine.
func (l *live) Now() Now { return Now{l.now.packets.Load(), l.now.dropped.Load(), l.now.open.Load()} }

// counting counts what a live capture gives, and asks now and then what was dropped.
type counting struct {
	*pcapio.Live
	live  *live
	count int64
	asked time.Time
}

// askDropped is how often the system is asked what was dropped, and checkClock after how many packets the clock is read.
const (
	askDropped = time.Second
	checkClock = 256
)

// Next implements pcapio.Source.
func (c *counting) Next(p *pcapio.Packet) error {
	err := c.Live.Next(p)
	if err == nil {
		c.count++
		c.live.now.packets.Store(c.count)
	}
	if (err != nil || c.count%checkClock == 0) && time.Since(c.asked) >= askDropped {
		c.asked = time.Now()
		c.live.now.dropped.Store(int64(c.Stats().Dropped))
	}
	return err
}

func openLive(ctx context.Context, engine *classify.Engine, opt Options) (*live, error) {
	cancel := context.CancelFunc(func() {})
	if opt.Duration > 0 {
		ctx, cancel = context.WithTimeout(ctx, opt.Duration)
	}
	capture, err := pcapio.OpenLive(opt.Interface, pcapio.LiveOptions{Promiscuous: opt.Promiscuous, Done: ctx.Done(), Idle: idleAfter})
	if err != nil {
		cancel()
		return nil, err
	}
	return &live{capture: capture, cancel: cancel, engine: engine, opt: opt, summary: Summary{Endless: true}}, nil
}

// Flows implements Input.
func (l *live) Flows(emit func(*flows.Flow) error) error {
	defer l.cancel()
	defer l.capture.Close()
	src, opt := &stopping{Source: &counting{Live: l.capture, live: l}, left: l.opt.Count}, l.opt.Flows
	opt.Open = &l.now.open
	src.countFiltered(&opt)
	s := &l.summary
	err := runPackets(src, l.engine, opt, s, func(int) string { return l.opt.Interface }, emit)
	s.Dropped = l.capture.Stats().Dropped
	c := Capture{Name: l.opt.Interface, Packets: s.Stats.Packets, Flows: s.Stats.Flows}
	if c.Packets > 0 {
		c.First, c.Last = packetTime(s.Stats.First), packetTime(s.Stats.Last)
	}
	s.Captures = []Capture{c}
	return err
}

// Names implements Input.
func (l *live) Names() []string { return []string{l.opt.Interface} }

// Summary implements Input.
func (l *live) Summary() Summary { return l.summary }
