package main

import (
	"fmt"
	"os"
	"time"

	"accountsync/fleet"
)

// fleetMain is the program as the tests of whole fleets run it: with shorter
// times, a clock that may be off, and a name that the sandbox sees.
func fleetMain() {
	release = os.Getenv("FLEET_TEST_NAME")
	fleetTimes = fleet.Times{Slice: 3 * time.Second, Lease: 5 * time.Second, Retry: 300 * time.Millisecond, Poll: 100 * time.Millisecond}
	off, err := time.ParseDuration(os.Getenv("FLEET_TEST_CLOCK"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fleetClock = func() time.Time { return time.Now().Add(off) }
	main()
}
