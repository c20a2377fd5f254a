package table

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// model is what a Table holds, kept in the simplest way.
type model map[uint64]*flow

type flow struct {
	key     Key
	ref     Ref
	packets uint32
	last    int64
	hidden  bool
}

// TestTable inserts, updates, hides, expires and removes flows of few keys at random, and compares
// the table with a model.
func TestTable(t *testing.T) {
	const idle = 20 * second
	r := rand.New(rand.NewPCG(1, 3))
	tab := New(NewMemory(Timeouts{Idle: idle}), 0)
	flows, now, number := model{}, int64(0), uint64(0)
	var keys []Key
	for n := range uint64(40) {
		keys = append(keys, Key{n << 32, 0, 1 << 50, 0, protoUDP<<24 | n&1}) // every second one is not compact
	}
	for step := range 20000 {
		now += r.Int64N(second)
		k := keys[r.IntN(len(keys))]
		same := flows.find(&k)
		switch kind := r.IntN(10); {
		case kind < 4 && len(same) < MaxSame:
			number++
			ref, rec := tab.Insert(&k, k.Hash())
			rec.SetNumber(number)
			rec.Count(0, now, 60)
			tab.Schedule(ref, tab.End(rec))
			flows[number] = &flow{key: k, ref: tab.Commit(ref, rec), packets: 1, last: now}
		case kind < 8 && len(same) > 0:
			f := flows[same[0]]
			ref, rec := tab.Update(f.ref)
			rec.Count(0, now, 60)
			f.ref, f.packets, f.last = ref, f.packets+1, now
		case kind == 8 && len(same) > 0:
			f := flows[same[len(same)-1]]
			tab.Hide(f.ref, k.Hash())
			f.hidden = true
		case kind == 9:
			flows.expire(t, &tab, FloorSecond(now), idle)
		}
		flows.compareKey(t, &tab, &k)
		if step%100 == 0 {
			flows.compare(t, &tab)
		}
	}
	if tab.Len() == 0 || number < 5000 {
		t.Errorf("%d flows of %d at the end try little", tab.Len(), number)
	}
}

// find returns the numbers of the flows of a key that are not hidden, the newest first.
func (m model) find(k *Key) []uint64 {
	var out []uint64
	for n, f := range m {
		if f.key == *k && !f.hidden {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	slices.Reverse(out)
	return out
}

// expire removes what ends before a second from both.
func (m model) expire(t *testing.T, tab *Table, before, idle int64) {
	t.Helper()
	tab.Expire(before, func(ref Ref, end int64) {
		n := tab.Number(ref)
		f := m[n]
		if f == nil || f.ref != ref || f.last+idle != end || FloorSecond(end) >= before {
			t.Fatalf("flow %d at %d expires with end %d before second %d, want %+v", n, ref, end, before, f)
		}
		tab.Remove(ref, tab.Load(ref))
		delete(m, n)
	})
	for n, f := range m {
		if FloorSecond(f.last+idle) < before {
			t.Fatalf("flow %d, which ended at %d, did not expire before second %d", n, f.last+idle, before)
		}
	}
}

// compareKey sees that the table finds the flows of a key.
func (m model) compareKey(t *testing.T, tab *Table, k *Key) {
	t.Helper()
	var got []uint64
	for _, ref := range tab.Find(k, k.Hash()) {
		got = append(got, tab.Number(ref))
	}
	if want := m.find(k); !slices.Equal(got, want) {
		t.Fatalf("found %d of key %x, want %d", got, *k, want)
	}
}

// compare sees that the table holds what the model does.
func (m model) compare(t *testing.T, tab *Table) {
	t.Helper()
	if tab.Len() != len(m) {
		t.Fatalf("%d flows, want %d", tab.Len(), len(m))
	}
	seen := map[uint64]string{}
	tab.Each(func(ref Ref) {
		r := tab.Load(ref)
		seen[r.Number()] = fmt.Sprint(ref, r.Key, r.Packets, r.LastTime())
	})
	want := map[uint64]string{}
	for n, f := range m {
		want[n] = fmt.Sprint(f.ref, f.key, [2]uint32{f.packets, 0}, f.last)
	}
	if !maps.Equal(seen, want) {
		t.Fatalf("the table holds %v, want %v", seen, want)
	}
}
