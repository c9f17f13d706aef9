package sync

import (
	"context"
	"errors"
	"fmt"

	"accountsync/account"
	"accountsync/diff"
)

// ErrSuperseded refuses a run after which a later one has written to its source.
var ErrSuperseded = errors.New("a later run of the source has superseded this one")

// judgeAgain judges a plan that was made before on what is there now: the
// source may have another threshold or type, and fewer accounts.
func (r *run) judgeAgain(ctx context.Context) error {
	r.head.Left = Reason{}
	if later := r.rec.Status().SupersededBy; later != "" {
		return fmt.Errorf("%w: run %s", ErrSuperseded, later)
	}
	if err := r.withholdImpossible(ctx); err != nil {
		return err
	}
	total, err := r.count(ctx)
	if err != nil {
		return err
	}
	grown, err := r.grown(ctx, total <= 0)
	if err != nil {
		return err
	}
	before := max(total-grown, 0) // as it was before the run itself changed it
	r.head.Left = Reason{}
	r.head.Guards = diff.Rejudge(r.head.Guards, r.terms.Limits.For(r.head.Source), before, r.terms.Allow)
	r.unneeded()
	return r.rec.SetHead(ctx, r.head)
}

// withholdImpossible withholds what must not be done any more on a source that has become
// a direct or an authoritative one.
func (r *run) withholdImpossible(ctx context.Context) error {
	if r.head.Source.FlatFile() && !r.head.Source.Authoritative {
		return nil
	}
	f := Filter{Ops: []diff.Op{diff.Create, diff.Put, diff.Patch, diff.Delete}, States: []State{Withheld}}
	for op, err := range r.rec.Operations(ctx, f) {
		if err != nil {
			return err
		}
		no := r.impossible(op.Op, op.Changes, op.AfterCreate())
		if no == "" || op.Reason.Code == CodeNotPossible || op.Reason.Code == CodeExcluded {
			continue
		}
		op.Reason = Reason{Code: CodeNotPossible, Details: Details{Text: no}}
		if err := r.rec.Settle(ctx, op); err != nil {
			return err
		}
	}
	return nil
}

// impossible says why a change must not be sent to the source as it is now, ""
// when it may; isNew says that the run creates its account.
func (r *run) impossible(op diff.Op, changes []diff.Field, isNew bool) string {
	moves := holds(changes, account.IdentityIDColumn) || holds(changes, account.ManuallyCorrelatedColumn)
	switch source := r.head.Source; {
	case source.Authoritative && moves && !isNew && !r.terms.AllowRecorrelate:
		return diff.NotRecorrelated
	case source.FlatFile(), op == diff.Create && r.terms.AllowDirectCreate, op == diff.Patch && !hasAttributes(changes):
		return ""
	}
	return diff.NotDirect(op)
}

// grown is by how many accounts the run has made its source larger so far. Of
// what was sent and not seen to be done a look tells.
func (r *run) grown(ctx context.Context, empty bool) (n int, err error) {
	counts, err := r.rec.Counts(ctx)
	if err != nil {
		return 0, err
	}
	for _, c := range counts {
		if c.State == Verified && c.Code != CodeAlreadySo {
			n += growth(c.Op, c.N)
		}
	}
	var open []*operation
	look := func() error {
		seen, err := r.looker().look(ctx, natives(open))
		if err != nil {
			return lookFailed("the accounts of what was sent", err)
		}
		for _, op := range open {
			there := len(seen.named(op.Native)) > 0
			if op.Op == diff.Create && there || op.Op == diff.Delete && !there && (empty || seen.provesAbsent(op.Native)) {
				n += growth(op.Op, 1)
			}
		}
		open = open[:0]
		return nil
	}
	f := Filter{Ops: []diff.Op{diff.Create, diff.Delete}, States: []State{Accepted, Failed}}
	for op, err := range r.rec.Operations(ctx, f) {
		if err != nil {
			return 0, err
		}
		if op.Sent {
			open = append(open, newOperation(op))
		}
		if len(open) == batchSize {
			if err := look(); err != nil {
				return 0, err
			}
		}
	}
	if len(open) == 0 {
		return n, nil
	}
	return n, look()
}

// growth is by how many accounts so many operations make the source larger.
func growth(op diff.Op, n int) int {
	switch op {
	case diff.Create:
		return n
	case diff.Delete:
		return -n
	}
	return 0
}

// count asks how many accounts the source has, -1 where the API does not say.
// The first of them can bear witness.
func (r *run) count(ctx context.Context) (total int, err error) {
	page, err := r.api.Accounts(ctx, account.Query{SourceID: r.head.Source.ID, Limit: 10, Count: true})
	if err != nil {
		return 0, fmt.Errorf("counting the accounts of source %q: %w", r.head.Source.Name, err)
	}
	for a, err := range page.Accounts {
		if err != nil {
			return 0, err
		}
		r.witnesses.add(a.NativeIdentity)
	}
	return page.Total, nil
}

// waitOf waits for what changes the accounts of the source, once, and reports
// whether it did. Its error ends the run, once its plan is on record.
func (r *run) waitOf(planned []Count) bool {
	if r.s.Wait == nil || r.waited || r.head.Blocked() {
		return false
	}
	r.waited = true
	var waited bool
	waited, r.unquiet = r.s.Wait(r.head, planned)
	return waited && r.unquiet == nil
}

// wait is waitOf for a plan that was made before. The look before each operation
// finds what has changed meanwhile.
func (r *run) wait(ctx context.Context) error {
	counts, err := r.rec.Counts(ctx)
	if err != nil {
		return err
	}
	r.waitOf(counts)
	return r.unquiet
}

// endedEarly puts on record that the run ended before anything was sent.
func (r *run) endedEarly(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, ErrSuperseded):
		r.head.Left = Reason{Code: CodeSuperseded, Details: Details{Run: r.rec.Status().SupersededBy}}
	case r.head.Left.Code != "":
	case ctx.Err() != nil:
		r.head.Left = why(CodeInterrupted)
	default:
		r.head.Left = why(CodeEnded)
	}
	return errors.Join(err, r.rec.SetHead(context.WithoutCancel(ctx), r.head))
}
