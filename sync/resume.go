package sync

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"accountsync/account"
	"accountsync/diff"
)

// ErrStale refuses a saved plan that no longer fits the live accounts.
var ErrStale = errors.New("the plan is stale")

// Continue takes up again what was planned before: a saved plan, or a run that
// did not get to its end. Operations keep their states; Recheck must tell
// which of them still hold before Apply sends any.
func Continue(source *Source, schema account.Schema, s Settings) *Run {
	r := newRun(source, s)
	r.schema, r.counted, r.written = schema, source.Input.Rows > 0, map[string]bool{}
	for _, op := range source.Operations {
		if op.Lost {
			op.sentAt = time.Now() // its account may still be on its way
		}
		if op.Sent && op.State != Withheld && op.State != Stale {
			r.written[op.Native] = true
		}
	}
	return r
}

// Recheck lists the accounts of everything that is still to be sent. What shows
// already is verified, what changed since it was planned is stale, the rest
// holds. More stale operations than MaxStale allows are ErrStale.
func (r *Run) Recheck(ctx context.Context, api Reader) error {
	open := r.unsent()
	v := view{Run: r, missing: gone, seen: r.still}
	if err := v.list(ctx, api, open); err != nil {
		return fmt.Errorf("listing the accounts of the plan: %w", err)
	}
	stale := 0
	for _, op := range open {
		if op.State == Stale {
			stale++
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

// still says whether an operation holds on the account as it is now.
func (r *Run) still(op *Operation, a *account.Account) {
	switch {
	case shown(r.schema, op, a) == "":
		already(op)
		op.Account = strings.Clone(a.ID)
	case op.Op == diff.Create:
		outdate(op, "an account of this native identity exists by now")
	case op.Op == diff.Reload && op.Account == a.ID:
		op.Live, op.Fingerprint = account.CloneAttributes(a.Attributes), diff.Fingerprint(a)
	case op.Account != a.ID:
		outdate(op, "another account has this native identity by now")
	case op.Fingerprint != diff.Fingerprint(a) && !r.written[op.Native]:
		outdate(op, "the account changed since the plan")
	default:
		op.Live = account.CloneAttributes(a.Attributes)
	}
}

// gone says whether an operation holds although its account is not there.
func gone(op *Operation) {
	switch op.Op {
	case diff.Create:
	case diff.Delete:
		already(op)
	default:
		outdate(op, "the account is gone")
	}
}

// already marks an operation that somebody, or an earlier run, carried out.
func already(op *Operation) {
	verify(op)
	if !op.Sent {
		op.Reason = Already
	}
}

// Already is the reason of an operation that was verified without being sent.
const Already = "already so: nothing was sent"

func outdate(op *Operation, reason string) { op.State, op.Reason, op.Error = Stale, reason, "" }
