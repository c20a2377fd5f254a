package protocols

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"servmap/classify"
)

// BenchmarkVectors classifies the conversations of testdata from the first
// payload to the label; an operation is all of them.
func BenchmarkVectors(b *testing.B) {
	e := newEngine(b)
	c := e.NewClassifier()
	vectors := readVectors(b)
	for _, t := range []classify.Transport{classify.TCP, classify.UDP} {
		b.Run(t.String(), func(b *testing.B) {
			var all []*vector
			var size int64
			payloads := 0
			for _, v := range vectors {
				if v.transport != t {
					continue
				}
				all = append(all, v)
				payloads += len(v.payloads)
				for _, p := range v.payloads {
					size += int64(len(p.Data))
				}
			}
			if payloads == 0 {
				b.Fatal("no payloads")
			}
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				for _, v := range all {
					classifyVector(c, e, v, v.payloads)
					c.Hints = c.Hints[:0]
				}
			}
			perPayload(b, payloads)
		})
	}
}

// BenchmarkUndecided shows payloads that no recogniser knows: every one is
// asked, and what they wait for is kept. An operation is a flow.
func BenchmarkUndecided(b *testing.B) {
	e := newEngine(b)
	c := e.NewClassifier()
	r := rand.New(rand.NewPCG(1, 2))
	for _, t := range []classify.Transport{classify.TCP, classify.UDP} {
		for _, kind := range []struct {
			name      string
			flow, len int
		}{{"one payload", 1, 60}, {"four payloads", 4, 60}, {"four large payloads", 4, 1400}} {
			b.Run(t.String()+", "+kind.name, func(b *testing.B) {
				flows := make([]*vector, 512)
				for i := range flows {
					flows[i] = noise(r, t, kind.flow, kind.len)
				}
				b.SetBytes(int64(kind.flow * kind.len))
				b.ReportAllocs()
				n := 0
				for b.Loop() {
					v := flows[n%len(flows)]
					classifyVector(c, e, v, v.payloads)
					n++
				}
				perPayload(b, kind.flow)
			})
		}
	}
}

// BenchmarkFirstByte shows one payload that no recogniser knows, of flows whose first bytes have the same
// high half: how many recognisers are asked depends on that byte.
func BenchmarkFirstByte(b *testing.B) {
	e := newEngine(b)
	c := e.NewClassifier()
	r := rand.New(rand.NewPCG(1, 2))
	for _, t := range []classify.Transport{classify.TCP, classify.UDP} {
		for high := range 16 {
			b.Run(fmt.Sprintf("%v, %x0 to %xf", t, high, high), func(b *testing.B) {
				flows := make([]*vector, 256)
				for i := range flows {
					flows[i] = noise(r, t, 1, 60)
					flows[i].payloads[0].Data[0] = byte(high<<4 | i&15)
				}
				n := 0
				for b.Loop() {
					v := flows[n%len(flows)]
					classifyVector(c, e, v, v.payloads)
					n++
				}
			})
		}
	}
}

// perPayload reports the time of one of the payloads of an operation.
func perPayload(b *testing.B, payloads int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(payloads), "ns/payload")
}

// noise returns a conversation of random bytes, both sides in turn.
func noise(r *rand.Rand, t classify.Transport, payloads, length int) *vector {
	v := &vector{transport: t, ports: [2]uint16{uint16(40000 + r.IntN(20000)), uint16(20000 + r.IntN(20000))}}
	for n := range payloads {
		data := make([]byte, length)
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		v.payloads = append(v.payloads, classify.Payload{From: classify.Side(n % 2), Data: data, Len: length})
	}
	return v
}

// BenchmarkNewEngine builds the engine, as every start of the program does.
func BenchmarkNewEngine(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := classify.NewEngine(All, classify.Config{Applications: vocabulary{}}); err != nil {
			b.Fatal(err)
		}
	}
}
