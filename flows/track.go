package flows

import (
	"net/netip"
	"time"

	"servmap/classify"
	"servmap/flows/table"
)

const (
	second = int64(time.Second)
	// grace is how long a flow that has ended still takes late packets that belong to it.
	grace = 10 * second
)

// tracker decides what the packets of one partition become. Its table remembers the flows, each of
// which is known by a table.Ref.
type tracker struct {
	shard  *shard
	number uint16 // of the partition
	table  table.Table
	recent recent
	// states is how many flows are undecided and have a State, and held the bytes of payload that
	// these keep.
	states, held int
	// undecided lists these flows, the oldest first, and others that have been decided since.
	undecided []waiting
	entries   uint32 // how many were ever entered there
	// parts are datagrams of which only some fragments have come, the oldest first, by the number of
	// their flow. Extra.Parted tells which flows have any.
	parts map[uint64][]*datagram
	// newest is the largest number of a packet whose payload was looked at. A fragment that was held
	// is older than the first one, which released it: what it tells holds from that on.
	newest uint64
}

// newTracker returns the tracker of a partition whose first packet comes at the input time now.
func newTracker(s *shard, number uint16, now int64) *tracker {
	return &tracker{shard: s, number: number, table: table.New(s.memory, table.FloorSecond(now-grace))}
}

// process finds or makes the packet's flow and counts the packet there.
func (t *tracker) process(it *item) {
	if t.states >= maxUndecided || t.held > maxHeld/2 {
		t.expire(it.now) // see evict.go
	}
	ref, before := t.find(it)
	var r *table.Record
	fresh := ref == 0
	if fresh {
		ref, r = t.open(it, before)
	} else {
		ref, r = t.table.Update(ref)
	}
	if r.Packets[it.side] == 0 && !fresh && r.Flags&it.link&table.HasMAC != 0 {
		r.MAC[it.side] = it.mac[it.side]
	}
	r.Count(int(it.side), it.time, uint64(it.wire))
	if it.key.Protocol() == protoTCP {
		t.trackTCP(ref, r, it)
	}
	if it.time < it.now-grace {
		t.keepOrder(ref, r, it)
	}
	if r.Flags&table.Decided == 0 && len(it.data) > 0 {
		r.Flags |= table.SawPayload
		t.classify(ref, r, it)
		if t.shard.opt.Early != nil && r.Flags&table.HasLabel != 0 {
			t.noteRecognised(r, it)
		}
	}
	if fresh {
		if to := t.table.Commit(ref, r); to != ref { // its payload is kept: it was entered last
			t.undecided[len(t.undecided)-1].ref = to
		}
	}
}

// keepOrder fixes the end of a flow that a very old packet would move to an instant before which
// all flows may have been handed out already.
func (t *tracker) keepOrder(ref table.Ref, r *table.Record, it *item) {
	if t.table.End(r) < it.now-grace {
		t.table.FixEnd(r, it.now-grace)
		t.table.Reschedule(ref, r)
	}
}

// predecessor is what a new flow follows: the flow of its key that ended last.
type predecessor struct {
	ref  table.Ref // 0 where the table has none
	same int       // how many flows of the key the table has
}

// find returns the live flow that the packet belongs to, or 0 and what a new flow would follow.
//
// More than one flow of a key can be there: one that has ended takes late packets for a while,
// beside the one that came after it.
func (t *tracker) find(it *item) (table.Ref, predecessor) {
	same := t.table.Find(&it.key, it.hash)
	if len(same) == 0 {
		return 0, predecessor{}
	}
	ref, before := t.choose(it, same)
	return ref, predecessor{before, len(same)}
}

// choose picks among the flows of the packet's key, the newest first: the one that it belongs to,
// or 0, and the one that ended last.
func (t *tracker) choose(it *item, same []table.Ref) (ref, before table.Ref) {
	var last int64
	for _, at := range same {
		r := t.table.Load(at)
		end := t.table.End(r)
		reopened := r.Flags&table.Closed != 0 && !r.EndFixed() && it.newSYN() && !opened(r, it)
		over := it.time >= end || reopened || it.time < it.now-grace && t.apart(r, it.time)
		if over && ref == 0 {
			nearer := min(end, max(it.time, it.now-grace))
			t.table.FixEnd(r, nearer)
			t.table.Store(at, r)
			if nearer < end {
				end = nearer
				t.table.Reschedule(at, r)
			}
		}
		switch {
		case over || it.now-end > grace:
			if before == 0 || end > last {
				before, last = at, end
			}
		default:
			ref = at
		}
	}
	return ref, before
}

// opened reports whether the packet, a SYN, opened this flow and was recorded late: it is older than
// the flow, or the other side has acknowledged its number already.
func opened(r *table.Record, it *item) bool {
	return it.time < r.FirstTime() || r.Flags&(table.SYNSeen<<it.side) == 0 &&
		r.Packets[1-it.side] > 0 && r.InitialSeq(int(it.side)) == it.seq+1
}

// apart reports whether a packet that is far behind input time lies the idle timeout before the flow
// or after its last packet: where a clock was set back, flows end by their own gaps.
func (t *tracker) apart(r *table.Record, time int64) bool {
	idle := int64(t.shard.opt.IdleTimeout)
	return idle > 0 && (time < r.FirstTime()-idle || time >= t.table.OwnEnd(r))
}

// open makes a flow of the packet, and returns the record to fill and commit.
func (t *tracker) open(it *item, before predecessor) (table.Ref, *table.Record) {
	last := t.makeRoom(it, before)
	t.shard.countFlow(it.file)
	ref, r := t.table.Insert(&it.key, it.hash)
	r.SetNumber(it.number)
	r.Flags = it.link
	if it.link&table.HasMAC != 0 { // else they are those of an earlier packet
		r.MAC = it.mac
	}
	if (it.side == 1) != it.pingReply() {
		r.Flags |= table.SourceIsSecond
	}
	r.First[it.side], r.Last[it.side], r.Packets[it.side] = it.time, it.time, 1
	end := t.table.End(r)
	r.Packets[it.side] = 0
	if it.now-end > grace {
		t.shard.late++
		end = it.now - grace
		t.table.FixEnd(r, end)
	}
	t.table.Schedule(ref, end)
	t.begin(r, it, last)
	return ref, r
}

// begin gives a new flow what is known at once: the label of its IP protocol, where no payload can tell
// more, and what the conversation carries over from the flow of the same key that ended last, 0 for none.
func (t *tracker) begin(r *table.Record, it *item, last table.Ref) {
	proto := it.key.Protocol()
	if transportOf(proto) == 0 {
		if l, ok := t.shard.engine.ByNumber(proto); ok {
			r.SetLabel(l)
		}
		r.Flags |= table.Decided
	}
	var c carryOver
	ok := false
	if t.recent.mayContinue(it) {
		c, ok = t.recent.find(&it.key)
	}
	if last != 0 {
		if b := t.table.Load(last); !ok || t.table.End(b) >= c.end {
			c, ok = t.carryOver(b, t.table.End(b))
			t.table.Store(last, b)
		}
	}
	if ok {
		t.continueFlow(r, it, c)
	}
}

// trackTCP follows the opening and closing of a connection.
func (t *tracker) trackTCP(ref table.Ref, r *table.Record, it *item) {
	side := int(it.side)
	if it.tcp&tcpSYN != 0 {
		if r.Flags&(table.SYNSeen<<side|table.Decided) == 0 {
			r.Flags |= table.SYNSeen << side
			r.SetInitialSeq(side, it.seq+1)
		}
		if r.Flags&table.SourceCertain == 0 {
			source := side
			if it.tcp&tcpACK != 0 {
				source = 1 - side
			}
			r.SetSource(source)
			r.Flags |= table.SourceCertain
		}
	}
	// The answer to a SYN acknowledges the number after it (RFC 9293, section 3.10.7).
	answer := it.tcp&tcpACK != 0 && it.tcp&(tcpSYN|tcpRST) != 0
	if answer && r.Flags&(table.SYNSeen<<(1-side)|table.Decided) == 0 {
		r.SetInitialSeq(1-side, it.ack)
	}
	if it.tcp&tcpFIN != 0 {
		r.Flags |= table.FINSeen << side
	}
	const bothFIN = table.FINSeen | table.FINSeen<<1
	if r.Flags&table.Closed == 0 && (it.tcp&tcpRST != 0 || r.Flags&bothFIN == bothFIN) {
		r.Flags |= table.Closed
		t.table.Reschedule(ref, r)
	}
}

// ended is a flow that has ended, on its way to the merge.
type ended struct {
	table.Record
	end        int64
	origin     uint64 // number of the conversation's first packet
	began      int64  // its time
	info       classify.Info
	expiration Expiration
	failed     bool
}

// finish takes a flow, which is off the wheel, out of the table into e. At the end of the input the
// table is left as it is: nobody looks into it again.
func (t *tracker) finish(ref table.Ref, end int64, e *ended, last bool) {
	r := t.table.Load(ref)
	t.settle(r)
	if l, ok := t.shard.engine.ByNumber(r.Key.Protocol()); ok && r.Label().Master == 0 { // SCTP with an unknown payload
		r.SetLabel(l)
	}
	*e = ended{Record: *r, end: end, origin: r.Number(), began: r.FirstTime(), expiration: t.expiration(r, end)}
	if x := t.table.Extra(r); x != nil {
		e.info, e.failed = x.Info, x.Failed
		if x.Origin != 0 {
			e.origin, e.began = x.Origin, x.Began
		}
	}
	if last {
		return
	}
	if c, ok := t.carryOver(r, end); ok {
		t.recent.remember(&r.Key, c, t.shard.maxRecent)
	} else {
		t.recent.drop(&r.Key, end)
	}
	t.table.Remove(ref, r)
}

// expiration tells why a flow ends at end.
func (t *tracker) expiration(r *table.Record, end int64) Expiration {
	if t.table.EndsActive(r, end) {
		return ExpiredActive
	}
	return ExpiredIdle
}

// addrs returns the endpoints, source first.
func (e *ended) addrs() (src, dst netip.Addr, sport, dport uint16) {
	s := e.Source()
	src, sport = e.Key.Endpoint(s)
	dst, dport = e.Key.Endpoint(1 - s)
	return
}
