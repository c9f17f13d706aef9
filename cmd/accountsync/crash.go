package main

import "runtime/debug"

// neverExit2 makes a crash of the Go runtime, a panic that nothing caught or no
// memory left, end the process by SIGABRT (134 in a shell). By itself it exits
// with 2, which says of plan --detailed-exitcode that there is something to do.
// A core dump would hold values and secrets: none is written.
func neverExit2() {
	noCoreDump()
	debug.SetTraceback("crash")
}
