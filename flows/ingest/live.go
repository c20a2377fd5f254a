package ingest

import (
	"context"

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
	src, opt := &stopping{Source: l.capture, left: l.opt.Count}, l.opt.Flows
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
