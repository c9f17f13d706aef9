package sync

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"accountsync/account"
	"accountsync/diff"
)

// ErrStale refuses a saved plan that no longer fits the live accounts.
var ErrStale = errors.New("the plan is stale")

// Continue takes up again what was planned before: a saved plan, or a run that
// did not get to its end. Operations keep their states. What held removals back
// holds them back still.
func Continue(source *Source, schema account.Schema, s Settings) *Run {
	r := newRun(source, s)
	r.schema, r.counted, r.hold = schema, source.Input.Rows > 0, diff.HoldRemovals(len(source.Rejected))
	for _, op := range source.Operations {
		op.resumed = op.Sent
		if op.Lost = op.Lost || op.Op == diff.Create && op.State == Failed && op.taken(); op.Lost {
			op.sentAt = time.Now() // its account may still be on its way
		}
	}
	return r
}

// taken reports whether the API took the operation and nothing says that it
// came to nothing: it may be done although the list does not show it.
func (op *Operation) taken() bool {
	return op.Sent && op.HTTP/100 == 2 && !account.Task{Status: op.TaskStatus}.Failed()
}

// Recheck looks at the accounts of the operations to be sent, to tell a plan
// that no longer fits; each is looked at again right before it is sent. What
// shows already is verified, what changed since it was planned is stale. More
// stale operations than MaxStale allows are ErrStale, and nothing is sent.
func (r *Run) Recheck(ctx context.Context, api Reader) error {
	r.ownOperations()
	open := r.unsent()
	stale := 0
	for batch := range slices.Chunk(open, batchSize) {
		seen, err := r.looker(api).look(ctx, natives(batch))
		if err != nil {
			return lookFailed("the accounts of the plan", err)
		}
		for _, op := range batch {
			switch d := r.decide(op, seen); d.do {
			case done:
				r.already(op, d.account)
			case outdated:
				outdate(op, d.reason)
				stale++
			case send:
				if d.account != nil {
					op.Live = d.account.Attributes
				}
			}
		}
	}
	if allowed, limited := r.settings.MaxStale.Of(len(open)); limited && stale > allowed {
		hold(r.result.Operations, "the plan is stale")
		return fmt.Errorf("%w: %d of its %d operations no longer fit, %d are allowed (--max-stale)", ErrStale, stale, len(open), allowed)
	}
	return nil
}

// unsent are the operations of which it is known that they are not done and
// not under way.
func (r *Run) unsent() (ops []*Operation) {
	for _, op := range r.result.Operations {
		if op.AfterCreate() || op.impossible() {
			continue
		}
		if op.State == Withheld || op.State == Failed && !op.Lost {
			ops = append(ops, op)
		}
	}
	return ops
}

// already marks an operation that somebody, or an earlier run, carried out.
func (r *Run) already(op *Operation, a *account.Account) {
	r.markVerified(op)
	if !op.Sent {
		op.Reason = Already
	}
	if a != nil {
		op.Account, op.After = a.ID, diff.Fingerprint(a)
	}
}

// Already is the reason of an operation that was verified without being sent.
const Already = "already so: nothing was sent"

func outdate(op *Operation, reason string) { op.State, op.Reason, op.Error = Stale, reason, "" }
