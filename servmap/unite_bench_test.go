package servmap

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"servmap/classify"
	"servmap/servmap/identity"
)

// manyMaps returns the files of maps that each learned a capture of a network of 400 hosts: 1,000 pairs of
// some 3,000, with 1.5 services on average.
func manyMaps(t testing.TB, n int) [][]byte {
	t.Helper()
	apps := []string{"TLS", "DNS", "HTTP", "TLS.Google", "QUIC.YouTube", "NTP", "SSH"}
	var out [][]byte
	for i := range n {
		r := rand.New(rand.NewPCG(uint64(i), 1))
		m := NewMap(Settings{})
		l := NewLearner(m, NewPerimeter(m.Meta.Settings))
		for m.pairs.pairs.n < 1000 {
			src, dst := ipOf(byte(1+r.IntN(200))), []string{"10.0.0.9", "192.0.2.1", fmt.Sprintf("10.0.1.%d", r.IntN(16))}[r.IntN(3)]
			f := flow(src.String(), dst, apps[r.IntN(len(apps))], uint64(100+r.IntN(10000)))
			f.Src2Dst.First = int64(i)*day + int64(r.IntN(day))
			f.Dst2Src.First, f.Src2Dst.Last, f.Dst2Src.Last = f.Src2Dst.First, f.Src2Dst.First, f.Src2Dst.First
			f.Answered, f.Confidence, f.DstPort = true, classify.ByPayload, 443
			f.Info = classify.Found{ServerName: fmt.Sprintf("www%d.example.com", r.IntN(50))}.Info()
			f.HasMAC, f.SrcMAC = true, identity.MAC{2, 0, 0, 0, 0, src.AsSlice()[3]}
			l.Learn(f)
		}
		c := Capture{Name: fmt.Sprintf("%d.pcap", i), SHA256: fmt.Sprintf("%064x", i*7919), Flows: l.Flows, First: time.Unix(int64(i), 0).UTC(), Last: time.Unix(int64(i), 0).UTC()}
		m.Meta.Add(c)
		l.Finish([]Capture{c})
		out = append(out, []byte(mapText(t, m)))
	}
	return out
}

// BenchmarkMerge reads and unites 200 maps.
func BenchmarkMerge(b *testing.B) {
	files := manyMaps(b, 200)
	size := 0
	for _, f := range files {
		size += len(f)
	}
	b.SetBytes(int64(size))
	for b.Loop() {
		var u *Union
		for _, f := range files {
			m, err := Parse("map", f)
			if err != nil {
				b.Fatal(err)
			}
			if u == nil {
				u = NewUnion(m)
			} else if err := u.Add(m); err != nil {
				b.Fatal(err)
			}
		}
		u.Finish()
	}
}
