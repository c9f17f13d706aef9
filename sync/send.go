package sync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"accountsync/account"
	"accountsync/diff"
)

// sendUnlessHalted sends the operation, unless the run was halted while it
// waited for a worker.
func (r *run) sendUnlessHalted(ctx context.Context, api WriteAPI, op *operation) {
	if r.halt.reason(ctx, op.Phase()).Code == "" {
		r.sendOne(ctx, api, op)
	}
}

// sendOne makes one call and puts its outcome on record.
func (r *run) sendOne(ctx context.Context, api WriteAPI, op *operation) {
	before := *op.Operation
	if err := r.rec.Intend(ctx, op.Operation); err != nil {
		r.halt.journalError(err)
		return
	}
	began := time.Now()
	receipt, err := r.call(r.guarded(ctx), api, op)
	r.sent(op)
	op.DurationMS += op.sentAt.Sub(began).Milliseconds()
	if err != nil {
		r.refused(ctx, op, op.Phase(), before, err)
	} else {
		r.halt.took(op.Phase())
		r.taken(op, before.Ambiguous, receipt)
	}
	r.settle(op)
}

// guarded is a context for writing: after the wait for the quota, which may be
// long, nothing is sent for a run that another process has taken over meanwhile.
func (r *run) guarded(ctx context.Context) context.Context {
	return r.s.Guarded(ctx, func() error {
		if err := r.rec.Owned(ctx); err != nil {
			return fmt.Errorf("%w: %w", ErrRecord, err)
		}
		return nil
	})
}

// sent notes when an operation was sent.
func (r *run) sent(op *operation) {
	op.sentAt, op.pausedBefore, op.nextLook = time.Now(), r.s.Paused(), time.Time{}
}

// taken notes that the API took a call; again says that an earlier one got no answer.
func (r *run) taken(op *operation, again bool, receipt account.Receipt) {
	op.twice = op.Op == diff.Delete && (again || receipt.Attempts > 1)
	r.halt.setUnknown(op, false)
	op.State, op.Reason, op.Error, op.Ambiguous, op.taskDone = Accepted, Reason{}, "", false, false
	op.Attempts += receipt.Attempts
	op.HTTP, op.Task, op.TaskStatus, op.AcceptedAt = receipt.HTTPStatus, receipt.Task, "", op.sentAt.UTC()
}

// settle puts on record how an operation stands.
func (r *run) settle(ops ...*operation) {
	plain := make([]*Operation, len(ops))
	for i, op := range ops {
		plain[i] = op.Operation
	}
	if err := r.rec.Settle(context.Background(), plain...); err != nil {
		r.halt.journalError(err)
	}
}

// call sends the operation in the API's own words.
func (r *run) call(ctx context.Context, api WriteAPI, op *operation) (account.Receipt, error) {
	tell := r.terms.Action
	toggle := account.Toggle{ExternalVerificationID: tell.ExternalVerificationID, ForceProvisioning: tell.ForceProvisioning}
	switch op.Op {
	case diff.Create:
		return api.Create(ctx, r.head.Source.ID, createBody(op.Changes))
	case diff.Put:
		return api.Put(ctx, op.AccountID(), diff.Overlay(op.seen.Attributes, op.Changes, r.identity(op)))
	case diff.Patch:
		return api.Patch(ctx, op.AccountID(), diff.PatchOps(op.Changes))
	case diff.Enable:
		return api.Enable(ctx, op.AccountID(), toggle)
	case diff.Disable:
		return api.Disable(ctx, op.AccountID(), toggle)
	case diff.Unlock:
		return api.Unlock(ctx, op.AccountID(), tell)
	case diff.Reload:
		return api.Reload(ctx, op.AccountID())
	case diff.Delete:
		return api.Delete(ctx, op.AccountID())
	}
	return account.Receipt{}, fmt.Errorf("%s is not an operation of this version", op.Op)
}

// createBody is what a create carries of what a new account is to have: all but
// what is deferred.
func createBody(changes []diff.Field) (body []account.Attribute) {
	for _, f := range changes {
		if texts := f.After.AppendTexts(nil); len(texts) > 0 && !deferred(f) {
			body = append(body, account.Attribute{Name: f.Attribute, Value: account.StringValue(texts[0])})
		}
	}
	return body
}

// deferred reports whether a create cannot carry an attribute. The published
// document allows it only strings: several values of one attribute follow by a
// put once the account shows.
func deferred(f diff.Field) bool { return f.After.IsList() && len(f.After.AppendTexts(nil)) > 1 }

// defers reports whether a create cannot carry all of its attributes.
func (op *OperationPlan) defers() bool {
	return op.Op == diff.Create && slices.ContainsFunc(op.Changes, deferred)
}

// identity is the attribute every body must carry.
func (r *run) identity(op *operation) account.Attribute {
	return account.Attribute{Name: r.head.AccountSchema.IdentityAttribute, Value: account.StringValue(op.Native)}
}

// refused notes why a call was not taken; phase is that of the call, which is a
// put where a create is completed. One that was cut off before it went out
// leaves the operation as it was before, whatever an earlier call did.
func (r *run) refused(ctx context.Context, op *operation, phase int, before Operation, err error) {
	op.Attempts += attempts(err)
	op.HTTP, op.TrackingID, op.Error = status(err), tracking(err), answerText(err)
	unsent := errors.Is(err, ErrRecord) // by its guard
	op.Ambiguous = answerLost(err) && !unsent || unsent && attempts(err) > 0
	r.halt.setUnknown(op, op.Ambiguous)
	if unsent {
		r.halt.end(err)
	}
	switch {
	case op.Ambiguous:
		op.State, op.Reason = Failed, why(CodeNoAnswer) // until it shows
	case ctx.Err() != nil && status(err) == 0, unsent:
		before.Attempts, before.Row = op.Attempts, op.Row
		before.Sent = before.Sent || attempts(err) > 0
		*op.Operation = before
		if op.State == Withheld && !unsent {
			op.Reason = why(CodeInterrupted)
		}
		r.halt.setUnknown(op, op.Ambiguous)
	case op.Op == diff.Delete && status(err) == 404:
		op.State, op.Reason, op.Error = Accepted, Reason{}, "" // gone already; the list will tell
	case op.Op != diff.Create && status(err) == 404:
		op.State, op.Reason = Stale, why(CodeGone)
	default:
		op.Before = cmp.Or(op.Before, op.seen) // the API may repeat values of it, which logs must not
		op.State, op.Reason = Failed, why(CodeRefused)
		if Denied(err) { // it may end the run: on whose account, a log may say by the line only
			where := "account " + op.AccountID()
			if op.Line > 0 {
				where = fmt.Sprintf("line %d", op.Line)
			}
			err = fmt.Errorf("%s of %s: %w", op.Op, where, err)
		}
		r.halt.apiError(phase, err)
	}
}
