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
	}{
		{"by itself", "", heapSteps[0].percent},
		{"as the user says", "100", standard},
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
			for begin := time.Now(); got == standard && time.Since(begin) < time.Second; time.Sleep(50 * time.Millisecond) {
				got = debug.SetGCPercent(standard)
			}
			if got != test.want {
				t.Errorf("grows by %d %%, want %d", got, test.want)
			}
			runtime.KeepAlive(live)
		})
	}
}
