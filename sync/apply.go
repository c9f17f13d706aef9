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

// Apply carries out what was planned: the canary first, if one is asked for. A
// guard that said no stops it before the first write.
func (r *Run) Apply(ctx context.Context, api Writer) error {
	if r.Blocked() {
		return nil
	}
	ops := r.release()
	r.released = len(ops)
	r.halt.begin(r.settings, len(ops))
	r.ownOperations()
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

// ownOperations finds the accounts that several operations of the run are about.
func (r *Run) ownOperations() {
	first := map[string]*Operation{}
	r.own, r.follows = map[string][]*Operation{}, map[string]bool{}
	for _, op := range r.result.Operations {
		if op.AfterCreate() {
			r.follows[op.Key] = true
		}
		switch one := first[op.Account]; {
		case op.Account == "":
		case one == nil:
			first[op.Account] = op
		case r.own[op.Account] == nil:
			r.own[op.Account] = []*Operation{one, op}
		default:
			r.own[op.Account] = append(r.own[op.Account], op)
		}
	}
}

// carry sends operations phase by phase; a phase begins when the one before is
// settled. What follows the create of its account comes after the updates, and
// removals come last.
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
	states := diff.Disable.Phase()
	r.createAll(ctx, api, phases[0])
	for _, phase := range phases[1:states] {
		r.phase(ctx, api, phase)
	}
	r.phase(ctx, api, r.created(second))
	r.phase(ctx, api, phases[states])
	r.deleteAll(ctx, api, phases[diff.Delete.Phase()])
}

// deleteAll sends the deletes. Where they leave no account in the source, the
// last one waits for the others, to bear witness that they are gone. Nothing
// is left that could bear witness for itself.
func (r *Run) deleteAll(ctx context.Context, api Writer, ops []*Operation) {
	if len(ops) > 1 && r.halt.reason(ctx, diff.Delete) == "" {
		witness, err := r.looker(api).witness(ctx, natives(ops), nil)
		if err != nil {
			r.halt.end(lookFailed("the accounts of the next operations", err))
		}
		if witness == "" {
			r.phase(ctx, api, ops[:len(ops)-1])
			ops = ops[len(ops)-1:]
		}
	}
	r.phase(ctx, api, ops)
}

// createAll sends the creates. In an empty source nobody can bear witness that
// an account is not there: there the first create goes alone and, once it is
// seen, bears witness for the others.
func (r *Run) createAll(ctx context.Context, api Writer, ops []*Operation) {
	for len(ops) > 0 && r.halt.reason(ctx, diff.Create) == "" {
		l := r.looker(api)
		witness, err := l.witness(ctx, []string{ops[0].Native}, nil)
		if err != nil {
			r.halt.end(lookFailed("the accounts of the next operations", err))
			break
		}
		if witness != "" {
			break
		}
		first := ops[0]
		first.alone = true
		r.phase(ctx, api, ops[:1])
		ops = ops[1:]
		if first.State == Accepted {
			hold(ops, "the source is empty, and its first new account does not show, so that nothing proves the others are not there yet")
			return
		}
	}
	r.phase(ctx, api, ops)
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
			op.Reason = "skipped: its account was not created"
			continue
		}
		op.Account, op.Native, op.Fingerprint = create.Account, create.Native, create.After
		r.own[op.Account] = append(r.own[op.Account], op)
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

// phase looks at operations batch by batch, sends what still holds, and
// verifies what was sent while later batches are being sent.
func (r *Run) phase(ctx context.Context, api Writer, ops []*Operation) {
	if len(ops) == 0 {
		return
	}
	v := newVerifier(r, api, len(ops))
	var g errgroup.Group
	g.Go(func() error {
		if err := Safely(func() error { v.run(ctx); return nil }); err != nil {
			r.halt.end(err)
			for range v.in { // so that nobody waits for it
			}
		}
		return nil
	})
	r.sendAll(ctx, api, ops, v)
	close(v.in)
	_ = g.Wait() // failures are in the operations and in halt
}

// looked is a batch of operations and what a look right before showed of them.
type looked struct {
	seen *look
	err  error
}

// sendAll sends operations side by side, each batch after a look. The next look
// is taken when a batch is nearly sent, so that the quota is never idle and no
// look is old.
func (r *Run) sendAll(ctx context.Context, api Writer, ops []*Operation, v *verifier) {
	var g errgroup.Group
	g.SetLimit(r.settings.Workers)
	batches := slices.Collect(slices.Chunk(ops, batchSize))
	next := r.lookAhead(ctx, api, batches[0])
	for i, batch := range batches {
		now := <-next
		if now.err != nil && ctx.Err() == nil {
			r.halt.end(lookFailed("the accounts of the next operations", now.err))
		}
		for j, op := range batch {
			if i+1 < len(batches) && j == max(0, len(batch)-2*r.settings.Workers) {
				next = r.lookAhead(ctx, api, batches[i+1])
			}
			if !r.ready(ctx, op, now.seen, v) {
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
	_ = g.Wait() // workers keep their errors in their operations
}

func (r *Run) progressed() {
	r.settings.watch(Progress{Step: "sending", Done: int(r.done.Add(1)), Total: r.released, Failed: int(r.halt.failed.Load())})
}

// lookAhead looks at the accounts of a batch in the background.
func (r *Run) lookAhead(ctx context.Context, api Reader, batch []*Operation) <-chan looked {
	result := make(chan looked, 1)
	go func() {
		var l looked
		l.err = Safely(func() (err error) {
			if why := r.halt.reason(ctx, batch[0].Op); why == "" {
				l.seen, err = r.looker(api).look(ctx, natives(batch))
			}
			return err
		})
		result <- l
	}()
	return result
}

// natives are the native identities of the operations, each once.
func natives(ops []*Operation) []string {
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
// not show yet goes to the verifier.
func (r *Run) ready(ctx context.Context, op *Operation, seen *look, v *verifier) bool {
	if why := r.halt.reason(ctx, op.Op); why != "" || seen == nil {
		if op.State == Withheld {
			op.Reason = cmp.Or(why, "interrupted")
		}
		return false
	}
	d := r.decide(op, seen)
	if d.account != nil && op.Op != diff.Delete {
		r.witnesses.add(d.account.NativeIdentity)
	}
	switch d.do {
	case done:
		r.already(op, d.account)
	case outdated:
		outdate(op, d.reason)
	case unproven:
		if op.State == Withheld {
			op.Reason = d.reason
		} else {
			v.take(op)
			return false
		}
	case complete:
		op.State, op.Error, op.Lost = Accepted, "", false // whatever became of an earlier put of the rest
		v.take(op)
		return false
	case waiting:
		v.take(op)
		return false
	case send:
		if op.Lost && time.Since(op.sentAt) < r.settings.LostAfter {
			v.take(op)
			return false
		}
		r.base(op, d.account, seen)
		return true
	}
	r.record(op)
	return false
}

// base notes on what an operation is sent: what a PUT carries over, and whether
// it is proven that a create finds no account.
func (r *Run) base(op *Operation, a *account.Account, seen *look) {
	if a == nil {
		op.Absent = op.Op == diff.Create && seen.provesAbsent(op.Native)
		return
	}
	op.Live, op.Modified = a.Attributes, a.Modified
	if op.Op == diff.Reload {
		op.Fingerprint = diff.Fingerprint(a)
	}
	if op.Op == diff.Delete {
		r.witnesses.drop(op.Native)
	}
}

func (r *Run) looker(api Reader) *looker {
	return &looker{api: api, source: r.source.ID, witnesses: r.witnesses}
}

// sendUnlessHalted sends the operation, or keeps it back and says why: the run
// may have been halted while it waited for a worker.
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
	op.Sent, op.sentNow = true, true
	began := time.Now()
	receipt, err := r.call(ctx, api, op)
	r.sent(op)
	op.DurationMS += op.sentAt.Sub(began).Milliseconds()
	if err != nil {
		r.refused(ctx, op, op.Op, err)
		return
	}
	r.halt.unknown(op, false)
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

// refused notes why a call was not taken; kind is that of the call, which is a
// put where a create is completed.
func (r *Run) refused(ctx context.Context, op *Operation, kind diff.Op, err error) {
	op.Attempts += attempts(err)
	op.HTTP, op.TrackingID, op.Error = status(err), tracking(err), answerText(err)
	op.Lost = answerLost(err)
	r.halt.unknown(op, op.Lost)
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
		r.halt.tell(kind, err)
	}
}
