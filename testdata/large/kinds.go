package main

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"slices"
)

// mix begins the conversations anew in every period, of which each is so long
// that all together make 30,000 packets a second. The order of packets within a
// period is the same in each, so it is found once: a packet that comes after
// more than a period belongs to a household that began some periods before.
func mix(w *writer, packets []packet) error {
	period := int64(len(packets)) * second / 30_000
	order := slices.Clone(packets)
	slices.SortStableFunc(order, func(a, b packet) int {
		return cmp.Or(cmp.Compare(a.after%period, b.after%period), cmp.Compare(a.after, b.after))
	})
	frame := make([]byte, 1<<16)
	for n := 0; ; n++ {
		for _, p := range order {
			household := n - int(p.after/period)
			if household < 0 {
				continue
			}
			if p.opens {
				w.flows++
			}
			if w.full() {
				return nil
			}
			f := frame[:copy(frame, p.frame)]
			move(f, household)
			w.packet(int64(n)*period+p.after%period, f)
		}
	}
}

// connection is one of elephant's: what it begins with, and then where both
// directions stand.
type connection struct {
	opening   []packet
	household int
	data, ack []byte // frames: a segment of the side that sends, and the answer
}

const (
	connections = 160
	segment     = 1460 // bytes of a full segment's payload
	burst       = 8    // segments that a connection sends before the next one's turn
	gap         = second / 50_000
)

// elephant plays the openings, and then lets the connections send in turn.
func elephant(w *writer, packets []packet) error {
	all, err := openings(packets)
	if err != nil {
		return err
	}
	random := rand.NewChaCha8([32]byte{'e', 'l', 'e', 'p', 'h', 'a', 'n', 't'})
	noise := make([]byte, 1<<16)
	random.Read(noise)
	at := int64(0)
	put := func(f []byte) {
		w.packet(at, f)
		at += gap
	}
	for _, c := range all {
		for _, p := range c.opening {
			f := slices.Clone(p.frame)
			move(f, c.household)
			put(f)
		}
	}
	for turn := 0; !w.full(); turn++ {
		c := all[turn%len(all)]
		for n := range burst {
			copy(c.data[atPorts+20:], noise[(turn*burst+n)*67%(len(noise)-segment):])
			put(c.data)
			seq := be.Uint32(c.data[atSeq:]) + segment
			be.PutUint32(c.data[atSeq:], seq)
			if n%2 == 1 {
				be.PutUint32(c.ack[atAck:], seq)
				put(c.ack)
			}
		}
	}
	return nil
}

// openings returns the connections: the captures' own in turn, up to where one
// side closes.
func openings(packets []packet) ([]*connection, error) {
	of := map[conversation][]packet{}
	var order []conversation
	over := map[conversation]bool{}
	for _, p := range packets {
		if p.frame[atProto] != protoTCP {
			continue
		}
		k := conversationOf(p.frame)
		if p.opens {
			order = append(order, k)
		}
		over[k] = over[k] || p.frame[atFlags]&(fin|rst) != 0
		if !over[k] {
			of[k] = append(of[k], p)
		}
	}
	order = slices.DeleteFunc(order, func(k conversation) bool { return len(of[k]) < 6 })
	if len(order) == 0 {
		return nil, errors.New("no TCP connections in the captures")
	}
	var all []*connection
	for n := range connections {
		c := &connection{opening: of[order[n%len(order)]], household: n}
		c.prepare()
		all = append(all, c)
	}
	return all, nil
}

// prepare makes the frames with which the connection goes on. The side that
// sent the largest packet of its opening sends.
func (c *connection) prepare() {
	largest := c.opening[0].frame
	next := map[conversation]uint32{} // by the sender's end alone
	for _, p := range c.opening {
		if len(p.frame) > len(largest) {
			largest = p.frame
		}
		from, end := sender(p.frame), endOf(p.frame)
		if before, ok := next[from]; !ok || int32(end-before) > 0 { // not a retransmission
			next[from] = end
		}
	}
	there := plain(largest)
	back := plain(largest)
	swap(back, 0, 6, 6)
	swap(back, atSrc, atDst, 4)
	swap(back, atPorts, atPorts+2, 2)
	here, other := next[sender(there)], next[sender(back)]
	be.PutUint32(there[atSeq:], here)
	be.PutUint32(there[atAck:], other)
	be.PutUint32(back[atSeq:], other)
	be.PutUint32(back[atAck:], here)
	c.data = resize(there, segment)
	c.ack = resize(back, 0)
	move(c.data, c.household)
	move(c.ack, c.household)
}

// sender is a frame's sending end.
func sender(f []byte) (k conversation) {
	copy(k.a[:], f[atSrc:atSrc+4])
	copy(k.a[4:], f[atPorts:atPorts+2])
	return k
}

// endOf is the sequence number after a TCP segment (RFC 9293, section 3.4).
func endOf(f []byte) uint32 {
	end := be.Uint32(f[atSeq:]) + uint32(be.Uint16(f[atIP+2:])) - 20 - uint32(f[atPorts+12]>>4*4)
	if f[atFlags]&syn != 0 {
		end++
	}
	return end
}

// plain returns the headers of a TCP frame without options.
func plain(f []byte) []byte {
	out := slices.Clone(f[:atPorts+20])
	out[atPorts+12] = 5 << 4
	out[atFlags] = ack
	return out
}

// resize appends room for a payload and says so in the IP header.
func resize(f []byte, payload int) []byte {
	f = append(f, make([]byte, payload)...)
	be.PutUint16(f[atIP+2:], uint16(len(f)-atIP))
	if payload > 0 {
		f[atFlags] |= psh
	}
	return f
}

func swap(f []byte, i, j, n int) {
	for k := range n {
		f[i+k], f[j+k] = f[j+k], f[i+k]
	}
}

// scan sends from three hosts to one address after the other. Every fourth
// probe is a DNS query of the captures.
func scan(w *writer, packets []packet) error {
	query := firstQuery(packets)
	if query == nil {
		return errors.New("no DNS query in the captures")
	}
	probe := make([]byte, 60) // the least that Ethernet sends, checksum apart
	copy(probe, query[:atIP])
	copy(probe[atIP:], []byte{0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, protoTCP})
	probe[atPorts+12] = 5 << 4
	ports := []uint16{22, 23, 80, 443, 445, 1433, 3306, 3389, 5900, 8080}
	at := int64(0)
	for n := uint32(0); ; n++ {
		w.flows++
		if w.full() {
			return nil
		}
		// Odd times a number runs through all addresses before one comes again.
		target := 10<<24 | n*2654435761&0xffffff
		f := probe
		if n%4 == 3 {
			f = query
		}
		be.PutUint32(f[atSrc:], 203<<24|113<<8|n%3+1)
		be.PutUint32(f[atDst:], target)
		be.PutUint16(f[atPorts:], uint16(32768+n%28232))
		if n%4 != 3 {
			be.PutUint16(f[atPorts+2:], ports[n>>4%uint32(len(ports))])
			be.PutUint32(f[atSeq:], n*2246822519)
			be.PutUint32(f[atAck:], 0)
			f[atFlags] = syn
		} else {
			be.PutUint16(f[atPorts+8:], uint16(n)) // the query's number (RFC 1035, section 4.1.1)
		}
		w.packet(at, f)
		at += second / 20_000
		if n%8 == 0 {
			refuse(w, probe, at)
			at += second / 20_000
		}
	}
}

// refuse writes the RST that answers the probe.
func refuse(w *writer, probe []byte, at int64) {
	f := slices.Clone(probe)
	swap(f, 0, 6, 6)
	swap(f, atSrc, atDst, 4)
	swap(f, atPorts, atPorts+2, 2)
	be.PutUint32(f[atAck:], be.Uint32(probe[atSeq:])+1)
	be.PutUint32(f[atSeq:], 0)
	f[atFlags] = rst | ack
	w.packet(at, f)
}

// firstQuery returns a copy of the captures' first DNS query.
func firstQuery(packets []packet) []byte {
	for _, p := range packets {
		if p.frame[atProto] == protoUDP && be.Uint16(p.frame[atPorts+2:]) == 53 {
			return slices.Clone(p.frame)
		}
	}
	return nil
}
