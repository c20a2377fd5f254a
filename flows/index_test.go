package flows

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestIndex adds and removes records at random, with hashes that often
// collide, and looks for each that is in and for some that are not.
func TestIndex(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	x := newIndex()
	in := map[uint32]uint64{} // record to hash
	has := func(number uint32, hash uint64) bool {
		for at := x.start(hash); x.words[at] != 0; at = x.after(at) {
			if x.words[at] == tagOf(hash)|number {
				return true
			}
		}
		return false
	}
	next := uint32(1)
	for step := range 50000 {
		if x.full() {
			x.reset(len(in))
			for number, hash := range in {
				x.add(hash, number)
			}
		}
		if r.IntN(5) < 3 || len(in) == 0 {
			hash := r.Uint64() & 0xff0f0fff00ff00ff
			x.add(hash, next)
			in[next] = hash
			next++
		} else {
			for number, hash := range in {
				x.remove(hash, number)
				delete(in, number)
				if has(number, hash) {
					t.Fatalf("step %d: record %d is still there", step, number)
				}
				break
			}
		}
	}
	for number, hash := range in {
		if !has(number, hash) {
			t.Errorf("record %d is lost", number)
		}
	}
	if x.taken > len(x.words)*7/8 || len(x.words) > 6*len(in) {
		t.Errorf("%d of %d words taken for %d records", x.taken, len(x.words), len(in))
	}
}

// TestLeftovers orders numbers that lie close and numbers that do not.
func TestLeftovers(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, spread := range []uint64{1, 3, 1000} {
		for _, n := range []int{1, 2, 1000} {
			var list []due
			var want []uint32
			for i := range n {
				d := due{number: 7 + uint64(i)*spread, i: uint32(i + 1), part: uint16(i % (leftPart + 1))}
				list = append(list, d)
				want = append(want, uint32(d.part)<<placeBits|d.i)
			}
			r.Shuffle(n, func(i, j int) { list[i], list[j] = list[j], list[i] })
			var l leftovers
			for _, d := range list {
				l.expect(d.number)
			}
			l.allocate()
			for _, d := range list {
				l.add(d)
			}
			if got := l.order(); !slices.Equal(got, want) {
				t.Errorf("%d numbers, %d apart, are not in order", n, spread)
			}
		}
	}
}
