package sync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"accountsync/account"
	"accountsync/diff"

	"golang.org/x/sync/errgroup"
)

// ErrCanary ends a run whose first few operations did not come out as planned.
var ErrCanary = errors.New("the canary operations were not all verified, so nothing more was sent")

// apply carries out what was planned, phase by phase, the canary first, if one
// is asked for. A phase begins when the one before is settled; removals come
// last. It fills in why it did not come to the rest.
func (r *run) apply(ctx context.Context, api WriteAPI) error {
	counts, err := r.rec.Counts(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRecord, err)
	}
	for _, c := range counts {
		if c.State != Verified && c.State != Stale && c.Code != CodeExcluded {
			r.total += c.N
		}
	}
	r.halt.begin(r.s.Stop, r.terms.MaxErrors, r.total)
	if canary, err := r.canary(ctx, api); err != nil || !canary {
		r.head.Left = why(CodeCanary)
		return cmp.Or(err, r.halt.err(ctx), ErrCanary)
	}
	for phase := range Phases {
		switch phase {
		case PhaseCreate:
			err = r.createAll(ctx, api)
		case PhaseDelete:
			err = r.deleteAll(ctx, api)
		default:
			err = r.phase(ctx, api, r.batches(ctx, phase))
		}
		if err != nil {
			r.halt.unrecorded(err)
		}
		if left := r.halt.reason(ctx, phase); left.Code != "" {
			r.head.Left = left
		}
	}
	r.reload(ctx, api)
	return r.halt.err(ctx)
}

// batches yields the operations of a phase that are to be sent or looked at,
// some at a time, in their order. It holds one batch.
func (r *run) batches(ctx context.Context, phase int) iter.Seq2[[]*operation, error] {
	f := Filter{Phase: &phase, Limit: batchSize, States: []State{Withheld, Accepted, Failed}}
	return func(yield func([]*operation, error) bool) {
		for {
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
		return !op.Removal() || op.Sent || r.head.HoldsRemovals().Code == ""
	case op.Reason.Code == CodeNotPossible, op.Reason.Code == CodeExcluded:
		return false
	}
	return !op.Removal() || r.head.HoldsRemovals().Code == ""
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
		witness, err := r.looker().witness(ctx, []string{first.Native}, nil)
		if err != nil {
			r.halt.end(lookFailed("the accounts of the next operations", err))
			return false
		}
		if witness != "" {
			return true
		}
		first.alone = true
		if err := r.phase(ctx, api, one([]*operation{first})); err != nil {
			r.halt.unrecorded(err)
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
				witness, err := r.looker().witness(ctx, natives(batch), nil)
				if err != nil {
					r.halt.end(lookFailed("the accounts of the next operations", err))
				} else if witness == "" && len(batch) > 1 {
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

// phase looks at operations batch by batch, sends what still holds, and
// verifies what was sent while later batches are being sent. Its error is of the record.
func (r *run) phase(ctx context.Context, api WriteAPI, batches iter.Seq2[[]*operation, error]) (err error) {
	next, stop := iter.Pull2(batches)
	defer stop()
	batch, err, more := next()
	if !more || err != nil {
		return err
	}
	v := newVerifier(r, api)
	var g errgroup.Group
	g.Go(func() error {
		if err := Safely(func() error { v.run(ctx); return nil }); err != nil {
			r.halt.end(err)
			for range v.in { // so that nobody waits for it
			}
		}
		return nil
	})
	err = r.sendAll(ctx, api, batch, next, v)
	close(v.in)
	_ = g.Wait() // failures are in the record and in halt
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

// lookAhead takes the next batch and looks at its accounts in the background.
func (r *run) lookAhead(ctx context.Context, next func() ([]*operation, error, bool)) <-chan looked {
	result := make(chan looked, 1)
	go func() {
		var l looked
		if err := Safely(func() error {
			if r.halt.interrupted(ctx) || r.halt.ended() {
				return nil
			}
			l.batch, l.lost, _ = next()
			if l.lost == nil {
				l.lost = r.newAccounts(ctx, l.batch)
			}
			if l.lost == nil && len(l.batch) > 0 && r.halt.reason(ctx, l.batch[0].Phase()).Code == "" {
				l.seen, l.err = r.lookUntilClear(ctx, l.batch)
			}
			return nil
		}); err != nil {
			l.err = err
		}
		result <- l
	}()
	return result
}

// clearTries is how often a batch is looked at whose accounts a look does not
// show clearly, with growing waits: 15 s in all.
const clearTries = 5

// lookUntilClear looks at the accounts of a batch, and again as long as a
// replica that is behind answers, or nothing bears witness.
func (r *run) lookUntilClear(ctx context.Context, batch []*operation) (seen *look, err error) {
	for try := range clearTries {
		seen, err = r.looker().look(ctx, natives(batch))
		if err != nil || !slices.ContainsFunc(batch, func(op *operation) bool { return unclear(op, seen) }) {
			break
		}
		if try == clearTries-1 || r.halt.interrupted(ctx) || r.halt.ended() {
			break
		}
		select {
		case <-time.After(time.Second << try):
		case <-ctx.Done():
		case <-r.s.Stop.Done():
		}
	}
	return seen, err
}

// unclear reports whether a look does not tell how the account of an operation
// that was not sent yet stands.
func unclear(op *operation, seen *look) bool {
	a := seen.byID[op.AccountID()]
	switch {
	case op.State != Withheld || op.AfterCreate() && op.Created == "":
		return false
	case a != nil && op.Op != diff.Create:
		return lags(a, op.modified)
	case op.AfterCreate(): // it was there
		return true
	}
	return len(seen.named(op.Native)) == 0 && !seen.provesAbsent(op.Native) && !op.alone
}

// newAccounts finds the accounts of operations that wait for their create.
func (r *run) newAccounts(ctx context.Context, batch []*operation) error {
	for _, op := range batch {
		if !op.AfterCreate() {
			continue
		}
		for create, err := range r.rec.Operations(ctx, Filter{Name: op.Key, Ops: []diff.Op{diff.Create}}) {
			if err != nil {
				return err
			}
			if create.Key == op.Key && create.State == Verified && create.Sent && create.Created != "" { // and nobody else's
				op.Created, op.Native, op.base, op.modified = create.Created, create.Native, create.Left, create.LeftModified
			}
		}
	}
	return nil
}

// natives are the native identities of the operations, each once.
func natives(ops []*operation) []string {
	names := make([]string, len(ops))
	for i, op := range ops {
		names[i] = op.Native
	}
	return unique(names)
}

// unique are the native identities as the API tells them apart, each once.
func unique(natives []string) (once []string) {
	seen := map[string]bool{}
	for _, native := range natives {
		if !seen[fold(native)] {
			seen[fold(native)] = true
			once = append(once, native)
		}
	}
	return once
}

// ready decides what becomes of an operation by what was just seen of its
// account, and reports whether it is to be sent. What was sent before and does
// not show yet goes to the verifier. Its error is of the record.
func (r *run) ready(ctx context.Context, op *operation, seen *look, v *verifier) (bool, error) {
	if seen == nil || r.halt.reason(ctx, op.Phase()).Code != "" {
		return false, nil
	}
	if op.AfterCreate() && op.Created == "" {
		op.Reason = why(CodeNoAccount)
		return false, r.rec.Settle(ctx, op.Operation)
	}
	d, err := r.decide(ctx, op, seen)
	if err != nil {
		return false, err
	}
	if d.account != nil && op.Op != diff.Delete {
		r.witnesses.add(d.account.NativeIdentity)
	}
	switch d.do {
	case done:
		r.already(op, d.account)
	case outdated:
		r.halt.setUnknown(op, false)
		op.State, op.Reason, op.Error, op.Ambiguous = Stale, d.why, "", false
	case unproven:
		if op.State != Withheld {
			v.take(op)
			return false, nil
		}
		op.Reason = d.why
	case complete:
		r.halt.setUnknown(op, false)
		op.State, op.Reason, op.Error, op.Ambiguous, op.Completed = Accepted, Reason{}, "", false, false // whatever became of an earlier put of the rest
		v.take(op)
		return false, nil
	case waiting:
		v.take(op)
		return false, nil
	case send:
		if op.Op == diff.Create && op.Ambiguous && time.Since(op.sentAt) < r.terms.LostAfter { // anything else may arrive twice
			v.take(op)
			return false, nil
		}
		if r.impossible(op.Op, op.Changes, op.AfterCreate()) != "" { // it was sent when it was possible, and stays as it ended
			return false, nil
		}
		r.found(op, d.account, seen)
		return true, nil
	}
	return false, r.rec.Settle(context.WithoutCancel(ctx), op.Operation)
}

// found notes what was seen right before an operation is sent: what a PUT
// carries over, a delete takes away, and what proves that the account of a
// create is not there.
func (r *run) found(op *operation, a *account.Account, seen *look) {
	if a == nil {
		op.Absent = nil
		if op.Op == diff.Create && (seen.provesAbsent(op.Native) || op.alone) {
			op.Absent = &Absence{At: time.Now().UTC(), Witness: seen.proven[fold(op.Native)]}
		}
		return
	}
	op.seen, op.modified = a, a.Modified
	switch op.Op {
	case diff.Reload:
		op.base = diff.Fingerprint(a)
	case diff.Delete:
		op.Before = a
		r.witnesses.drop(op.Native)
	}
}

// already marks an operation that somebody, or an earlier part of the run,
// carried out.
func (r *run) already(op *operation, a *account.Account) {
	r.verified(op, a)
	if !op.Sent {
		op.Reason = why(CodeAlreadySo)
	}
}

// verified marks an operation as seen to be done, on an account that is gone
// where it is nil.
func (r *run) verified(op *operation, a *account.Account) {
	r.halt.setUnknown(op, false)
	op.State, op.Reason, op.Error, op.Ambiguous, op.settled, op.overlay = Verified, Reason{}, "", false, true, nil
	if a == nil {
		return
	}
	op.Evidence.Left, op.LeftModified = diff.Fingerprint(a), a.Modified
	if op.Op == diff.Create {
		op.Created = a.ID
	}
}

func (r *run) looker() *looker {
	return &looker{api: r.api, source: r.head.Source.ID, witnesses: r.witnesses}
}

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
		r.halt.unrecorded(err)
		return
	}
	began := time.Now()
	receipt, err := r.call(ctx, api, op)
	r.sent(op)
	op.DurationMS += op.sentAt.Sub(began).Milliseconds()
	if err != nil {
		r.refused(ctx, op, op.Phase(), before, err)
	} else {
		r.taken(op, receipt)
	}
	r.settle(op)
}

// sent notes when an operation was sent.
func (r *run) sent(op *operation) {
	op.sentAt, op.pausedBefore, op.looks = time.Now(), r.s.Paused(), 0
}

// taken notes that the API took a call.
func (r *run) taken(op *operation, receipt account.Receipt) {
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
		r.halt.unrecorded(err)
	}
}

// call sends the operation in the API's own words.
func (r *run) call(ctx context.Context, api WriteAPI, op *operation) (account.Receipt, error) {
	tell := r.terms.Action
	toggle := account.Toggle{ExternalVerificationID: tell.ExternalVerificationID, ForceProvisioning: tell.ForceProvisioning}
	switch op.Op {
	case diff.Create:
		body, _ := createBody(&op.OperationPlan)
		return api.Create(ctx, r.head.Source.ID, body)
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

// createBody is what a create may carry. The published document allows it
// only strings: several values of one attribute follow by a put once the
// account shows.
func createBody(op *OperationPlan) (body []account.Attribute, deferred []string) {
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
func (r *run) identity(op *operation) account.Attribute {
	return account.Attribute{Name: r.head.AccountSchema.IdentityAttribute, Value: account.StringValue(op.Native)}
}

// refused notes why a call was not taken; phase is that of the call, which is a
// put where a create is completed. One that was cut off before it went out
// leaves the operation as it was before, whatever an earlier call did.
func (r *run) refused(ctx context.Context, op *operation, phase int, before Operation, err error) {
	op.Attempts += attempts(err)
	op.HTTP, op.TrackingID, op.Error = status(err), tracking(err), answerText(err)
	op.Ambiguous = answerLost(err)
	r.halt.setUnknown(op, op.Ambiguous)
	switch {
	case op.Ambiguous:
		op.State, op.Reason = Failed, why(CodeNoAnswer) // until it shows
	case ctx.Err() != nil && status(err) == 0:
		op.State, op.Reason, op.Error, op.Ambiguous = before.State, before.Reason, before.Error, before.Ambiguous
		op.Sent, op.Completed = before.Sent || attempts(err) > 0, before.Completed
		if op.State == Withheld {
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
		r.halt.tell(phase, err)
	}
}
