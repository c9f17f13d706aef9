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

	"golang.org/x/sync/errgroup"
)

// ErrCanary ends a run whose first few operations did not come out as planned.
var ErrCanary = errors.New("the canary operations were not all verified, so nothing more was sent")

// Apply sends what was planned and verifies it: the canary first, if one is
// asked for. A guard that said no stops it before the first write.
func (r *Run) Apply(ctx context.Context, api Writer) error {
	if r.Blocked() {
		return nil
	}
	ops := r.release()
	r.released = len(ops)
	r.halt.begin(r.settings, len(ops))
	canary, rest := r.canary(ops)
	r.carry(ctx, api, canary)
	if !verified(canary) && len(rest) > 0 {
		hold(rest, "the canary operations were not all verified")
		return cmp.Or(r.halt.err(ctx), ErrCanary)
	}
	r.carry(ctx, api, rest)
	r.reload(ctx, api)
	if verified(ops) {
		return nil
	}
	return r.halt.err(ctx)
}

// carry sends operations phase by phase. Removals come last, and only when
// everything before them is settled.
func (r *Run) carry(ctx context.Context, api Writer, ops []*Operation) {
	phases := make([][]*Operation, diff.Phases)
	var second []*Operation
	for _, op := range ops {
		if op.AfterCreate() {
			second = append(second, op)
			continue
		}
		phases[op.Op.Phase()] = append(phases[op.Op.Phase()], op)
	}
	last := diff.Delete.Phase()
	for _, phase := range phases[:last] {
		r.send(ctx, api, phase)
	}
	r.settle(ctx, api, slices.Concat(phases[:last]...))
	second = r.created(second)
	r.send(ctx, api, second)
	r.settle(ctx, api, second)
	r.send(ctx, api, phases[last])
	r.settle(ctx, api, phases[last])
}

// created gives the operations on new accounts whose account is there by now,
// with its id; the others stay withheld.
func (r *Run) created(second []*Operation) (ready []*Operation) {
	creates := map[string]*Operation{}
	for _, op := range r.result.Operations {
		if op.Op == diff.Create && op.State == Verified {
			creates[op.Key] = op
		}
	}
	for _, op := range second {
		create := creates[op.Key]
		if create == nil {
			op.Reason = "its account is not verified to be there"
			continue
		}
		op.Account, op.Native = create.Account, create.Native
		ready = append(ready, op)
	}
	return ready
}

// release gives the operations to be carried out: those not yet done, without
// the removals when these are held.
func (r *Run) release() (ops []*Operation) {
	held := r.holdRemovals() != ""
	for _, op := range r.result.Operations {
		switch {
		case op.Removal() && held, op.State == Verified, op.State == Stale, op.impossible():
			continue
		case op.State == Withheld:
			op.Reason = op.Why
		}
		ops = append(ops, op)
	}
	return ops
}

// canary picks the first few operations of every kind in turn.
func (r *Run) canary(ops []*Operation) (canary, rest []*Operation) {
	if r.settings.Canary <= 0 {
		return nil, ops
	}
	byOp := map[diff.Op][]*Operation{}
	eligible := 0
	for _, op := range ops {
		if !op.AfterCreate() { // whose account may not be among the first few
			byOp[op.Op] = append(byOp[op.Op], op)
			eligible++
		}
	}
	picked := map[*Operation]bool{}
	for len(picked) < min(r.settings.Canary, eligible) {
		for _, kind := range diff.Ops {
			if queue := byOp[kind]; len(queue) > 0 && len(picked) < r.settings.Canary {
				picked[queue[0]], byOp[kind] = true, queue[1:]
			}
		}
	}
	for _, op := range ops {
		if picked[op] {
			canary = append(canary, op)
		} else {
			rest = append(rest, op)
		}
	}
	return canary, rest
}

// verified reports whether nothing is left of the operations.
func verified(ops []*Operation) bool {
	return !slices.ContainsFunc(ops, func(op *Operation) bool { return !op.Settled() })
}

// hold keeps operations back that were not sent, for one reason.
func hold(ops []*Operation, reason string) {
	for _, op := range ops {
		if op.State == Withheld && !op.impossible() {
			op.Reason = reason
		}
	}
}

// removals are the operations that take an account away.
func (r *Run) removals() []*Operation {
	return slices.DeleteFunc(slices.Clone(r.result.Operations), func(op *Operation) bool { return !op.Removal() })
}

// send sends operations side by side. Each worker writes to its own operation
// and to nothing else.
func (r *Run) send(ctx context.Context, api Writer, ops []*Operation) {
	var g errgroup.Group
	g.SetLimit(r.settings.Workers)
	for _, op := range ops {
		g.Go(func() error {
			if err := Safely(func() error { r.sendUnlessHalted(ctx, api, op); return nil }); err != nil {
				r.halt.bug(err)
			}
			r.settings.watch(Progress{Step: "sending", Done: int(r.done.Add(1)), Total: r.released, Failed: int(r.halt.failed.Load())})
			return nil
		})
	}
	_ = g.Wait() // workers keep their errors in their operations
}

// sendUnlessHalted sends the operation, or keeps it back and says why.
func (r *Run) sendUnlessHalted(ctx context.Context, api Writer, op *Operation) {
	switch why := r.halt.reason(ctx, op.Op); {
	case op.State == Accepted, op.State == Failed && op.Lost && op.resent == 0:
		return // sent before the run was taken up again: settle looks at it
	case why == "":
		r.sendOne(ctx, api, op)
	case op.State == Withheld:
		op.Reason = why
	}
}

// sendOne makes one call and notes its outcome.
func (r *Run) sendOne(ctx context.Context, api Writer, op *Operation) {
	if err := r.settings.Journal.Intend(ctx, op); err != nil {
		r.halt.unrecorded(err)
		op.Reason = "its intent could not be written to the journal"
		return
	}
	defer r.record(op)
	op.Sent = true
	began := time.Now()
	receipt, err := r.call(ctx, api, op)
	op.sentAt = time.Now()
	op.DurationMS += op.sentAt.Sub(began).Milliseconds()
	if err != nil {
		r.refused(ctx, op, err)
		return
	}
	op.State, op.Error, op.Lost, op.taskDone = Accepted, "", false, false
	op.Attempts += receipt.Attempts
	op.HTTP, op.Task, op.TaskStatus = receipt.HTTPStatus, receipt.Task, ""
}

// record puts what is known of an operation on record.
func (r *Run) record(op *Operation) {
	if err := r.settings.Journal.Record(op); err != nil {
		r.halt.unrecorded(err)
	}
}

// call sends the operation in the API's own words.
func (r *Run) call(ctx context.Context, api Writer, op *Operation) (account.Receipt, error) {
	switch op.Op {
	case diff.Create:
		body, _ := createBody(op)
		return api.Create(ctx, r.source.ID, body)
	case diff.Put:
		return api.Put(ctx, op.Account, diff.Overlay(op.Live, op.Changes, r.identity(op)))
	case diff.Patch:
		return api.Patch(ctx, op.Account, diff.PatchOps(op.Changes))
	case diff.Enable:
		return api.Enable(ctx, op.Account, r.toggle())
	case diff.Disable:
		return api.Disable(ctx, op.Account, r.toggle())
	case diff.Unlock:
		return api.Unlock(ctx, op.Account, r.settings.Tell)
	case diff.Reload:
		return api.Reload(ctx, op.Account)
	case diff.Delete:
		return api.Delete(ctx, op.Account)
	}
	return account.Receipt{}, fmt.Errorf("%s is not an operation of this version", op.Op)
}

// toggle is what enable and disable are told.
func (r *Run) toggle() account.Toggle {
	t := r.settings.Tell
	return account.Toggle{ExternalVerificationID: t.ExternalVerificationID, ForceProvisioning: t.ForceProvisioning}
}

// createBody is what a create may carry. The published document allows it
// only strings: several values of one attribute follow by a put once the
// account shows.
func createBody(op *Operation) (body []account.Attribute, deferred []string) {
	for _, f := range op.Changes {
		switch texts := f.After.AppendTexts(nil); len(texts) {
		case 0:
		case 1:
			body = append(body, account.Attribute{Name: f.Attribute, Value: account.StringValue(texts[0])})
		default:
			deferred = append(deferred, f.Attribute)
		}
	}
	return body, deferred
}

// identity is the attribute every body must carry.
func (r *Run) identity(op *Operation) account.Attribute {
	return account.Attribute{Name: r.schema.IdentityAttribute, Value: account.StringValue(op.Native)}
}

// nativeIdentity is the account's own name on its source: the key, unless
// another attribute serves as the key.
func (r *Run) nativeIdentity(op *Operation) string {
	value := (&account.Account{Attributes: op.Live}).Attribute(r.schema.IdentityAttribute)
	for _, f := range op.Changes {
		if op.Op == diff.Create && f.Attribute == r.schema.IdentityAttribute {
			value = f.After
		}
	}
	if texts := value.AppendTexts(nil); len(texts) == 1 {
		return texts[0]
	}
	return op.Key
}

// refused notes why a call was not taken.
func (r *Run) refused(ctx context.Context, op *Operation, err error) {
	op.Attempts += attempts(err)
	op.HTTP, op.TrackingID, op.Error = status(err), tracking(err), answerText(err)
	op.Lost = answerLost(err)
	switch {
	case op.Lost:
		op.State = Failed // until it shows: see settle
	case ctx.Err() != nil:
		op.State, op.Reason, op.Error = Withheld, "interrupted", ""
	case op.Op == diff.Delete && status(err) == 404:
		op.State, op.Error = Accepted, "" // gone already; the list will tell
	case op.Op != diff.Create && status(err) == 404:
		op.State, op.Error = Stale, "the account is gone: "+answerText(err)
	default:
		op.State = Failed
		r.halt.tell(op.Op, err)
	}
}

// pending are the operations of which a look can tell whether they were done.
func pending(ops []*Operation) []*Operation {
	return slices.DeleteFunc(slices.Clone(ops), func(op *Operation) bool {
		return op.looked || op.State != Accepted && !(op.State == Failed && op.Lost)
	})
}
