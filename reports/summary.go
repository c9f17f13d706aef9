package reports

import (
	"fmt"
	"strings"

	"accountsync/diff"
	"accountsync/sync"
)

// Summary is the run in one line, without a line break:
// sync 20261123T020000Z-7f3a: changed, exit 0: 12 created, all verified; 500 kept; 43 requests in 4.1s
func Summary(r *sync.Result) string {
	totals := sumTotals(r)
	parts := []string{doneText(r, totals)}
	for _, rest := range []term{{"kept", totals.Kept}, {"rejected", totals.Rejected}, {"orphan", totals.Orphan}} {
		if rest.n > 0 {
			parts = append(parts, number(rest.n)+" "+rest.name)
		}
	}
	parts = append(parts, counted(r.Requests.Total, "request")+" in "+brief(r.Finished.Sub(r.Started)))
	if r.Error != "" {
		first, _, _ := strings.Cut(r.Error, "\n")
		parts = append(parts, message(first))
	}
	return visible(fmt.Sprintf("%s %s: %s, exit %d: %s", r.Command, r.Run, r.Outcome, r.ExitCode, strings.Join(parts, "; ")))
}

// sumTotals adds the totals of all sources up.
func sumTotals(r *sync.Result) *sync.Totals {
	sum := new(sync.Totals)
	for _, s := range r.Sources {
		sum.Kept += s.Totals.Kept
		sum.Rejected += s.Totals.Rejected
		sum.Orphan += s.Totals.Orphan
		for _, op := range diff.Ops {
			from, to := s.Totals.Op(op), sum.Op(op)
			to.Planned += from.Planned
			for _, state := range sync.States {
				*to.State(state) += *from.State(state)
			}
		}
	}
	return sum
}

// done are the operations' words once they are carried out.
var done = map[diff.Op]string{
	diff.Create: "created", diff.Put: "put", diff.Patch: "patched", diff.Enable: "enabled",
	diff.Unlock: "unlocked", diff.Disable: "disabled", diff.Reload: "reloaded", diff.Delete: "deleted",
}

// doneText says what was done of what was planned, and how it ended.
func doneText(r *sync.Result, t *sync.Totals) string {
	rows, sum := tallyRows(t)
	switch {
	case len(rows) == 0 && (r.Outcome == sync.RunFailed || r.Outcome == sync.Interrupted):
		return "nothing was sent"
	case len(rows) == 0:
		return "nothing to do"
	}
	var parts []string
	for _, op := range diff.Ops {
		if tally := t.Op(op); tally.Planned > 0 {
			parts = append(parts, opText(r.Outcome, op, tally))
		}
	}
	text := strings.Join(parts, ", ")
	switch {
	case r.Outcome == sync.Planned:
		return text
	case sum.Verified == sum.Planned:
		text += ", all verified"
	default:
		text += "; " + unverifiedText(&sum)
	}
	if n := alreadySo(r); n > 0 {
		text += "; " + number(n) + " already so, nothing was sent for them"
	}
	return text
}

// alreadySo counts the operations that were verified without being sent.
func alreadySo(r *sync.Result) (n int) {
	for _, s := range r.Sources {
		for _, op := range s.Operations {
			if op.State == sync.Verified && op.Reason == sync.Already {
				n++
			}
		}
	}
	return n
}

// opText is "12 created" when all were sent, "10 of 12 created" when not.
func opText(outcome sync.Outcome, op diff.Op, t *sync.Tally) string {
	sent := t.Verified + t.Accepted
	switch {
	case outcome == sync.Planned:
		return number(t.Planned) + " to " + string(op)
	case sent == t.Planned:
		return number(sent) + " " + done[op]
	}
	return number(sent) + " of " + number(t.Planned) + " " + done[op]
}

// unverifiedText counts the states other than verified that occur.
func unverifiedText(sum *sync.Tally) string {
	var parts []string
	for _, state := range sync.States[1:] {
		if n := *sum.State(state); n > 0 {
			parts = append(parts, number(n)+" "+string(state))
		}
	}
	return strings.Join(parts, ", ")
}
