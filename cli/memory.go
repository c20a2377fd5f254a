package cli

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// heapSteps are values of GOGC: from so many live bytes on, the heap may grow by so many per
// cent between two collections. While the heap is small, memory costs less than collecting.
var heapSteps = []struct {
	live    uint64
	percent int
}{{128 << 20, 50}, {320 << 20, 20}, {640 << 20, 10}}

// watchHeap applies heapSteps as the heap grows, until stop is called. It does nothing where the
// user has set GOGC.
func watchHeap() (stop func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	quit := make(chan struct{})
	go func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		for steps := heapSteps; len(steps) > 0; {
			select {
			case <-tick.C:
			case <-quit:
				return
			}
			metrics.Read(sample)
			for len(steps) > 0 && sample[0].Value.Uint64() >= steps[0].live {
				debug.SetGCPercent(steps[0].percent)
				steps = steps[1:]
			}
		}
	}()
	return func() { close(quit) }
}
