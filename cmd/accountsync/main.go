// Command accountsync makes the accounts of a SailPoint ISC source equal to a
// CSV file, and proves it.
package main

import (
	"context"
	"os"
	"runtime/debug"
)

func main() {
	neverExit2()
	// What a run holds is one large index without pointers, cheap to collect
	// around: the peak is then half above it, not twice.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
	os.Exit(run(context.Background(), os.Environ(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
