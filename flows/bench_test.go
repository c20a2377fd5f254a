package flows

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"servmap/classify"
	"servmap/flows/decode"
	"servmap/flows/table"
	"servmap/pcapio"
)

// probe makes d the nth of single packets that nobody answers: a SYN, or a
// datagram where payload is not empty. Every one is a flow of its own.
func probe(d *decode.Packet, n int, time int64, payload []byte) {
	*d = decode.Packet{
		Number: uint64(n + 1), Time: time, OrigLen: 60, Kind: decode.IP, Version: 4,
		Src: [16]byte{192, 0, 2, 1}, SrcPort: 40000, DstPort: 443,
		Protocol: protoTCP, HasTCP: true, TCPFlags: tcpSYN, HasMAC: true,
	}
	binary.BigEndian.PutUint32(d.Dst[:], 10<<24|uint32(n)&0xffffff)
	d.SrcPort += uint16(n >> 24)
	if len(payload) > 0 {
		d.Protocol, d.HasTCP, d.TCPFlags, d.DstPort = protoUDP, false, 0, 53
		d.OrigLen, d.PayloadLen, d.Payload = 42+len(payload), len(payload), payload
	}
}

// emptyTable returns a table of flows that hands nothing out.
func emptyTable(e *classify.Engine, opt *Options) *serial {
	return newSerial(opt, e, newMerger(e, func(*Flow) error { return nil }))
}

// heap returns the bytes of live objects on the heap.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // what the first one has only emptied: pools
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// bytesPerFlow returns what a live flow of one packet costs where there are n of
// them, all of the table's own included.
func bytesPerFlow(e *classify.Engine, n int, payload []byte) float64 {
	opt := defaults()
	before := heap()
	s := emptyTable(e, &opt)
	var d decode.Packet
	for i := range n {
		probe(&d, i, int64(i)*50_000, payload)
		s.put(&d, d.Time, 0, nil)
	}
	cost := heap() - before
	runtime.KeepAlive(s)
	return float64(cost) / float64(n)
}

// TestMemoryOfProbe limits the memory of a probe that nobody answers to a little more than the 72
// bytes that COST.md states.
func TestMemoryOfProbe(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 150 MB")
	}
	const most = 80
	if cost := bytesPerFlow(testEngine(t), 1_000_000, nil); cost > most {
		t.Errorf("a flow of one packet costs %.1f bytes, want at most %d", cost, most)
	}
}

// BenchmarkMemory measures the bytes that a live flow of one packet costs; an
// operation is such a flow.
func BenchmarkMemory(b *testing.B) {
	e := allProtocols(b)
	for _, c := range []struct{ name, payload string }{
		{"SYN", ""},
		{"DNS query", query},
		{"unknown datagram", "\x9b\xe3zorch\xd5\xf1\x8a\xc4"},
	} {
		b.Run(c.name, func(b *testing.B) {
			const n = 200_000
			b.ReportAllocs()
			b.SetBytes(n * 60)
			var cost float64
			for range b.N {
				cost = bytesPerFlow(e, n, []byte(c.payload))
			}
			b.ReportMetric(cost, "bytes/flow")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/flow")
		})
	}
}

// BenchmarkKnown counts a packet in a flow that the table knows and has
// decided; an operation is a packet. The flows take turns, so that the larger
// number of them is out of the processor's caches.
func BenchmarkKnown(b *testing.B) {
	for _, flows := range []int{16, 1000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(flows), func(b *testing.B) {
			opt := defaults()
			s := emptyTable(testEngine(b), &opt)
			var d decode.Packet
			for i := range flows {
				probe(&d, i, 1, []byte("HELLO"))
				s.put(&d, 1, 0, nil)
			}
			b.SetBytes(int64(d.OrigLen))
			b.ReportAllocs()
			at, n := int64(1), 0
			for b.Loop() {
				at++
				d.Number, d.Time = uint64(flows)+uint64(at), at
				binary.BigEndian.PutUint32(d.Dst[:], 10<<24|uint32(n))
				if n++; n == flows {
					n = 0
				}
				s.put(&d, at, 0, nil)
			}
		})
	}
}

// BenchmarkNew makes a flow of each packet and ends none; the table begins
// anew after a million. An operation is a flow.
func BenchmarkNew(b *testing.B) {
	const most = 1_000_000
	opt, e := defaults(), testEngine(b)
	s := emptyTable(e, &opt)
	var d decode.Packet
	b.SetBytes(60)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if n == most {
			n, s = 0, emptyTable(e, &opt)
		}
		probe(&d, n, 1, nil)
		s.put(&d, 1, 0, nil)
		n++
	}
}

// BenchmarkProbes makes a flow of each packet, 20,000 in a second of input time,
// and lets them end after 10 s: the whole way of such a flow through the table
// and the merge. An operation is a flow.
func BenchmarkProbes(b *testing.B) {
	for _, c := range []struct{ name, payload string }{{"SYN", ""}, {"DNS query", query}} {
		b.Run(c.name, func(b *testing.B) {
			const rate = 20_000
			opt := Options{IdleTimeout: 10 * time.Second}
			s := emptyTable(allProtocols(b), &opt)
			payload := []byte(c.payload)
			var d decode.Packet
			b.SetBytes(60)
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				at := int64(n) * second / rate
				probe(&d, n, at, payload)
				s.put(&d, at, 0, nil)
				if n++; n%rate == 0 {
					if err := s.sweep(table.FloorSecond(at - grace)); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// repeated writes a capture in which the conversations of the project's
// captures come so many times, each time from other local addresses, and
// returns its path, its length and the packets in it.
func repeated(b *testing.B, times int) (path string, size int64, packets int) {
	b.Helper()
	const step = 20_000_000 // ns from one repetition to the next
	var all []pcapio.Packet
	for _, name := range []string{"baseline.pcap", "suspect.pcap"} {
		r, err := pcapio.Open([]string{"../testdata/" + name}, pcapio.Options{})
		if err != nil {
			b.Fatal(err)
		}
		for {
			var p pcapio.Packet
			if err := r.Next(&p); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
			p.Data = append([]byte(nil), p.Data...)
			all = append(all, p)
		}
		r.Close()
	}
	out := binary.LittleEndian.AppendUint32(nil, 0xa1b23c4d) // times in nanoseconds
	out = append(out, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	out = binary.LittleEndian.AppendUint32(out, 262144)
	out = binary.LittleEndian.AppendUint32(out, 1)
	begin := all[0].Time
	for n := range times {
		for _, p := range all {
			at := begin + int64(n)*step + (p.Time-begin)/1000
			for _, v := range []int64{at / second, at % second, int64(len(p.Data)), int64(p.OrigLen)} {
				out = binary.LittleEndian.AppendUint32(out, uint32(v))
			}
			out = append(out, p.Data...)
			moveLocal(out[len(out)-len(p.Data):], n)
		}
	}
	path = filepath.Join(b.TempDir(), "repeated.pcap")
	if err := os.WriteFile(path, out, 0o600); err != nil {
		b.Fatal(err)
	}
	return path, int64(len(out)), len(all) * times
}

// moveLocal gives the hosts of 10.42.0.0/24 in an Ethernet frame addresses of the
// nth network after it.
func moveLocal(frame []byte, n int) {
	if len(frame) < 34 || frame[12] != 8 || frame[13] != 0 {
		return
	}
	for _, at := range []int{26, 30} {
		if a := frame[at : at+4]; a[0] == 10 && a[1] == 42 && a[2] == 0 {
			a[1], a[2] = byte(42+n>>8), byte(n)
		}
	}
}

// BenchmarkRun reads a capture of 56,800 packets from the page cache and makes
// flows of them, with all protocols; an operation is the whole capture.
func BenchmarkRun(b *testing.B) {
	path, size, packets := repeated(b, 100)
	e := allProtocols(b)
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			opt := defaults()
			opt.Workers, opt.Tunnels = workers, true
			b.SetBytes(size)
			b.ReportAllocs()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for range b.N {
				r, err := pcapio.Open([]string{path}, pcapio.Options{})
				if err != nil {
					b.Fatal(err)
				}
				st, err := Run(context.Background(), r, e, opt, func(*Flow) error { return nil })
				if err != nil || st.Packets != uint64(packets) {
					b.Fatalf("%d packets of %d, %v", st.Packets, packets, err)
				}
				r.Close()
			}
			runtime.ReadMemStats(&after)
			total := float64(b.N) * float64(packets)
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/total, "ns/packet")
			b.ReportMetric(float64(after.Mallocs-before.Mallocs)/total, "allocs/packet")
		})
	}
}
