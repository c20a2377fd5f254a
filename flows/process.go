package flows

import (
	"net/netip"

	"servmap/classify"
	"servmap/flows/decode"
)

// TCP flags (RFC 9293, section 3.1).
const (
	tcpFIN = 0x01
	tcpSYN = 0x02
	tcpRST = 0x04
	tcpACK = 0x10
)

// Numbers of the IP protocols whose payloads are looked at.
const (
	protoICMP   = 1
	protoTCP    = 6
	protoUDP    = 17
	protoICMPv6 = 58
	protoSCTP   = 132
)

// item is one packet as it reaches the partition of its flow.
type item struct {
	key    Key
	hash   uint64
	time   int64
	now    int64 // input time, this packet counted
	number uint64
	wire   uint32
	file   uint32 // place of its capture among the inputs
	length uint32 // of the payload on the wire
	seq    uint32
	ack    uint32
	side   uint8 // of the key, that sent it
	tcp    uint8 // TCP flags
	link   flag  // hasMAC, toBroadcast
	mac    [2][6]byte
	data   []byte // payload
}

// set fills an item, whose key and hash are set, from decoded headers. second
// tells that the key's second endpoint sent the packet.
func (it *item) set(d *decode.Packet, second bool, now int64, file uint32) {
	it.time, it.now, it.number, it.wire, it.file = d.Time, now, d.Number, uint32(d.OrigLen), file
	it.length, it.seq, it.ack, it.tcp = uint32(d.PayloadLen), d.Seq, d.Ack, d.TCPFlags
	it.side = 0
	if second {
		it.side = 1
	}
	it.link = 0
	if d.HasMAC {
		it.link = hasMAC
		it.mac[it.side], it.mac[1-it.side] = d.SrcMAC, d.DstMAC
	}
	if d.Broadcast {
		it.link |= toBroadcast
	}
	it.data = d.Payload
}

// process finds or makes the packet's flow and counts the packet there.
func (p *partition) process(it *item) {
	if p.states >= maxUndecided || p.held > maxHeld/2 {
		p.expire(it.now) // see evict.go
	}
	i, before := p.find(it)
	var r *record
	fresh := i == 0
	switch {
	case fresh:
		i, r = p.open(it, before)
	case isSingle(i):
		i, r = p.promote(i, p.look(i))
	default:
		r = p.records.at(i)
	}
	r.count(int(it.side), it.time, uint64(it.wire))
	if it.key.Protocol() == protoTCP {
		p.trackTCP(i, r, it)
	}
	if it.time < it.now-grace {
		p.keepOrder(i, r, it)
	}
	if r.flags&decided == 0 && len(it.data) > 0 {
		r.flags |= sawPayload
		p.classify(i, r, it)
	}
	if fresh && isSingle(i) {
		p.seal(i, r)
	}
}

// keepOrder sees to it that a very old packet does not move a flow's end to an
// instant before which all flows may have been handed out already.
func (p *partition) keepOrder(i uint32, r *record, it *item) {
	if p.end(r) < it.now-grace {
		p.fixEnd(r, it.now-grace)
		p.moved(i, r)
	}
}

// maxSame is how many flows of one key can be found at once. A key that is used again and again within the
// grace time has more; of those, the ones that ended first take no late packets.
const maxSame = 8

// find returns the live flow that the packet belongs to, or 0. before is then
// the flow of the same key that ended last, if the table still has it.
//
// More than one flow of a key can be there: one that has ended takes older
// packets for a while, beside the one that came after it.
func (p *partition) find(it *item) (i, before uint32) {
	x, tag, passed := &p.index, tagOf(it.hash), 0
	same := p.t.found[:0]
	for at := x.start(it.hash); x.words[at] != 0; at = x.after(at) {
		w := x.words[at]
		if w&^maxRecords == tag && w&maxRecords != 0 && p.has(w&maxRecords, &it.key) {
			same = append(same, w&maxRecords)
		}
		passed++
	}
	p.t.work += passed
	if len(same) == 0 {
		return 0, 0
	}
	for n := 1; n < len(same); n++ { // the newest first
		for m := n; m > 0 && p.numberOf(same[m-1]) < p.numberOf(same[m]); m-- {
			same[m-1], same[m] = same[m], same[m-1]
		}
	}
	if i, before = p.choose(it, same); i == 0 {
		p.t.same = len(same)
	}
	return i, before
}

// choose picks among the flows of the packet's key, the newest first.
func (p *partition) choose(it *item, same []uint32) (i, before uint32) {
	var last int64
	for _, at := range same {
		r := p.look(at)
		end := p.end(r)
		over := it.time >= end || r.flags&(closed|fixedEnd) == closed && newSYN(it) && !r.awaits(it)
		if over && i == 0 {
			nearer := min(end, max(it.time, it.now-grace))
			p.fixEnd(r, nearer)
			p.keep(at, r)
			if nearer < end {
				end = nearer
				p.moved(at, r)
			}
		}
		switch {
		case over || it.now-end > grace:
			if before == 0 || end > last {
				before, last = at, end
			}
		default:
			i = at
		}
	}
	return i, before
}

// newSYN reports whether the packet opens a TCP connection.
func newSYN(it *item) bool { return it.tcp&(tcpSYN|tcpACK|tcpRST) == tcpSYN }

// awaits reports whether the packet, a SYN, is the one that the flow's other side has answered already: it
// was recorded too late.
func (r *record) awaits(it *item) bool {
	return r.flags&(synFirst<<it.side|decided) == 0 && r.packets[1-it.side] > 0 && r.word[it.side] == it.seq+1
}

// open makes a flow of the packet, and returns the record to fill; that of a single is to be sealed.
// before is the flow of the same key that ended before it, 0 for none.
func (p *partition) open(it *item, before uint32) (uint32, *record) {
	before = p.makeWay(it, before)
	if p.index.full() {
		p.reindex()
	}
	p.t.count(it.file)
	i, r := p.alloc(&it.key)
	p.index.add(it.hash, i)
	r.key = it.key
	r.setNumber(it.number)
	r.flags = it.link
	if it.link&hasMAC != 0 { // else they are those of an earlier packet
		r.mac = it.mac
	}
	if (it.side == 1) != it.pingReply() {
		r.flags |= sourceIsSecond
	}
	r.first[it.side], r.last[it.side], r.packets[it.side] = it.time, it.time, 1
	end := p.end(r)
	r.packets[it.side] = 0
	if it.now-end > grace {
		p.t.late++
		end = it.now - grace
		p.fixEnd(r, end)
	}
	p.place(i, end)
	p.begin(r, it, before)
	return i, r
}

// pingReply reports whether the packet is the answer to a ping: an ICMP echo,
// timestamp, information or address mask reply (RFC 792; RFC 950, appendix I), or an ICMPv6
// echo reply (RFC 4443, section 4.2). Who sends it did not open the conversation.
func (it *item) pingReply() bool {
	if len(it.data) == 0 {
		return false
	}
	switch kind := it.data[0]; it.key.Protocol() {
	case protoICMP:
		return kind == 0 || kind == 14 || kind == 16 || kind == 18
	case protoICMPv6:
		return kind == 129
	}
	return false
}

// begin gives a new flow what can be known at once: the label of its IP
// protocol, and what the flow before it on the same key handed on.
func (p *partition) begin(r *record, it *item, before uint32) {
	proto := it.key.Protocol()
	if l, ok := p.t.engine.ByNumber(proto); ok {
		r.setLabel(l)
	} else if proto != protoTCP && proto != protoUDP && proto != protoSCTP {
		r.flags |= decided
	}
	var h heritage
	ok := false
	if p.past.mayMatter(it) {
		h, ok = p.past.find(&it.key)
	}
	if before != 0 {
		if b := p.look(before); !ok || p.end(b) >= h.end {
			h, ok = p.heritage(b, p.end(b))
			p.keep(before, b)
		}
	}
	if ok {
		p.inherit(r, it, h)
	}
}

// trackTCP follows the opening and closing of a connection.
func (p *partition) trackTCP(i uint32, r *record, it *item) {
	side := int(it.side)
	if it.tcp&tcpSYN != 0 {
		if r.flags&(synFirst<<side) == 0 && r.flags&decided == 0 {
			r.flags |= synFirst << side
			r.word[side] = it.seq + 1
		}
		if r.flags&sourceCertain == 0 {
			source := side
			if it.tcp&tcpACK != 0 {
				source = 1 - side
			}
			r.setSource(source)
			r.flags |= sourceCertain
		}
	}
	// Who answers a SYN acknowledges the number after it (RFC 9293, section 3.10.7).
	if it.tcp&tcpACK != 0 && it.tcp&(tcpSYN|tcpRST) != 0 && r.flags&(synFirst<<(1-side)|decided) == 0 {
		r.word[1-side] = it.ack
	}
	if it.tcp&tcpFIN != 0 {
		r.flags |= finFirst << side
	}
	if r.flags&closed == 0 && (it.tcp&tcpRST != 0 || r.flags&(finFirst|finSecond) == finFirst|finSecond) {
		r.flags |= closed
		p.moved(i, r)
	}
}

// setSource makes a side of the key the flow's source.
func (r *record) setSource(side int) {
	r.flags &^= sourceIsSecond
	if side == 1 {
		r.flags |= sourceIsSecond
	}
}

// ended is a flow that has ended, on its way to the merge.
type ended struct {
	record
	end        int64
	origin     uint64
	info       classify.Info
	expiration Expiration
	failed     bool
}

// finish takes a flow out of the table into e. Its slot of the wheel is the
// caller's. Where the input is at its end, the table is left as it is: nobody
// will look into it again.
func (p *partition) finish(i uint32, end int64, e *ended, last bool) {
	r := p.look(i)
	if r.extra != 0 {
		p.settle(r)
	}
	*e = ended{record: *r, end: end, origin: r.number(), expiration: p.expiration(r, end)}
	if r.extra != 0 {
		x := p.t.extras.at(r.extra)
		e.info, e.failed = x.info, x.failed
		if x.origin != 0 {
			e.origin = x.origin
		}
	}
	if last {
		return
	}
	if h, ok := p.heritage(r, end); ok {
		p.past.remember(&r.key, h, p.t.mostPast)
	} else {
		p.past.drop(&r.key, end)
	}
	p.drop(i, r)
}

// addrs returns the endpoints, source first.
func (e *ended) addrs() (src, dst netip.Addr, sport, dport uint16) {
	s := e.source()
	src, sport = e.key.Endpoint(s)
	dst, dport = e.key.Endpoint(1 - s)
	return
}
