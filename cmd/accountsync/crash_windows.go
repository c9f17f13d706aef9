package main

// Windows has no core dumps of this kind.
func noCoreDump() {}
