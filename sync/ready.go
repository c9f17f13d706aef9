package sync

import (
	"context"
	"slices"
	"time"

	"accountsync/account"
	"accountsync/diff"
)

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
	looker := r.looker()
	looker.expected = slices.ContainsFunc(batch, func(op *operation) bool { return op.Op != diff.Create })
	for try := range clearTries {
		seen, err = looker.look(ctx, natives(batch))
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
		op.Before, op.twins = a, nil
		for _, twin := range seen.named(op.Native) {
			op.twins = append(op.twins, twin.ID)
		}
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
