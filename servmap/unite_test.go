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

// TestUniteMany unites more captures than lists hold, in any order and grouping.
func TestUniteMany(t *testing.T) {
	var texts []string
	for n := range mostListed + 20 {
		r := rand.New(rand.NewPCG(uint64(n), 2))
		m := trainedOn(t, r, n)
		for i := range m.Meta.Captures { // hashes in no order
			m.Meta.Captures[i].SHA256 = fmt.Sprintf("%016x%048x", r.Uint64(), 0)
			for k := range m.Evidence.Events {
				m.Evidence.Events[k].Capture = m.Meta.Captures[i].ID()
			}
		}
		texts = append(texts, mapText(t, m))
	}
	r := rand.New(rand.NewPCG(1, 3))
	want := united(t, r, append([]string{}, texts...))
	for range 2 {
		r.Shuffle(len(texts), func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
		if united(t, r, append([]string{}, texts...)) != want {
			t.Fatal("another order gives other bytes")
		}
	}
	u := NewUnion(NewMap(Settings{}))
	for _, text := range texts {
		m, err := Parse("map", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := u.Add(m); err != nil {
			t.Fatal(err)
		}
	}
	if got := mapText(t, u.Finish()); got != want {
		t.Fatal("one after the other gives other bytes")
	}
}

// TestUniteByHand unites what hands wrote: the order does not matter, and twice is as good as once.
func TestUniteByHand(t *testing.T) {
	texts := []string{
		`{"10.0.0.1": {"remote": [5, "TLS"], "10.0.0.2": [9, "SSH"]}, "@servmap": {"format": 2, "settings": {"local_networks": ["10.0.0.0/8"]}, "captures": [], "about": "b", "evidence": {"events": ["a 2026-01-01"], "uses": {"10.0.0.1": {"remote": {"TLS": {"counts": [[0, 1, 2, 3]]}}}}}}}`,
		`{"10.0.0.1": {"remote": [70, "TLS", "DNS"], "10.0.0.2": [4, "RDP"]}, "@servmap": {"format": 2, "settings": {"local_networks": ["10.0.0.0/8"]}, "captures": [], "accepted": [{"id": "1", "note": "x", "adds": [{"source": "10.0.0.1", "destination": "10.0.0.2", "services": ["RDP"]}]}], "evidence": {"events": []}}}`,
		`{"10.0.0.1": {"remote": [7, "TLS"]}, "10.0.0.3": {}, "@servmap": {"format": 2, "settings": {"local_networks": ["10.0.0.0/8"]}, "captures": [], "about": "a", "accepted": [{"id": "1", "note": "y", "adds": [{"source": "10.0.0.3", "role": "host"}]}], "evidence": {"events": ["b 2026-01-01", "a 2026-01-01"], "uses": {"10.0.0.1": {"remote": {"TLS": {"counts": [[0, 1, 1, 1], [1, 1, 2, 3]]}}}}}}}`,
	}
	r := rand.New(rand.NewPCG(1, 4))
	want := united(t, r, append([]string{}, texts...))
	for range 20 {
		more := append(append([]string{}, texts...), texts[r.IntN(len(texts))])
		r.Shuffle(len(more), func(i, j int) { more[i], more[j] = more[j], more[i] })
		if got := united(t, r, more); got != want {
			t.Fatalf("another order gives\n%s\nnot\n%s", got, want)
		}
	}
}
