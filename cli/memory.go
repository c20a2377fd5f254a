package cli

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// heapSteps say by how many per cent the heap may grow between two collections
// once so many bytes of it are live: while it is small, memory is cheaper than collecting.
var heapSteps = []struct {
	live    uint64
	percent int
}{{128 << 20, 50}, {320 << 20, 20}, {640 << 20, 10}}

// watchHeap keeps the heap close to what is live of it where that is much, unless the user has set GOGC. The
// function that it returns ends that.
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
