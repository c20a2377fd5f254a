package flows

import (
	"context"
	"errors"
	"io"
	"time"

	"servmap/flows/decode"
	"servmap/flows/table"
	"servmap/pcapio"
)

// checkEvery is the number of packets between two checks of input time and of the context.
const checkEvery = 1024

// hintsEvery is after how many captured bytes hints are passed on to the merge, though no flow has
// ended: a packet may give hints of several times its length.
const hintsEvery = 1 << 20

// farthest is how far from 1970 the time of a flow's packet can be, in nanoseconds: 146 years less
// ten minutes. Times beyond, which only damage makes, count as that. So the difference of two
// times, moved by the grace time, does not overflow.
const farthest = 1<<62 - 600*second

// stage tells which code has a packet. A panic in one of these stages can be survived.
type stage uint8

const (
	decoding stage = 1 + iota
	filtering
)

// capture reads packets, decodes them and keeps input time.
type capture struct {
	opt    *Options
	dec    decode.Decoder
	clock  clock
	router router
	// lookout is nil where nobody wants sightings.
	lookout *lookout
	stats   Stats
	file    uint32 // index of the capture of the newest packet
	stage   stage  // 0 where only this type has the packet
	failed  failures
	ended   bool // the source is at its end

	// swept is the second of the last sweep, valid iff began.
	swept int64
	began bool
	// unswept is how many bytes were captured since the last sweep.
	unswept int
	// lookAt is the input time at which due is called next, and sweptAt the wall clock's time of
	// the last sweep.
	lookAt  int64
	sweptAt time.Time
	// idleAt is the number of packets when the source was last idle. live tells whether the newest
	// of them was of that moment.
	idleAt uint64
	live   bool
}

func (c *capture) read(ctx context.Context, src pcapio.Source) error {
	for {
		again, err := c.readOn(ctx, src)
		if !again {
			return err
		}
	}
}

// readOn reads the source to its end. Where the decoder or the filter panics at a packet, it counts
// that and returns again, so that it is called again. Recovery then costs nothing while all is
// well.
func (c *capture) readOn(ctx context.Context, src pcapio.Source) (again bool, err error) {
	var (
		pkt pcapio.Packet
		d   decode.Packet
	)
	if c.opt.Recover {
		defer func() {
			if c.stage != 0 {
				if v := recover(); v != nil {
					c.fail(&d, v)
					again = true
				}
			}
		}()
	}
	c.held(&d) // fragments that the packet which failed has released
	if c.failed.count > 0 {
		if err := c.check(ctx); err != nil {
			return false, err
		}
	}
	for !c.ended {
		err := src.Next(&pkt)
		switch {
		case err == io.EOF:
			c.ended = true
			c.dec.Flush()
			c.held(&d)
			return false, nil
		case errors.Is(err, pcapio.ErrIdle):
			if err := c.idle(ctx); err != nil {
				return false, err
			}
			continue
		case err != nil:
			return false, err
		}
		c.packet(&pkt, &d)
		if c.stats.Packets%checkEvery == 0 || c.unswept >= hintsEvery || c.clock.now >= c.lookAt && c.due() {
			if err := c.check(ctx); err != nil {
				return false, err
			}
		}
	}
	return false, nil
}

// fail counts a packet that the decoder or the filter panicked at.
func (c *capture) fail(d *decode.Packet, v any) {
	c.failed.fail(d.Number, c.file, v)
	if c.stage == decoding {
		c.dec.Recovered(c.stats.Packets)
	}
	c.stage = 0
}

// packet takes one packet of the source.
func (c *capture) packet(pkt *pcapio.Packet, d *decode.Packet) {
	s := &c.stats
	if s.Packets == 0 {
		s.First, s.Last = pkt.Time, pkt.Time
	}
	s.First, s.Last = min(s.First, pkt.Time), max(s.Last, pkt.Time)
	s.Packets++
	s.Bytes += uint64(pkt.OrigLen)
	c.unswept += len(pkt.Data)
	time := min(max(pkt.Time, -farthest), farthest)
	now := c.clock.tick(time)
	d.Number = s.Packets + c.dec.Stats.Aggregated
	if file := uint32(pkt.File); file != c.file || s.Packets == 1 {
		c.file = file
		if c.lookout != nil {
			c.lookout.from(file, d.Number, time, now)
		}
	}
	c.stage = decoding
	c.dec.Decode(uint16(pkt.Link), pkt.Data, pkt.OrigLen, time, d)
	c.stage = 0
	switch d.Kind {
	case decode.IP:
		c.put(d, now, pkt.Block)
	case decode.Held:
	default:
		if !c.filtered(d) && c.lookout != nil {
			c.lookout.look(d, now)
		}
	}
	c.held(d)
}

// held takes the fragments that the decoder held and has released.
func (c *capture) held(d *decode.Packet) {
	for c.dec.Next(d) {
		c.put(d, c.clock.now, nil)
	}
}

func (c *capture) put(d *decode.Packet, now int64, block *pcapio.Block) {
	if c.filtered(d) {
		return
	}
	if c.lookout != nil && (d.Protocol == protoUDP || d.Protocol == protoICMPv6 || d.Fragment || d.Outermost != decode.NoTunnel) {
		c.lookout.look(d, now)
	}
	if c.opt.IgnoreVLAN {
		d.VLAN = 0
	}
	c.router.put(d, now, c.file, block)
}

// filtered reports whether the filter leaves the packet out, and counts it.
func (c *capture) filtered(d *decode.Packet) bool {
	if c.opt.Filter == nil {
		return false
	}
	c.stage = filtering
	pass := c.opt.Filter(d)
	c.stage = 0
	if !pass {
		c.stats.Filtered++
	}
	return !pass
}

// due reports whether a sweep is due by the wall clock. It is called once in a second of input
// time: where packets come slowly, their flows must not wait for checkEvery packets.
func (c *capture) due() bool {
	c.lookAt = c.clock.now + second
	return time.Since(c.sweptAt) >= time.Second/2
}

// check sweeps when input time has come to another second.
func (c *capture) check(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.sweptAt = time.Now()
	return c.sweep(table.FloorSecond(c.clock.now - grace))
}

func (c *capture) sweep(before int64) error {
	if c.began && before <= c.swept {
		if c.unswept < hintsEvery && (c.opt.Early == nil || c.unswept == 0) {
			return nil
		}
		before = c.swept
	}
	c.began, c.swept, c.unswept = true, before, 0
	c.passSightings()
	return c.router.sweep(before)
}

// passSightings passes on what was seen of hosts since the last sweep.
func (c *capture) passSightings() {
	if c.lookout != nil && len(c.lookout.found) > 0 {
		c.router.sighted(c.lookout.take())
	}
}

// idle ends flows by the wall clock where a live source has been silent for a second: packets that
// come now are no older than the clock less ten seconds. A source whose packets are not of this
// moment, such as an old capture that comes slowly through a pipe, is swept by its own time alone.
func (c *capture) idle(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now := time.Now().UnixNano()
	if c.stats.Packets != c.idleAt {
		c.idleAt = c.stats.Packets
		behind := now - c.clock.now
		c.live = behind > -grace && behind < grace
	}
	switch {
	case !c.clock.began:
		return nil
	case c.live:
		return c.sweep(table.FloorSecond(max(c.clock.now-grace, now-2*grace)))
	}
	return c.check(ctx)
}
