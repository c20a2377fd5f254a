package flows

import (
	"context"
	"encoding/binary"
	"testing"
	"time"

	"servmap/classify"
	"servmap/flows/decode"
	"servmap/flows/table"
)

// totalWork returns the work that was counted in the shard and its tables.
func (s *shard) totalWork() int {
	n := s.work
	for _, p := range s.parts {
		if p != nil {
			n += p.table.Work() + p.recent.work
		}
	}
	return n
}

// slowMatch is a protocol that needs two payloads of a flow, and never has enough if the first
// begins with an n.
var slowMatch = &classify.Protocol{Name: "SLOW", Transport: classify.UDP | classify.TCP, NoGuess: true, Recognise: func(p *classify.Probe) classify.Outcome {
	if h := p.History(); len(h) < 2 || h[0].Data[0] == 'n' {
		return classify.NeedMore
	}
	return classify.Match
}}

// onePartition holds source addresses whose flows belong to partition 0. It is kept since the
// search for them takes longer than the tests.
var onePartition [][16]byte

// inPartition returns a function that sets the source address of UDP packets from port 40000 to
// 192.0.2.1:5000: each time to another one whose flow belongs to partition 0.
func inPartition() func(d *decode.Packet) {
	next := 0
	return func(d *decode.Packet) {
		for n := uint32(0); next == len(onePartition); {
			if n == 0 && next > 0 {
				n = binary.BigEndian.Uint32(onePartition[next-1][:]) & 0xffffff
			}
			n++
			d.Src = [16]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}
			if k, _ := table.KeyOf(d); k.Partition() == 0 {
				onePartition = append(onePartition, d.Src)
			}
		}
		d.Src = onePartition[next]
		next++
	}
}

// hostile are inputs each of which is the worst for some table, list or buffer. make returns a
// function that makes d the nth packet. d is a UDP packet, each a millisecond after the one before.
var hostile = []struct {
	name string
	opt  func(*Options)
	make func() func(d *decode.Packet, n int)
}{
	{"one key opened and reset", nil, func() func(d *decode.Packet, n int) {
		return func(d *decode.Packet, n int) { tcpPacket(d, []uint8{tcpSYN, tcpRST}[n%2]) }
	}},
	{"one key opened and reset at one instant", nil, func() func(d *decode.Packet, n int) {
		return func(d *decode.Packet, n int) {
			tcpPacket(d, []uint8{tcpSYN, tcpRST}[n%2])
			d.Time = 1
		}
	}},
	{"one key opened and reset among many flows", nil, func() func(d *decode.Packet, n int) {
		return func(d *decode.Packet, n int) {
			if n%8 == 0 {
				d.Src = [16]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}
				return
			}
			tcpPacket(d, []uint8{tcpSYN, tcpRST}[n%2])
		}
	}},
	{"late packets of one key", nil, func() func(d *decode.Packet, n int) {
		return func(d *decode.Packet, n int) {
			if d.Time = int64(1000*second) + int64(n); n%2 == 1 {
				d.Time = int64(n)
			} else {
				d.SrcPort++
			}
		}
	}},
	{"late packets of one key, time goes on", nil, func() func(d *decode.Packet, n int) {
		return func(d *decode.Packet, n int) {
			if d.Time += 1000 * second; n%2 == 1 {
				d.Time -= 900 * second
			} else {
				d.SrcPort++
			}
		}
	}},
	{"IPv6 addresses that a hash without key loses", nil, func() func(d *decode.Packet, n int) {
		return func(d *decode.Packet, n int) {
			d.Version = 6
			d.Src = [16]byte{0x20, 1, 0xd, 0xb8, byte(n >> 16), byte(n >> 8), byte(n), 0, 0xd6, 0xe8, 0xfe, 0xb8, 0x66, 0x59, 0xfd, 0x93}
		}
	}},
	{"flows of one partition", nil, func() func(d *decode.Packet, n int) {
		next := inPartition()
		return func(d *decode.Packet, n int) { next(d) }
	}},
	{"flows of one partition that are evicted", func(o *Options) { o.MaxFlows = 512 * partitions }, func() func(d *decode.Packet, n int) {
		next := inPartition()
		return func(d *decode.Packet, n int) { next(d); d.Time /= 1000 }
	}},
	{"as many undecided flows as may be, and one more and less", nil, func() func(d *decode.Packet, n int) {
		next := inPartition()
		var last [16]byte
		return func(d *decode.Packet, n int) {
			d.Time /= 1000
			d.Payload, d.PayloadLen = []byte("never"), 5
			if n < maxUndecided-1 {
				next(d)
				return
			}
			if d.Payload, d.PayloadLen = []byte("x"), 1; n%2 == 1 {
				next(d)
				last = d.Src
			}
			d.Src = last
		}
	}},
	{"undecided flows, all of them", nil, func() func(d *decode.Packet, n int) {
		next := inPartition()
		return func(d *decode.Packet, n int) {
			next(d)
			d.Time /= 1000
			d.Payload, d.PayloadLen = []byte("never"), 5
		}
	}},
	{"undecided flows of many bytes", nil, func() func(d *decode.Packet, n int) {
		next := inPartition()
		payload := make([]byte, 1400)
		payload[0] = 'n'
		return func(d *decode.Packet, n int) {
			next(d)
			d.Payload, d.PayloadLen = payload, len(payload)
		}
	}},
	{"one key cut by the active timeout", func(o *Options) { o.ActiveTimeout = time.Second }, func() func(d *decode.Packet, n int) {
		return func(d *decode.Packet, n int) { d.Time *= 1000 }
	}},
	{"keys cut by the active timeout", func(o *Options) { o.ActiveTimeout, o.MaxFlows = time.Second, 64*partitions }, func() func(d *decode.Packet, n int) {
		next := inPartition()
		return func(d *decode.Packet, n int) { next(d); d.Time *= 10 }
	}},
	{"time that leaps", nil, func() func(d *decode.Packet, n int) {
		return func(d *decode.Packet, n int) {
			d.Src[3] = byte(n)
			d.Time *= 3_500_000
		}
	}},
	{"flows that never end, time that leaps", func(o *Options) { o.IdleTimeout, o.ActiveTimeout = 0, 0 }, func() func(d *decode.Packet, n int) {
		return func(d *decode.Packet, n int) {
			d.Src = [16]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}
			d.Time *= 600
		}
	}},
	{"hours of short flows", nil, func() func(d *decode.Packet, n int) {
		return func(d *decode.Packet, n int) {
			d.Src = [16]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}
			d.Time *= 300
		}
	}},
}

// tcpPacket makes d a segment with these flags.
func tcpPacket(d *decode.Packet, flags uint8) {
	d.Protocol, d.HasTCP, d.TCPFlags = protoTCP, true, flags
}

// TestWorkGrows runs each hostile input, and one of twice its length. The work, in entries visited,
// is little for each packet and grows no faster than the input.
func TestWorkGrows(t *testing.T) {
	e, err := classify.NewEngine([]*classify.Protocol{slowMatch}, classify.Config{})
	if err != nil {
		t.Fatal(err)
	}
	const packets = 10_000
	for _, test := range hostile {
		t.Run(test.name, func(t *testing.T) {
			work := func(packets int) int {
				opt := defaults()
				if test.opt != nil {
					test.opt(&opt)
				}
				in := &capture{opt: &opt}
				s := emptyTable(e, &opt)
				in.router = s
				make := test.make()
				for n := range packets {
					d := decode.Packet{
						Number: uint64(n + 1), Time: int64(n) * 1e6, OrigLen: 60, Kind: decode.IP, Version: 4,
						Src: [16]byte{10, 0, 0, 1}, Dst: [16]byte{192, 0, 2, 1}, SrcPort: 40000, DstPort: 5000, Protocol: protoUDP,
					}
					make(&d, n)
					in.put(&d, in.clock.tick(d.Time), nil)
					if (n+1)%checkEvery == 0 {
						if err := in.check(context.Background()); err != nil {
							t.Fatal(err)
						}
					}
				}
				return s.shard.totalWork()
			}
			once, twice := work(packets), work(2*packets)
			t.Logf("%.1f and %.1f a packet", float64(once)/packets, float64(twice)/packets/2)
			const most = 64
			if once > most*packets || twice > 2*most*packets || float64(twice) > 2.6*float64(once) {
				t.Errorf("work of %d for %d packets, %d for twice as many; want at most %d a packet and a ratio of 2.6", once, packets, twice, most)
			}
		})
	}
}
