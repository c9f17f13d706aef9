package sync

import (
	"context"
	"fmt"
	"slices"
	"time"

	"accountsync/account"
	"accountsync/diff"

	"golang.org/x/sync/errgroup"
)

// release takes the withheld state off everything that may be sent, and gives
// the phases of writes, and the removals.
func (r *Run) release() (writes [][]*Operation, removals []*Operation) {
	writes = make([][]*Operation, diff.Delete.Phase())
	held := r.holdRemovals() != ""
	planned := 0
	for _, op := range r.result.Operations {
		switch phase := op.Op.Phase(); {
		case phase < len(writes):
			writes[phase] = append(writes[phase], op)
		case held:
			continue
		default:
			removals = append(removals, op)
		}
		op.Reason = ""
		planned++
	}
	r.halt.begin(r.settings, planned)
	return writes, removals
}

// withhold keeps every operation back, for one reason.
func (r *Run) withhold(reason string) {
	for _, op := range r.result.Operations {
		op.Reason = reason
	}
}

// withholdRemovals keeps the removals back.
func (r *Run) withholdRemovals(reason string) {
	for _, op := range r.result.Operations {
		if op.Op.Phase() == diff.Delete.Phase() {
			op.Reason = reason
		}
	}
}

// send sends operations side by side. Each worker writes to its own operation
// and to nothing else.
func (r *Run) send(ctx context.Context, api Writer, ops []*Operation) {
	var g errgroup.Group
	g.SetLimit(r.settings.Workers)
	for i, op := range ops {
		g.Go(func() error {
			r.sendUnlessHalted(ctx, api, op)
			r.settings.watch(Progress{Step: "sending", Done: i + 1, Total: len(ops), Failed: int(r.halt.failed.Load())})
			return nil
		})
	}
	_ = g.Wait() // workers keep their errors in their operations
}

// sendUnlessHalted sends the operation, or keeps it back and says why.
func (r *Run) sendUnlessHalted(ctx context.Context, api Writer, op *Operation) {
	switch why := r.halt.reason(ctx, op.Op); {
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
		body, deferred := createBody(op)
		op.Deferred = deferred
		return api.Create(ctx, r.source.ID, body)
	case diff.Put:
		return api.Put(ctx, op.Account, diff.Overlay(op.Live, op.Changes, r.identity(op)))
	case diff.Delete:
		return api.Delete(ctx, op.Account)
	}
	return account.Receipt{}, fmt.Errorf("%s is not an operation of this version", op.Op)
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
	op.HTTP, op.TrackingID, op.Error = status(err), tracking(err), err.Error()
	op.Lost = answerLost(err)
	switch {
	case op.Lost:
		op.State = Failed // until it shows: see settle
	case ctx.Err() != nil:
		op.State, op.Reason, op.Error = Withheld, "interrupted", ""
	case op.Op == diff.Delete && status(err) == 404:
		op.State, op.Error = Accepted, "" // gone already; the list will tell
	case op.Op == diff.Put && status(err) == 404:
		op.State, op.Error = Stale, "the account is gone: "+err.Error()
	default:
		op.State = Failed
		r.halt.tell(op.Op, err)
	}
}

// pending are the operations of which it is not known whether they were done.
func pending(ops []*Operation) []*Operation {
	return slices.DeleteFunc(slices.Clone(ops), func(op *Operation) bool {
		return op.State != Accepted && !(op.State == Failed && op.Lost)
	})
}
