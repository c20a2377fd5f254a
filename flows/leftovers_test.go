package flows

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestLeftovers orders numbers that lie close and numbers that do not.
func TestLeftovers(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, spread := range []uint64{1, 3, 1000} {
		for _, n := range []int{1, 2, 1000} {
			var list []due
			var want []uint32
			for i := range n {
				d := due{number: 7 + uint64(i)*spread, place: uint32(i + 1), part: uint16(i % (leftPart + 1))}
				list = append(list, d)
				want = append(want, uint32(d.part)<<placeBits|d.place)
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
