package flows

import (
	"math/rand/v2"
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
