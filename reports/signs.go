package reports

import (
	"accountsync/diff"
	"accountsync/sync"
)

// stateSigns stand beside the word of a state on pages, never in its place.
var stateSigns = map[sync.State]string{
	sync.Verified: "✓", sync.Accepted: "○", sync.Failed: "✗", sync.Stale: "≠", sync.Withheld: "–",
}

func stateSign(s sync.State) string { return stateSigns[s] }

// opSign stands beside the word of an operation on pages, never in its place.
func opSign(op diff.Op) string {
	switch sign, _ := symbol(op); sign {
	case "-":
		return "−"
	default:
		return sign
	}
}
