package pcapio

import (
	"math/rand/v2"
	"testing"
)

// traffic returns a pcap and a pcapng with n packets of mixed sizes.
func traffic(n int) (pcap, ng []byte) {
	rng := rand.New(rand.NewPCG(1, 2))
	data := make([]byte, 1514)
	for i := range data {
		data[i] = byte(rng.Uint32())
	}
	p := newPcap(little, magicMicro, 2, 4, 262144, 1)
	g := (&ngBuilder{}).section(little).iface(1, 262144)
	for i := range n {
		size := 60
		if i%3 != 0 {
			size = 60 + rng.IntN(1455)
		}
		p.packet(1e9+uint32(i/1000), uint32(i%1000)*1000, string(data[:size]))
		g.packet(0, 1e15+uint64(i)*1000, string(data[:size]))
	}
	return p.b, g.b
}

// small returns a pcap of n packets of 60 bytes.
func small(n int) []byte {
	p := newPcap(little, magicMicro, 2, 4, 262144, 1)
	data := string(make([]byte, 60))
	for i := range n {
		p.packet(1e9+uint32(i/1000), uint32(i%1000)*1000, data)
	}
	return p.b
}

// BenchmarkNext reads a capture of 200,000 packets from the page cache; an
// operation is a packet.
func BenchmarkNext(b *testing.B) {
	const packets = 200_000
	pcap, ng := traffic(packets)
	mixed := int64(len(pcap) / packets) // of a packet, its record's header included
	for _, c := range []struct {
		name string
		data []byte
		size int64
		opt  Options
	}{
		{"pcap", pcap, mixed, Options{}},
		{"pcap, small packets", small(packets), 76, Options{}},
		{"pcap with digest", pcap, mixed, Options{Hash: true}},
		{"pcapng", ng, int64(len(ng) / packets), Options{}},
		{"pcap.gz", pack(b, "gz", pcap), mixed, Options{}},
		{"pcap.zst", pack(b, "zst", pcap), mixed, Options{}},
	} {
		b.Run(c.name, func(b *testing.B) {
			path := write(b, "capture", c.data)
			b.SetBytes(c.size)
			b.ReportAllocs()
			r := reopen(b, nil, path, c.opt)
			var p Packet
			b.ResetTimer()
			for range b.N {
				for r.Next(&p) != nil {
					r = reopen(b, r, path, c.opt)
				}
			}
			r.Close()
		})
	}
}

// reopen closes the reader, if there is one, and opens the capture again.
func reopen(b *testing.B, r *Reader, path string, opt Options) *Reader {
	b.Helper()
	if r != nil {
		r.Close()
	}
	r, err := Open([]string{path}, opt)
	if err != nil {
		b.Fatal(err)
	}
	return r
}
