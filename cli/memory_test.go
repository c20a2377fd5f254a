package cli

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// TestWatchHeap has more live than the first of heapSteps: the heap may grow less then, unless the
// user said how much.
func TestWatchHeap(t *testing.T) {
	const standard = 100
	for _, test := range []struct {
		name, gogc string
		want       int
		// wait is how long it may take: nothing happens in a few rounds of the watch, either.
		wait time.Duration
	}{
		{"by itself", "", heapSteps[0].percent, time.Second},
		{"as the user says", "100", standard, 300 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("GOGC", test.gogc)
			before := debug.SetGCPercent(standard)
			defer debug.SetGCPercent(before)
			live := make([]byte, heapSteps[0].live+1<<20)
			runtime.GC()
			stop := watchHeap()
			defer stop()
			got := standard
			for begin := time.Now(); got == standard && time.Since(begin) < test.wait; time.Sleep(10 * time.Millisecond) {
				got = debug.SetGCPercent(standard)
			}
			if got != test.want {
				t.Errorf("grows by %d %%, want %d", got, test.want)
			}
			runtime.KeepAlive(live)
		})
	}
}
