package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// What a run holds is one large index without pointers, cheap to collect around.
const (
	garbage      = 8 << 20 // bytes that may gather at least before they are collected
	leastGarbage = 15      // the same as percent of what is in use
)

// collectOften makes the garbage collector run whenever some MiB have gathered:
// seldom in a small run, and so that the peak of a large one is a sixth above
// what it holds, not twice.
func collectOften() {
	type cycle struct{ _ *byte }
	var next func(live uint64)
	next = func(live uint64) {
		debug.SetGCPercent(gcPercent(live))
		runtime.AddCleanup(&cycle{new(byte)}, func(int) { next(inUse()) }, 0) // which is garbage at once: after each collection
	}
	next(0)
}

// gcPercent is how much may gather on top of so many bytes in use.
func gcPercent(live uint64) int {
	return int(max(leastGarbage, min(400, garbage*100/max(live, 1))))
}

// inUse is how many bytes were in use after the last collection.
func inUse() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
