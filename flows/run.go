package flows

import (
	"context"
	"errors"
	"io"
	"time"

	"servmap/classify"
	"servmap/flows/decode"
	"servmap/pcapio"
)

// Options say how packets become flows.
type Options struct {
	// IdleTimeout ends a flow that long after its last packet, and
	// ActiveTimeout that long after its first. 0 means never.
	IdleTimeout, ActiveTimeout time.Duration
	// MaxFlows limits the live flows; the longest idle are ended to make room.
	// 0 means as many as the table can hold, 134 million. The limit holds for each of 256 parts of the table
	// by itself, which share it evenly.
	MaxFlows int
	// Workers is the number of goroutines that keep flows, beside the one
	// that reads. 1 or less does all in one goroutine. The result is the same.
	Workers int
	// Tunnels makes flows of the inner packets of tunnels.
	Tunnels bool
	// Filter, if not nil, tells which decoded packets count. Those that do not
	// make no flow, and Stats.Filtered counts them. It is asked once about every
	// packet, of whatever Kind but Held: a held fragment is judged once it is
	// released.
	Filter func(*decode.Packet) bool
	// Recover is a net under recognisers, decoder and Filter: where one of them panics, the packet is counted in
	// Stats.Failed and the input goes on. The flow whose payload it was is Unknown; a frame that the decoder or the
	// filter panicked at is in no flow. Any other panic ends the run, also one in a goroutine of its own, and Run
	// returns a *Fault. Without Recover, as tests have it, a panic is a panic.
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
	// Filtered counts the packets that the filter left out, those included that
	// would have made no flow. Decode counts them all the same.
	Filtered uint64
	// Flows is the number of flows handed out.
	Flows uint64
	// FlowsByFile splits up Flows by the capture of their first packet, in
	// the order of the source's captures; it ends with the last that has any.
	FlowsByFile []uint64
	// Late counts packets so old that their flow was gone: each began a
	// flow of its own.
	Late uint64
	// Evicted counts flows that were ended to keep to MaxFlows.
	Evicted uint64
	// GivenUp counts flows whose payloads were let go of before they were
	// recognised, because too many waited at once.
	GivenUp uint64
	// Forgotten counts addresses and endpoints whose names or protocols, as DNS answers or control connections
	// taught them, were forgotten because too many were taught.
	Forgotten uint64
	// Untaught counts what flows would have taught about others beyond what one flow may.
	Untaught uint64
	// Failed counts the packets that could not be handled because a recogniser, the decoder or the
	// filter panicked, and FirstFailure tells of the first of them, nil for none. See Options.Recover.
	Failed       uint64
	FirstFailure *Failure
	// First and Last are the smallest and largest packet times seen, in
	// nanoseconds since 1970.
	First, Last int64
	// Decode counts what the frames held.
	Decode decode.Stats
}

// checkEvery is the number of packets between two looks at the clock of
// input time and at the context.
const checkEvery = 1024

// learnEvery is after how many captured bytes what they taught goes on to the merge, though no flow has ended: a
// packet may teach several times its length.
const learnEvery = 1 << 20

// router takes decoded packets to the partitions of their flows.
type router interface {
	// put takes a packet; now is input time with this packet counted, file the
	// place of its capture among the inputs, block where its payload lies, nil if that is to
	// be copied.
	put(d *decode.Packet, now int64, file uint32, block *pcapio.Block)
	// sweep ends the flows whose end lies before the given second, and lets the merge learn what the packets taught.
	sweep(before int64) error
	// finish ends all flows and waits for what is under way.
	finish(now int64) error
	// abandon ends what is under way after a panic. Nothing else is called then.
	abandon()
	// counts adds what the shards counted.
	counts(*Stats)
}

// Run reads the source to its end and hands out every flow when it has ended,
// from one goroutine, ordered by end and then by the number of the first
// packet. The Flow is borrowed for the call. A canceled context ends the input
// early: the flows so far are handed out all the same, and the context's error
// is returned. An error of the source other than io.EOF ends the input in the
// same way; an error of emit is returned at once. So is a *Fault, where Options.Recover is set.
func Run(ctx context.Context, src pcapio.Source, engine *classify.Engine, opt Options, emit func(*Flow) error) (Stats, error) {
	in := &input{opt: &opt, dec: decode.Decoder{Tunnels: opt.Tunnels}}
	merge := newMerger(engine, emit)
	if opt.Workers > 1 {
		in.router = newParallel(&opt, engine, merge)
	} else {
		in.router = newSerial(&opt, engine, merge)
	}
	return in.run(ctx, src, merge)
}

// run reads the source and ends all flows.
func (in *input) run(ctx context.Context, src pcapio.Source, merge *merger) (_ Stats, err error) {
	if in.opt.Recover {
		defer func() {
			if v := recover(); v != nil {
				err = newFault(v)
				in.router.abandon()
			}
		}()
	}
	srcErr := in.read(ctx, src)
	err = in.router.finish(in.clock.now)
	in.router.counts(&in.stats)
	in.failed.add(&in.stats)
	in.stats.Flows = merge.count
	in.stats.Forgotten = merge.lessons.forgotten
	in.stats.Decode = in.dec.Stats
	if err == nil && srcErr != nil && !errors.Is(srcErr, errStopped) {
		err = srcErr
	}
	return in.stats, err
}

// errStopped ends reading because the router has failed; finish tells why.
var errStopped = errors.New("stopped")

// risk is whose panic can be survived.
type risk uint8

const (
	decoding risk = 1 + iota
	filtering
)

// input reads packets, decodes them and keeps input time.
type input struct {
	opt    *Options
	dec    decode.Decoder
	clock  clock
	router router
	stats  Stats
	file   uint32 // capture of the newest packet
	swept  int64
	began  bool
	// lookAt is the input time, and sweptAt the time of the last sweep by the
	// clock, that a source of few packets is swept by.
	lookAt  int64
	sweptAt time.Time
	// idleAt is the number of packets when the source last fell silent, and
	// live tells whether the newest of them was of that moment.
	idleAt uint64
	live   bool
	// risk tells who has the packet if that is not the run itself: a panic is theirs.
	risk   risk
	failed failures
	ended  bool // the source is at its end
	// unlearned is how many bytes were captured since the last sweep.
	unlearned int
}

func (in *input) read(ctx context.Context, src pcapio.Source) error {
	for {
		again, err := in.readOn(ctx, src)
		if !again {
			return err
		}
	}
}

// readOn reads the source to its end. It asks to be called again when it stopped at a packet that the decoder or
// the filter panicked at: to recover so costs nothing while all goes well.
func (in *input) readOn(ctx context.Context, src pcapio.Source) (again bool, err error) {
	var (
		pkt pcapio.Packet
		d   decode.Packet
	)
	if in.opt.Recover {
		defer func() {
			if in.risk != 0 {
				if v := recover(); v != nil {
					in.fail(&d, v)
					again = true
				}
			}
		}()
	}
	in.held(&d) // of a packet that failed
	if in.failed.count > 0 {
		if err := in.check(ctx); err != nil {
			return false, err
		}
	}
	for !in.ended {
		err := src.Next(&pkt)
		switch {
		case err == io.EOF:
			in.ended = true
			in.dec.Flush()
			in.held(&d)
			return false, nil
		case errors.Is(err, pcapio.ErrIdle):
			if err := in.idle(ctx); err != nil {
				return false, err
			}
			continue
		case err != nil:
			return false, err
		}
		in.packet(&pkt, &d)
		if in.stats.Packets%checkEvery == 0 || in.unlearned >= learnEvery || in.clock.now >= in.lookAt && in.due() {
			if err := in.check(ctx); err != nil {
				return false, err
			}
		}
	}
	return false, nil
}

// fail counts a packet that the decoder or the filter panicked at.
func (in *input) fail(d *decode.Packet, v any) {
	in.failed.fail(d.Number, in.file, v)
	if in.risk == decoding {
		in.dec.Recovered(in.stats.Packets)
	}
	in.risk = 0
}

// farthest is how far from 1970 the time of a flow's packet can be, in nanoseconds: 146 years less ten minutes. What is farther, as
// only damaged times are, counts as that. So the difference of two times, moved by the grace time, is in range.
const farthest = 1<<62 - 600*second

// packet takes one packet of the source.
func (in *input) packet(pkt *pcapio.Packet, d *decode.Packet) {
	s := &in.stats
	if s.Packets == 0 {
		s.First, s.Last = pkt.Time, pkt.Time
	}
	s.First, s.Last = min(s.First, pkt.Time), max(s.Last, pkt.Time)
	s.Packets++
	s.Bytes += uint64(pkt.OrigLen)
	in.unlearned += len(pkt.Data)
	time := min(max(pkt.Time, -farthest), farthest)
	now := in.clock.tick(time)
	in.file = uint32(pkt.File)
	d.Number = s.Packets
	in.risk = decoding
	in.dec.Decode(uint16(pkt.Link), pkt.Data, pkt.OrigLen, time, d)
	in.risk = 0
	switch d.Kind {
	case decode.IP:
		in.put(d, now, pkt.Block)
	case decode.Held:
	default:
		in.filtered(d)
	}
	in.held(d)
}

// held takes the fragments that waited for their first one.
func (in *input) held(d *decode.Packet) {
	for in.dec.Next(d) {
		in.put(d, in.clock.now, nil)
	}
}

func (in *input) put(d *decode.Packet, now int64, block *pcapio.Block) {
	if !in.filtered(d) {
		in.router.put(d, now, in.file, block)
	}
}

// filtered reports whether the filter leaves the packet out, and counts it.
func (in *input) filtered(d *decode.Packet) bool {
	if in.opt.Filter == nil {
		return false
	}
	in.risk = filtering
	pass := in.opt.Filter(d)
	in.risk = 0
	if !pass {
		in.stats.Filtered++
	}
	return !pass
}

// due is asked once in a second of input time whether a sweep is due: where
// packets come slowly, their flows are not to wait for checkEvery of them.
func (in *input) due() bool {
	in.lookAt = in.clock.now + second
	return time.Since(in.sweptAt) >= time.Second/2
}

// check sweeps when input time has come to another second.
func (in *input) check(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	in.sweptAt = time.Now()
	return in.sweep(floorSecond(in.clock.now - grace))
}

func (in *input) sweep(before int64) error {
	if in.began && before <= in.swept {
		if in.unlearned < learnEvery {
			return nil
		}
		before = in.swept
	}
	in.began, in.swept, in.unlearned = true, before, 0
	return in.router.sweep(before)
}

// idle ends flows by the clock where a live source has been silent for a
// second: packets that come now are no older than the clock less ten seconds.
// A source whose packets are not of this moment, such as an old capture that
// comes slowly through a pipe, is swept by its own time alone.
func (in *input) idle(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now := time.Now().UnixNano()
	if in.stats.Packets != in.idleAt {
		in.idleAt = in.stats.Packets
		behind := now - in.clock.now
		in.live = behind > -grace && behind < grace
	}
	switch {
	case !in.clock.began:
		return nil
	case in.live:
		return in.sweep(floorSecond(max(in.clock.now-grace, now-2*grace)))
	}
	return in.check(ctx)
}
