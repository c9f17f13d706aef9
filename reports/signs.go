package reports

import (
	"accountsync/diff"
	"accountsync/record"
)

// stateSigns stand beside the word of a state on pages, never in its place.
var stateSigns = map[record.State]string{
	record.Verified: "✓", record.Accepted: "○", record.Failed: "✗", record.Stale: "≠", record.Withheld: "–",
}

// opSign stands beside the word of an operation on pages, never in its place.
func opSign(op diff.Op) string {
	switch sign, _ := symbol(op); sign {
	case "-":
		return "−"
	default:
		return sign
	}
}
