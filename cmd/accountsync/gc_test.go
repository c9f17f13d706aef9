package main

import (
	"runtime"
	"runtime/debug"
	"testing"
)

// The garbage collector is set anew after each collection: loosely around
// little, tightly around much. It changes what the whole process does.
func TestCollectOften(t *testing.T) {
	if tight, loose := gcPercent(200<<20), gcPercent(1<<20); tight != leastGarbage || loose != 400 || gcPercent(0) != 400 {
		t.Errorf("%d percent around much, %d around little", tight, loose)
	}
	before := debug.SetGCPercent(100)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	collectOften()
	held := make([]byte, 100<<20)
	for range 1000 { // until the cleanup of one of these collections has run
		runtime.GC()
		if percent := debug.SetGCPercent(99); percent == leastGarbage {
			runtime.KeepAlive(held)
			return
		}
	}
	t.Error("nothing was set anew around 100 MiB")
}
