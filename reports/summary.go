package reports

import (
	"context"
	"fmt"
	"strings"
	"time"

	"accountsync/diff"
	"accountsync/internal/text"
	"accountsync/sync"
)

// Summary is the run in one line, without a line break:
// sync 20261123T020000Z-7f3a: changed, exit 0: 12 created, all verified; 500 kept; 43 requests in 4.1s
func Summary(ctx context.Context, r *Run) (string, error) {
	o, err := r.outline(ctx)
	if err != nil {
		return "", err
	}
	return o.summary(), nil
}

func (o *outline) summary() string {
	parts := []string{o.doneText()}
	for _, rest := range []term{{"kept", o.Totals.Kept}, {"rejected", o.Totals.Rejected}, {"orphan", o.Totals.Orphan}} {
		if rest.n > 0 {
			parts = append(parts, text.Number(rest.n)+" "+rest.name)
		}
	}
	parts = append(parts, counted(o.Requests.Total, "request")+" in "+brief(o.took()))
	if o.Error != "" {
		first, _, _ := strings.Cut(o.Error, "\n")
		parts = append(parts, message(first))
	}
	return text.Visible(fmt.Sprintf("%s %s: %s, exit %d: %s", o.Command, o.Run, o.Outcome, o.ExitCode, strings.Join(parts, "; ")))
}

// took is how long the run lasted, 0 while it has not ended.
func (o *outline) took() time.Duration { return max(0, o.Finished.Sub(o.Started)) }

// done are the operations' words once they are carried out.
var done = map[diff.Op]string{
	diff.Create: "created", diff.Put: "put", diff.Patch: "patched", diff.Enable: "enabled",
	diff.Unlock: "unlocked", diff.Disable: "disabled", diff.Reload: "reloaded", diff.Delete: "deleted",
}

// doneText says what was done of what was planned, and how it ended.
func (o *outline) doneText() string {
	rows, sum := tallyRows(&o.Totals)
	switch {
	case len(rows) == 0 && (o.Outcome == sync.RunFailed || o.Outcome == sync.Interrupted):
		return "nothing was sent"
	case len(rows) == 0:
		return "nothing to do"
	}
	var parts []string
	for _, op := range diff.Ops {
		if tally := o.Totals.Op(op); tally.Planned > 0 {
			parts = append(parts, opText(o.Outcome, op, tally))
		}
	}
	sentence := strings.Join(parts, ", ")
	switch {
	case o.Outcome == sync.Planned:
		return sentence
	case sum.Verified == sum.Planned:
		sentence += ", all verified"
	default:
		sentence += "; " + unverifiedText(&sum)
	}
	if o.already > 0 {
		sentence += "; " + text.Number(o.already) + " already done, not sent"
	}
	return sentence
}

// opText is "12 created" when all were sent, "10 of 12 created" when not.
func opText(outcome sync.Outcome, op diff.Op, t *sync.Tally) string {
	sent := t.Verified + t.Accepted
	switch {
	case outcome == sync.Planned:
		return text.Number(t.Planned) + " to " + string(op)
	case sent == t.Planned:
		return text.Number(sent) + " " + done[op]
	}
	return text.Number(sent) + " of " + text.Number(t.Planned) + " " + done[op]
}

// unverifiedText counts the states other than verified that occur.
func unverifiedText(sum *sync.Tally) string {
	var parts []string
	for _, state := range sync.States[1:] {
		if n := *sum.State(state); n > 0 {
			parts = append(parts, text.Number(n)+" "+string(state))
		}
	}
	return strings.Join(parts, ", ")
}
