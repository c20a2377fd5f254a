package servmap

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"servmap/flows"
	"servmap/servmap/identity"
)

// trainedOn returns a map of one capture with random flows.
func trainedOn(t *testing.T, r *rand.Rand, n int) *Map {
	t.Helper()
	m := NewMap(Settings{})
	l := NewLearner(m, NewPerimeter(m.Meta.Settings))
	for range 1 + r.IntN(30) {
		f := flow(fmt.Sprintf("10.0.0.%d", 1+r.IntN(5)), []string{"10.0.0.9", "192.0.2.1", "224.0.0.251"}[r.IntN(3)],
			[]string{"TLS", "DNS", "TLS.Google", "Unknown"}[r.IntN(4)], uint64(100+r.IntN(100)))
		f.Src2Dst.First = int64(n)*3*day + int64(r.IntN(2*day))
		f.DstPort, f.Answered = uint16(1+r.IntN(3)), r.IntN(3) > 0
		f.Dst2Src.First, f.Src2Dst.Last, f.Dst2Src.Last = f.Src2Dst.First, f.Src2Dst.First, f.Src2Dst.First
		f.HasMAC, f.SrcMAC = true, identity.MAC{2, 0, 0, 0, 0, byte(r.IntN(7))}
		l.Learn(f)
	}
	l.See(&flows.Sighting{Kind: flows.Offer, Peer: ipOf(byte(1 + r.IntN(3)))})
	c := Capture{Name: fmt.Sprint(n), SHA256: fmt.Sprintf("%02x%062x", n+1, 0), Flows: l.Flows, First: time.Unix(int64(n), 0).UTC(), Last: time.Unix(int64(n), 0).UTC()}
	m.Meta.Add(c)
	l.Finish([]Capture{c})
	return m
}

// united unites maps, copies of them, in an order and grouping.
func united(t *testing.T, r *rand.Rand, texts []string) string {
	t.Helper()
	for len(texts) > 1 {
		i := r.IntN(len(texts) - 1)
		a, err := Parse("a", []byte(texts[i]))
		if err != nil {
			t.Fatal(err)
		}
		b, err := Parse("b", []byte(texts[i+1]))
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Unite(b); err != nil {
			t.Fatal(err)
		}
		texts = append(append(append([]string{}, texts[:i]...), mapText(t, a)), texts[i+2:]...)
	}
	return texts[0]
}

// TestUnite unites maps of several captures in any order and grouping, and some of them twice: the bytes
// are the same.
func TestUnite(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		var texts []string
		for n := range 2 + r.IntN(4) {
			texts = append(texts, mapText(t, trainedOn(t, r, n)))
		}
		want := united(t, r, texts)
		for range 4 {
			order := append([]string{}, texts...)
			r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
			if got := united(t, r, order); got != want {
				t.Fatalf("seed %d: another order gives\n%s\nnot\n%s", seed, got, want)
			}
			if got := united(t, r, append(order, texts[r.IntN(len(texts))])); got != want {
				t.Fatalf("seed %d: a map twice gives\n%s\nnot\n%s", seed, got, want)
			}
		}
	}
}

// TestUniteRefuses refuses maps that were made with other settings.
func TestUniteRefuses(t *testing.T) {
	a, b := NewMap(Settings{}), NewMap(Settings{MulticastRemote: true})
	if err := a.Unite(b); err == nil {
		t.Error("maps with different settings were united")
	}
}
