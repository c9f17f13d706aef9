package main

import "testing"

// BenchmarkStart is what every command takes before it does anything, in turn
// with a program that does nothing.
func BenchmarkStart(b *testing.B) {
	kids := newChildren(b, "hello")
	var all usages
	for b.Loop() {
		_, own := kids.run(b, nil, kids.path("accountsync"), "version")
		_, other := kids.run(b, nil, kids.path("hello"))
		all.add(own, other)
	}
	all.report(b, "hello")
}
