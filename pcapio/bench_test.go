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
	pcap, ng := traffic(200_000)
	for _, c := range []struct {
		name string
		data []byte
		opt  Options
	}{
		{"pcap", pcap, Options{}},
		{"pcap, small packets", small(200_000), Options{}},
		{"pcap with digest", pcap, Options{Hash: true}},
		{"pcapng", ng, Options{}},
		{"pcap.gz", pack(b, "gz", pcap), Options{}},
		{"pcap.zst", pack(b, "zst", pcap), Options{}},
	} {
		b.Run(c.name, func(b *testing.B) {
			path := write(b, "capture", c.data)
			b.ReportAllocs()
			var p Packet
			var r *Reader
			for range b.N {
				if r != nil && r.Next(&p) == nil {
					continue
				}
				if r != nil {
					r.Close()
				}
				var err error
				if r, err = Open([]string{path}, c.opt); err != nil {
					b.Fatal(err)
				}
			}
			r.Close()
		})
	}
}
