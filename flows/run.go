package flows

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"servmap/classify"
	"servmap/flows/decode"
	"servmap/pcapio"
)

// Options say how packets become flows.
type Options struct {
	// IdleTimeout ends a flow that long after its last packet, and ActiveTimeout that long after
	// its first. 0 means never.
	IdleTimeout, ActiveTimeout time.Duration
	// MaxFlows limits the live flows: the longest idle are ended to make room. Each of 256
	// partitions has an even share of the limit. 0 means as many as fit, 134 million.
	MaxFlows int
	// Workers is the number of goroutines that keep flows, besides the one that reads. 1 or less
	// does all in one goroutine. The result is the same.
	Workers int
	// Tunnels makes flows of the inner packets of tunnels.
	Tunnels bool
	// IgnoreVLAN leaves VLAN tags out of what tells flows apart. Flow.VLAN is then 0. Filter sees the
	// tags all the same.
	IgnoreVLAN bool
	// Filter, if not nil, tells which decoded packets count. The others make no flow, and
	// Stats.Filtered counts them. It is called once for every packet, of any Kind but Held: a held
	// fragment is judged when it is released.
	Filter func(*decode.Packet) bool
	// Sight, if not nil, gets what packets tell of hosts besides their flows. It is called from the
	// same goroutine as emit, in the order of packets, and before it every flow whose end lies more
	// than ten seconds before input time at that packet. The Sighting is borrowed for the call.
	Sight func(*Sighting)
	// Open, if not nil, is kept at the number of live flows, as of the last sweep.
	Open *atomic.Int64
	// Early, if not nil, gets each flow soon after it was recognised, as far as it came by then; it comes again, whole, to
	// emit. It is called from the same goroutine, within a second of input time. The Flow is borrowed for the call.
	Early func(*Flow)
	// Recover keeps a run going where a recogniser, the decoder or Filter panics. Stats.Failed
	// counts the packet. The flow whose payload it was is Unknown; a frame that the decoder or
	// Filter panicked at is in no flow. Any other panic, in any goroutine, ends the run, and Run
	// returns a *Fault. Tests leave Recover unset, so that they see every panic.
	Recover bool
}

// DefaultIdleTimeout and DefaultActiveTimeout are nfstream's.
const (
	DefaultIdleTimeout   = 120 * time.Second
	DefaultActiveTimeout = 1800 * time.Second
)

// Stats counts what became of the packets.
type Stats struct {
	// Packets and Bytes count the whole input, on the wire.
	Packets, Bytes uint64
	// Filtered counts the packets that the filter left out, also those that would have made no
	// flow. Decode counts them all the same.
	Filtered uint64
	// Flows is the number of flows handed out.
	Flows uint64
	// FlowsByFile splits up Flows by the capture of their first packet, in the order of the
	// source's captures. It ends with the last that has any.
	FlowsByFile []uint64
	// Late counts packets so old that their flow was gone: each began a flow of its own.
	Late uint64
	// Evicted counts flows that were ended to keep to MaxFlows.
	Evicted uint64
	// GivenUp counts flows whose payloads were dropped before the flow was recognised, because too
	// many flows waited at once.
	GivenUp uint64
	// ForgottenHints counts addresses and endpoints whose names or protocols, which DNS answers or
	// control connections told, were forgotten because there were too many.
	ForgottenHints uint64
	// DroppedHints counts hints beyond what one flow may give.
	DroppedHints uint64
	// Failed counts the packets at which a recogniser, the decoder or the filter panicked.
	// FirstFailure tells of the first of them, nil for none. See Options.Recover.
	Failed       uint64
	FirstFailure *Failure
	// First and Last are the smallest and largest packet times seen, in nanoseconds since 1970.
	First, Last int64
	// Decode counts what the frames held.
	Decode decode.Stats
}

// router takes decoded packets to the partitions of their flows.
type router interface {
	// put takes a packet. now is input time with this packet counted, file the index of its
	// capture among the inputs, and block where its payload lies; a nil block tells that the
	// payload must be copied.
	put(d *decode.Packet, now int64, file uint32, block *pcapio.Block)
	// sweep ends the flows whose end lies before the given second, and passes hints on to the
	// merge.
	sweep(before int64) error
	// sighted takes what packets so far told of hosts. It goes to the merge with the next sweep.
	sighted([]Sighting)
	// finish ends all flows and waits until all are handed out.
	finish(now int64) error
	// abandon ends what is under way after a panic. Nothing else is called then.
	abandon()
	// counts adds what the shards counted.
	counts(*Stats)
}

// Run reads the source to its end and hands out every flow when it has ended, from one goroutine,
// ordered by end and then by the number of the first packet. The Flow is borrowed for the call.
//
// A canceled context ends the input early: the flows so far are handed out all the same, and the
// context's error is returned. An error of the source other than io.EOF does the same. An error of
// emit is returned at once. So is a *Fault, where Options.Recover is set.
func Run(ctx context.Context, src pcapio.Source, engine *classify.Engine, opt Options, emit func(*Flow) error) (Stats, error) {
	merge := newMerger(engine, emit)
	merge.sight, merge.early = opt.Sight, opt.Early
	return newCapture(&opt, engine, merge).run(ctx, src, merge)
}

// newCapture returns a capture whose flows go to the merge.
func newCapture(opt *Options, engine *classify.Engine, merge *merger) *capture {
	c := &capture{opt: opt, dec: decode.Decoder{Tunnels: opt.Tunnels, IgnoreVLAN: opt.IgnoreVLAN}}
	merge.tenants = &c.dec.Tenants
	if opt.Sight != nil {
		c.lookout = newLookout()
	}
	if opt.Workers > 1 {
		c.router = newParallel(opt, engine, merge)
	} else {
		c.router = newSerial(opt, engine, merge)
	}
	return c
}

// run reads the source and ends all flows.
func (c *capture) run(ctx context.Context, src pcapio.Source, merge *merger) (_ Stats, err error) {
	if c.opt.Recover {
		defer func() {
			if v := recover(); v != nil {
				err = newFault(v)
				c.router.abandon()
			}
		}()
	}
	srcErr := c.read(ctx, src)
	c.passSightings()
	err = c.router.finish(c.clock.now)
	if merge.seen != nil && err == nil {
		merge.handOutRest(c.opt.Sight)
	}
	c.router.counts(&c.stats)
	c.failed.add(&c.stats)
	c.stats.Flows = merge.count
	c.stats.ForgottenHints = merge.hints.forgotten
	c.stats.Decode = c.dec.Stats
	if err == nil && srcErr != nil && !errors.Is(srcErr, errStopped) {
		err = srcErr
	}
	return c.stats, err
}

// errStopped ends reading because the router has failed; finish tells why.
var errStopped = errors.New("stopped")
