package reports

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"accountsync/diff"
	"accountsync/internal/text"
	"accountsync/sync"
)

// Summary is the run in one line, without a line break:
// sync 20261123T020000Z-7f3a: changed, exit 0: 12 created, all verified; 500 unchanged; 43 requests in 4.1s
func Summary(ctx context.Context, r *Run) (string, error) {
	o, err := r.outline(ctx)
	if err != nil {
		return "", err
	}
	return o.summary(), nil
}

func (o *outline) summary() string {
	parts := []string{o.doneText()}
	for _, rest := range []term{{"unchanged", o.Totals.Kept}, {"rejected", o.Totals.Rejected}, {"orphan", o.Totals.Orphan}} {
		if rest.n > 0 {
			parts = append(parts, text.Number(rest.n)+" "+rest.name)
		}
	}
	parts = append(parts, text.Counted(o.Requests.Total, "request")+" in "+brief(o.took()))
	return text.Visible(fmt.Sprintf("%s %s: %s, exit %d: %s", o.Command, o.Run, o.Outcome, o.ExitCode, strings.Join(parts, "; ")))
}

// took is how long the run lasted, 0 while it has not ended.
func (o *outline) took() time.Duration { return max(0, o.Finished.Sub(o.Started)) }

// done are the operations' words once they are carried out.
var done = map[diff.Op]string{
	diff.Create: "created", diff.Put: "updated", diff.Patch: "patched", diff.Enable: "enabled",
	diff.Unlock: "unlocked", diff.Disable: "disabled", diff.Reload: "reloaded", diff.Delete: "deleted",
}

// toBe are the operations' words before they are carried out.
func toBe(op diff.Op) string {
	if op == diff.Put {
		return "update"
	}
	return string(op)
}

// doneText says what is known to be done of what was planned, and counts the
// rest by how it ended: 76 of 80 created, 169 of 173 updated, verified;
// 3 more accepted, not verified; 5 failed; 51 withheld.
func (o *outline) doneText() string {
	rows, sum := tallyRows(&o.Totals)
	switch {
	case len(rows) == 0 && slices.Contains([]sync.Outcome{sync.RunFailed, sync.Interrupted, sync.Blocked}, o.Outcome):
		return "nothing was sent"
	case len(rows) == 0:
		return "nothing to do"
	case o.plan():
		return o.toDo()
	case sum.Withheld == sum.Planned:
		return "nothing was sent; " + text.Number(sum.Withheld) + " withheld"
	case sum.Verified == 0:
		return "none of " + text.Counted(sum.Planned, "operation") + " verified; " + unverifiedText(&sum)
	case o.Totals.Already == sum.Planned:
		return "in sync, " + text.Number(o.Totals.Already) + " already done"
	}
	var parts []string
	for _, op := range diff.Ops {
		if tally := o.Totals.Op(op); tally.Planned > 0 {
			parts = append(parts, verifiedText(op, tally))
		}
	}
	sentence := strings.Join(parts, ", ")
	if sum.Verified == sum.Planned {
		sentence += ", all verified"
	} else {
		sentence += ", verified; " + unverifiedText(&sum)
	}
	if o.Totals.Already > 0 {
		sentence += "; " + text.Number(o.Totals.Already) + " already done, not sent"
	}
	return sentence
}

// verifiedText is "12 created" when all were verified, "10 of 12 created" when not.
func verifiedText(op diff.Op, t *sync.Tally) string {
	if t.Verified == t.Planned {
		return text.Number(t.Verified) + " " + done[op]
	}
	return text.Number(t.Verified) + " of " + text.Number(t.Planned) + " " + done[op]
}

// unverifiedText counts the states other than verified that occur.
func unverifiedText(sum *sync.Tally) string {
	var parts []string
	for _, state := range sync.States[1:] {
		n := *sum.State(state)
		switch {
		case n == 0:
		case state == sync.Accepted && sum.Verified > 0:
			parts = append(parts, text.Number(n)+" more accepted, not verified")
		case state == sync.Accepted:
			parts = append(parts, text.Number(n)+" accepted, not verified")
		default:
			parts = append(parts, text.Number(n)+" "+string(state))
		}
	}
	return strings.Join(parts, "; ")
}

// plan reports whether it is a plan that the reports show: nothing was to be sent.
func (o *outline) plan() bool {
	return o.Outcome == sync.Planned || o.Command == "plan"
}
