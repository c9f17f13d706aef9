package sync

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"accountsync/diff"
)

// ErrUnbalanced says that the books of a run do not add up: a bug of this program.
var ErrUnbalanced = errors.New("internal consistency check failed (bug)")

// Balance counts the operations by kind and state and holds the sums against
// the rows and the plan. It fills in the totals of the head.
func Balance(ctx context.Context, rec Reader, head *Head) error {
	counts, err := rec.Counts(ctx)
	if err != nil {
		return err
	}
	head.Totals = head.Totals.Tallied(counts)
	t := head.Totals
	if head.Input.Rows == 0 {
		return nil
	}
	if rows := t.Kept + t.Create.Planned + t.Put.Planned + t.StateOnly + t.Rejected; rows != head.Input.Rows {
		return fmt.Errorf("%w for source %q: %d rows, but %d kept + %d create + %d put + %d state only + %d rejected = %d",
			ErrUnbalanced, head.Source.Name, head.Input.Rows, t.Kept, t.Create.Planned, t.Put.Planned, t.StateOnly, t.Rejected, rows)
	}
	return nil
}

// Cost estimates the requests it takes to apply what is planned: a call for each
// operation, a put for each create with several values of one attribute, and
// the looks at accounts before and afterwards.
func Cost(head *Head, counts []Count) int {
	operations := 0
	for _, c := range counts {
		if c.Code != CodeNotPossible && c.Code != CodeExcluded {
			operations += c.N
		}
	}
	if operations == 0 {
		return 0
	}
	return operations + head.Deferred + 3*(1+operations/batchSize)
}

// Conclude says how a run ended, from what is on its record; applied tells a
// run from a plan, err is what ended it early.
func Conclude(ctx context.Context, rec Reader, head *Head, applied bool, err error) (Outcome, error) {
	counts, failed := rec.Counts(ctx)
	if failed != nil {
		return RunFailed, failed
	}
	var sum Tally
	impossible, excluded, unchanged, already := 0, 0, 0, 0
	for _, c := range counts {
		sum.Planned += c.N
		*sum.State(c.State) += c.N
		switch c.Code {
		case CodeNotPossible:
			impossible += c.N
		case CodeExcluded:
			excluded += c.N
		case CodeAlreadySo:
			already += c.N
		case CodeNoChange: // a reload whose task ended well
			unchanged += c.N
		}
	}
	sum.Accepted, sum.Verified = sum.Accepted-unchanged, sum.Verified+unchanged
	left := sum.Failed + sum.Stale + sum.Accepted
	switch {
	case errors.Is(err, context.Canceled):
		return Interrupted, nil
	case errors.Is(err, ErrStale):
		return StalePlan, nil
	case err != nil && sum.Verified+sum.Accepted+sum.Failed > 0:
		return Partial, nil
	case err != nil:
		return RunFailed, nil
	case slices.ContainsFunc(head.Guards, diff.Guard.Blocks):
		return Blocked, nil
	case applied && sum.Withheld > impossible+excluded && left == 0:
		return Blocked, nil // removals were held back
	case !applied && sum.Planned+head.Totals.Rejected > 0:
		return Planned, nil
	case sum.Verified+excluded < sum.Planned, head.Totals.Rejected > 0, !head.Listing.Proven:
		return Partial, nil
	case sum.Planned == already: // nothing had to be sent, and nothing was left out
		return InSync, nil
	}
	return Changed, nil
}
