package sync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"accountsync/diff"

	"golang.org/x/sync/errgroup"
)

// ErrCanary ends a run whose first few operations did not come out as planned.
var ErrCanary = errors.New("the canary operations were not all verified, so nothing more was sent")

// batches yields the operations of a phase that are to be sent or looked at,
// some at a time, in their order, until no more of them may be sent. It holds
// one batch.
func (r *run) batches(ctx context.Context, phase int) iter.Seq2[[]*operation, error] {
	f := Filter{Phase: &phase, Limit: batchSize, States: []State{Withheld, Accepted, Failed}}
	return func(yield func([]*operation, error) bool) {
		for r.halt.reason(ctx, phase).Code == "" {
			var batch []*operation
			n := 0
			for op, err := range r.rec.Operations(ctx, f) {
				if err != nil {
					yield(nil, err)
					return
				}
				n++
				f.After = op.Row.Place
				if r.sendable(op) {
					batch = append(batch, newOperation(op))
				}
			}
			if len(batch) > 0 && !yield(batch, nil) || n < batchSize {
				return
			}
		}
	}
}

// sendable reports whether an operation is to be sent or looked at.
func (r *run) sendable(op *Operation) bool {
	switch {
	case op.State != Withheld:
		return !op.Removal() || op.Sent || r.head.holdsRemovals().Code == ""
	case op.Reason.Code == CodeNotPossible, op.Reason.Code == CodeExcluded:
		return false
	}
	return !op.Removal() || r.head.holdsRemovals().Code == ""
}

// canary sends the first few operations of every kind in turn and reports
// whether they were all verified.
func (r *run) canary(ctx context.Context, api WriteAPI) (verified bool, err error) {
	if r.terms.Canary <= 0 {
		return true, nil
	}
	byOp := map[diff.Op][]*operation{}
	for _, op := range diff.Ops {
		f := Filter{Ops: []diff.Op{op}, States: []State{Withheld, Accepted, Failed, Verified}}
		for op, err := range r.rec.Operations(ctx, f) {
			if err != nil {
				return false, fmt.Errorf("%w: %w", ErrRecord, err)
			}
			if !op.AfterCreate() && r.sendable(op) { // whose account may not be among the first few
				byOp[op.Op] = append(byOp[op.Op], newOperation(op))
			}
			if len(byOp[op.Op]) == r.terms.Canary {
				break
			}
		}
	}
	var picked []*operation
	for more := true; more && len(picked) < r.terms.Canary; {
		more = false
		for _, op := range diff.Ops {
			if queue := byOp[op]; len(queue) > 0 && len(picked) < r.terms.Canary {
				picked, byOp[op], more = append(picked, queue[0]), queue[1:], true
			}
		}
	}
	slices.SortStableFunc(picked, func(a, b *operation) int { return cmp.Compare(a.Phase(), b.Phase()) })
	for start := 0; start < len(picked); {
		end := start
		for end < len(picked) && picked[end].Phase() == picked[start].Phase() {
			end++
		}
		open := slices.DeleteFunc(slices.Clone(picked[start:end]), func(op *operation) bool { return op.State == Verified })
		r.createAlone(ctx, api, &open)
		if err := r.phase(ctx, api, one(open)); err != nil {
			return false, fmt.Errorf("%w: %w", ErrRecord, err)
		}
		start = end
	}
	return !slices.ContainsFunc(picked, func(op *operation) bool { return !op.Settled() }), nil
}

// one yields one batch.
func one(ops []*operation) iter.Seq2[[]*operation, error] {
	return func(yield func([]*operation, error) bool) {
		if len(ops) > 0 {
			yield(ops, nil)
		}
	}
}

// createAll sends the creates. In an empty source nobody can bear witness that
// an account is not there: there the first create goes alone and, once it is
// seen, bears witness for the others.
func (r *run) createAll(ctx context.Context, api WriteAPI) error {
	return r.phase(ctx, api, func(yield func([]*operation, error) bool) {
		for batch, err := range r.batches(ctx, PhaseCreate) {
			if err == nil && !r.createAlone(ctx, api, &batch) {
				return
			}
			if (err != nil || len(batch) > 0) && !yield(batch, err) {
				return
			}
		}
	})
}

// createAlone sends creates one by one as long as no account of the source can
// bear witness, and leaves the others. It reports whether to go on.
func (r *run) createAlone(ctx context.Context, api WriteAPI, ops *[]*operation) bool {
	for len(*ops) > 0 && (*ops)[0].Op == diff.Create && r.halt.reason(ctx, PhaseCreate).Code == "" {
		first := (*ops)[0]
		witnesses, err := r.looker().pick(ctx, []string{first.Native}, nil)
		if err != nil {
			r.halt.end(lookFailed("the accounts of the next operations", err))
			return false
		}
		if len(witnesses) > 0 {
			return true
		}
		first.alone = true
		if err := r.phase(ctx, api, one([]*operation{first})); err != nil {
			r.halt.journalError(err)
			return false
		}
		if r.halt.reason(ctx, PhaseCreate).Code != "" {
			return false
		}
		if first.State == Accepted {
			r.halt.end(errNoWitness)
			return false
		}
		*ops = (*ops)[1:]
	}
	return true
}

// errNoWitness ends a run whose first account of an empty source does not show.
var errNoWitness = errors.New("the source is empty, and its first new account does not show: nothing would prove that the others are not there yet")

// deleteAll sends the deletes. Where they leave no account in the source, the
// last one waits for the others, to bear witness that they are gone. Nothing
// is left that could bear witness for itself.
func (r *run) deleteAll(ctx context.Context, api WriteAPI) error {
	var last *operation
	err := r.phase(ctx, api, func(yield func([]*operation, error) bool) {
		for batch, err := range r.batches(ctx, PhaseDelete) {
			if err == nil && len(batch) < batchSize && r.halt.reason(ctx, PhaseDelete).Code == "" {
				witnesses, err := r.looker().pick(ctx, natives(batch), nil)
				if err != nil {
					r.halt.end(lookFailed("the accounts of the next operations", err))
				} else if len(witnesses) == 0 && len(batch) > 1 {
					last, batch = batch[len(batch)-1], batch[:len(batch)-1]
				}
			}
			if !yield(batch, err) {
				return
			}
		}
	})
	if err == nil && last != nil {
		err = r.phase(ctx, api, one([]*operation{last}))
	}
	return err
}

// looked is a batch of operations and what a look right before showed of them.
type looked struct {
	batch []*operation
	seen  *look
	err   error // of the look
	lost  error // of the record
}

// sendAll sends operations side by side, each batch after a look. The next look
// is taken when a batch is nearly sent, so that the quota is never idle and no
// look is old.
func (r *run) sendAll(ctx context.Context, api WriteAPI, first []*operation, next func() ([]*operation, error, bool), v *verifier) error {
	var g errgroup.Group
	g.SetLimit(max(r.terms.Workers, 1))
	defer func() { _ = g.Wait() }() // workers keep their errors in their operations
	coming := r.lookAhead(ctx, func() ([]*operation, error, bool) { return first, nil, true })
	for coming != nil {
		now := <-coming
		coming = nil
		if now.lost != nil {
			return now.lost
		}
		if now.err != nil && ctx.Err() == nil {
			r.halt.end(lookFailed("the accounts of the next operations", now.err))
		}
		for j, op := range now.batch {
			if j == max(0, len(now.batch)-2*r.terms.Workers) {
				coming = r.lookAhead(ctx, next)
			}
			ready, err := r.ready(ctx, op, now.seen, v)
			if err != nil {
				return err
			}
			if !ready {
				r.progressed()
				continue
			}
			g.Go(func() error {
				if err := Safely(func() error { r.sendUnlessHalted(ctx, api, op); return nil }); err != nil {
					r.halt.end(err)
				}
				r.progressed()
				v.take(op)
				return nil
			})
		}
	}
	return nil
}

func (r *run) progressed() {
	r.s.Watch(Progress{Step: "sending", Done: int(r.done.Add(1)), Total: r.total, Failed: int(r.halt.failed.Load())})
}
