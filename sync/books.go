package sync

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"accountsync/diff"
)

// ErrUnbalanced says that the books of a run do not add up: a bug of this program.
var ErrUnbalanced = errors.New("the books do not balance")

// balance counts the operations by kind and state and holds the sums against
// the rows and the plan. Books that do not balance are a bug of this program.
func (r *Run) balance() error {
	s := r.result
	t := &s.Totals
	for _, op := range diff.Ops {
		*t.Op(op) = Tally{}
	}
	for i := range s.Operations {
		op := s.Operations[i]
		tally := t.Op(op.Op)
		tally.Planned++
		*tally.State(op.State)++
	}
	if !r.counted {
		return nil
	}
	if rows := t.Kept + t.Create.Planned + t.Put.Planned + t.StateOnly + t.Rejected; rows != s.Input.Rows {
		return fmt.Errorf("%w for source %q: %d rows, but %d kept + %d create + %d put + %d state only + %d rejected = %d",
			ErrUnbalanced, s.Source.Name, s.Input.Rows, t.Kept, t.Create.Planned, t.Put.Planned, t.StateOnly, t.Rejected, rows)
	}
	return nil
}

// Conclude says how the run as a whole ended, from its sources' operations;
// applied tells a run from a plan, err is what ended it early.
func Conclude(sources []*Source, applied bool, err error) Outcome {
	switch {
	case errors.Is(err, context.Canceled):
		return Interrupted
	case errors.Is(err, ErrStale):
		return StalePlan
	case err != nil && slices.ContainsFunc(sources, (*Source).Sent):
		return Partial
	case err != nil:
		return RunFailed
	}
	outcome := InSync
	for _, s := range sources {
		outcome = worse(outcome, s.outcome(applied))
	}
	return outcome
}

// Rejected counts the rows of all sources that cannot be carried out.
func (r *Result) Rejected() (n int) {
	for _, s := range r.Sources {
		n += s.Totals.Rejected
	}
	return n
}

// Sent reports whether anything was sent for the source.
func (s *Source) Sent() bool {
	return slices.ContainsFunc(s.Operations, func(op *Operation) bool { return op.Attempts > 0 })
}

// outcome is how one source's part ended.
func (s *Source) outcome(applied bool) Outcome {
	var sum Tally
	for _, op := range diff.Ops {
		sum.add(*s.Totals.Op(op))
	}
	for _, op := range s.Operations {
		if op.State == Accepted && op.Settled() {
			sum.Accepted, sum.Verified = sum.Accepted-1, sum.Verified+1
		}
	}
	impossible := 0
	for _, op := range s.Operations {
		if op.impossible() {
			impossible++
		}
	}
	left := sum.Failed + sum.Stale + sum.Accepted
	switch {
	case slices.ContainsFunc(s.Guards, diff.Guard.Blocks):
		return Blocked
	case applied && sum.Withheld > impossible && left == 0:
		return Blocked // removals were held back
	case !applied && sum.Planned+s.Totals.Rejected > 0:
		return Planned
	case sum.Verified < sum.Planned, s.Totals.Rejected > 0, !s.Listing.Proven:
		return Partial
	case sum.Planned == 0:
		return InSync
	}
	return Changed
}

func (t *Tally) add(u Tally) {
	t.Planned += u.Planned
	t.Verified += u.Verified
	t.Accepted += u.Accepted
	t.Failed += u.Failed
	t.Stale += u.Stale
	t.Withheld += u.Withheld
}

// severity orders the outcomes: a run is as bad as its worst source.
var severity = []Outcome{InSync, Planned, Changed, Partial, Blocked}

func worse(a, b Outcome) Outcome {
	if slices.Index(severity, b) > slices.Index(severity, a) {
		return b
	}
	return a
}
