package table

import (
	"math/rand/v2"
	"testing"
	"unsafe"

	"servmap/classify"
)

const protoUDP = 17

// TestCompact stores records of one packet in compact ones and loads them: nothing is lost but the
// links, which stay where they are.
func TestCompact(t *testing.T) {
	if size := unsafe.Sizeof(compact{}); size != 64 {
		t.Errorf("a compact record has %d bytes, want a cache line, 64", size)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 10000 {
		want := randomRecord(r)
		if !want.Key.fitsCompact() {
			t.Fatalf("%x does not fit", want.Key)
		}
		c := compact{links: links{next: 5, prev: 6}}
		c.store(&want)
		if c.links != (links{next: 5, prev: 6}) {
			t.Fatalf("links %+v were changed", c.links)
		}
		if !c.is(&want.Key) || c.number() != want.Number() {
			t.Fatalf("%+v is not of %x, number %d", c, want.Key, want.Number())
		}
		got := Record{links: links{next: 9}}
		if c.load(&got); got != want {
			t.Fatalf("loaded %+v, want %+v", got, want)
		}
	}
	for _, k := range []Key{{1, 0, 0, 0, 1}, {1 << 32, 0, 1 << 32, 0, 1}, {1 << 31, 0, 1 << 32, 0, 0}, {1 << 32, 1, 1 << 32, 0, 0}} {
		if k.fitsCompact() {
			t.Errorf("%x fits", k)
		}
	}
}

// randomRecord returns a record of one packet between IPv4 addresses.
func randomRecord(r *rand.Rand) Record {
	rec := Record{Key: Key{uint64(r.Uint32()) << 32, 0, uint64(r.Uint32()) << 32, 0, r.Uint64() &^ 1}}
	side := r.IntN(2)
	rec.Count(side, r.Int64()-r.Int64(), uint64(r.Uint32()))
	rec.SetNumber(r.Uint64() >> 16)
	rec.extra = r.Uint32()
	rec.Flags = Flag(r.Uint32()) &^ (bySecond | Decided)
	for i := range 6 {
		rec.MAC[0][i], rec.MAC[1][i] = byte(r.Uint32()), byte(r.Uint32())
	}
	if r.IntN(2) == 0 {
		rec.SetLabel(classify.Label{Master: 3, App: classify.Name(r.Uint32()), Confidence: classify.ByPayload})
	} else if rec.Flags&(SYNSeen<<side) != 0 {
		rec.SetInitialSeq(side, r.Uint32())
	} else {
		rec.SetInitialSeq(1-side, r.Uint32())
	}
	return rec
}

// TestNoCompacts runs out of compact records: flows have whole ones then, and are found all the
// same.
func TestNoCompacts(t *testing.T) {
	m := NewMemory(Timeouts{})
	m.LimitCompacts(10)
	tab := New(m, 0)
	key := func(n int) Key { return Key{uint64(n+1) << 32, 0, 1 << 50, 0, protoUDP << 24} }
	const flows = 1000
	for n := range flows {
		k := key(n)
		ref, r := tab.Insert(&k, k.Hash())
		r.SetNumber(uint64(n + 1))
		r.Count(0, 1, 60)
		tab.Schedule(ref, tab.End(r))
		tab.Commit(ref, r)
	}
	if got, want := tab.Size(), (Size{Records: flows - 10, Compacts: 10, IndexWords: tab.Size().IndexWords}); got != want || tab.Len() != flows {
		t.Errorf("%d flows, %+v, want %d, %+v", tab.Len(), got, flows, want)
	}
	for n := range flows {
		k := key(n)
		found := tab.Find(&k, k.Hash())
		if len(found) != 1 || tab.Number(found[0]) != uint64(n+1) {
			t.Fatalf("flow %d: found %v", n, found)
		}
		_, r := tab.Update(found[0])
		r.Count(0, 2, 60)
	}
	tab.Each(func(ref Ref) {
		if r := tab.Load(ref); r.Packets != [2]uint32{2, 0} {
			t.Errorf("flow %#x has %v packets, want 2", ref, r.Packets)
		}
	})
}
