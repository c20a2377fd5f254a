package table

import (
	"math/rand/v2"
	"testing"
)

// TestIndex adds and removes records at random, with hashes that often collide. It looks for each
// that is in the index and for some that are not.
func TestIndex(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	x := NewIndex()
	in := map[uint32]uint64{} // record to hash
	has := func(number uint32, hash uint64) bool {
		return x.Find(hash, func(n uint32) bool { return n == number }) == number
	}
	next := uint32(1)
	for step := range 50000 {
		if x.Full() {
			x.Reset(len(in))
			for number, hash := range in {
				x.Add(hash, number)
			}
		}
		if r.IntN(5) < 3 || len(in) == 0 {
			hash := r.Uint64() & 0xff0f0fff00ff00ff
			x.Add(hash, next)
			in[next] = hash
			next++
		} else {
			for number, hash := range in {
				x.Remove(hash, number)
				delete(in, number)
				if has(number, hash) {
					t.Fatalf("step %d: record %d is found after its removal", step, number)
				}
				break
			}
		}
	}
	for number, hash := range in {
		if !has(number, hash) {
			t.Errorf("record %d is not found", number)
		}
	}
	if x.taken > len(x.words)*7/8 || len(x.words) > 6*len(in) {
		t.Errorf("%d of %d words taken for %d records", x.taken, len(x.words), len(in))
	}
}
