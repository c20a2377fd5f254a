package flows

import (
	"math/rand/v2"
	"testing"
	"unsafe"

	"servmap/classify"
)

// TestSingle packs records of one packet and unpacks them: nothing is lost but
// the links, which stay where they are.
func TestSingle(t *testing.T) {
	if size := unsafe.Sizeof(single{}); size != 64 {
		t.Errorf("a single has %d bytes, want a line of the caches, 64", size)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 10000 {
		var want record
		want.key = Key{uint64(r.Uint32()) << 32, 0, uint64(r.Uint32()) << 32, 0, r.Uint64() &^ 1}
		if !want.key.fitsSingle() {
			t.Fatalf("%x does not fit", want.key)
		}
		side := r.IntN(2)
		want.count(side, r.Int64()-r.Int64(), uint64(r.Uint32()))
		want.setNumber(r.Uint64() >> 16)
		want.extra = r.Uint32()
		want.flags = flag(r.Uint32()) &^ (bySecond | decided)
		for i := range 6 {
			want.mac[0][i], want.mac[1][i] = byte(r.Uint32()), byte(r.Uint32())
		}
		if r.IntN(2) == 0 {
			want.setLabel(classify.Label{Master: 3, App: classify.Name(r.Uint32()), Confidence: classify.ByPayload})
		} else if want.flags&(synFirst<<side) != 0 {
			want.word[side] = r.Uint32()
		} else {
			want.word[1-side] = r.Uint32()
		}
		s := single{links: links{next: 5, prev: 6}}
		s.pack(&want)
		if s.links != (links{next: 5, prev: 6}) {
			t.Fatalf("links %+v were changed", s.links)
		}
		if !s.is(&want.key) || s.number() != want.number() {
			t.Fatalf("%+v is not of %x, number %d", s, want.key, want.number())
		}
		got := record{links: links{next: 9}}
		if s.unpack(&got); got != want {
			t.Fatalf("unpacked %+v, want %+v", got, want)
		}
	}
	for _, k := range []Key{{1, 0, 0, 0, 1}, {1 << 32, 0, 1 << 32, 0, 1}, {1 << 31, 0, 1 << 32, 0, 0}, {1 << 32, 1, 1 << 32, 0, 0}} {
		if k.fitsSingle() {
			t.Errorf("%x fits", k)
		}
	}
}

// TestNoSingles runs out of singles: flows have records then, and are found all the same.
func TestNoSingles(t *testing.T) {
	opt := defaults()
	s := emptyTable(testEngine(t), &opt).shard
	s.parts[0] = newPartition(&s.t, 0, 0)
	p := s.parts[0]
	s.t.mostSingles = 10
	key := func(n uint64) Key { return Key{n << 32, 0, 1 << 50, 0, protoUDP << 24} }
	for round := range uint64(2) {
		for n := range uint64(1000) {
			k := key(n + 1)
			p.process(&item{key: k, hash: k.hash(), time: 1, now: 1, number: 1 + n + 1000*round, wire: 60})
		}
	}
	if p.live != 1000 {
		t.Fatalf("%d flows, want 1000", p.live)
	}
	if p.singles.used != 10 {
		t.Errorf("%d singles, want 10", p.singles.used)
	}
	p.each(func(i uint32) {
		if r := p.look(i); r.packets != [2]uint32{2, 0} {
			t.Errorf("record %#x has %v packets, want 2", i, r.packets)
		}
	})
}
