package reports

import (
	"accountsync/diff"
	"accountsync/sync"
)

// stateSymbols stand beside the word of a state on pages, never in its place.
var stateSymbols = map[sync.State]string{
	sync.Verified: "✓", sync.Accepted: "○", sync.Failed: "✗", sync.Stale: "≠", sync.Withheld: "–",
}

// opSymbol stands beside the word of an operation on pages, never in its place.
func opSymbol(op diff.Op) string {
	if sign, _ := symbol(op); sign != "-" {
		return sign
	}
	return "−"
}
