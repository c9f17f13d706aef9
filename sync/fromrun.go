package sync

import (
	"cmp"
	"context"

	"accountsync/account"
	"accountsync/diff"
)

// FromRun plans what takes a run back: a create becomes a delete, a put a put,
// a delete a create. Only an account that is still as the run left it is
// touched, as a whole: its attributes, states and identity. What others changed
// since is stale.
type FromRun struct{ Done Reader }

func (f *FromRun) plan(ctx context.Context, r *run) error {
	done := f.Done.Head()
	r.head.AccountSchema = done.AccountSchema
	if err := r.countByName(ctx); err != nil {
		return err
	}
	u := undo{r: r, done: f.Done, tally: diff.NewTally(), chosen: r.s.Policy.Select}
	var batch []*Operation
	for op, err := range f.Done.Operations(ctx, Filter{}) {
		if err != nil {
			return err
		}
		if op.Sent && op.Op != diff.Reload && (op.State == Verified || op.State == Accepted || op.Ambiguous) {
			batch = append(batch, op)
		}
		if len(batch) == batchSize {
			if err := u.batch(ctx, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	if err := u.batch(ctx, batch); err != nil {
		return err
	}
	r.unmatched(u.chosen.Unmatched())
	if u.planned == 0 {
		r.unneeded()
		return nil
	}
	r.judge(u.tally.Plan(r.head.Listing.Accounts))
	return nil
}

// undo collects the way back.
type undo struct {
	r       *run
	done    Reader
	tally   *diff.Tally
	chosen  *diff.Selector
	planned int
}

func (u *undo) batch(ctx context.Context, ops []*Operation) error {
	if len(ops) == 0 {
		return nil
	}
	names := make([]string, len(ops))
	for i, op := range ops {
		names[i] = op.Native
		if op.AfterCreate() {
			names[i] = u.native(ctx, op)
		}
		op.Native = names[i]
	}
	seen, err := u.r.looker().look(ctx, unique(names))
	if err != nil {
		return lookFailed("the accounts of the run", err)
	}
	for _, op := range ops {
		if err := u.back(ctx, op, seen); err != nil {
			return err
		}
	}
	return nil
}

// native is the native identity of a new account.
func (u *undo) native(ctx context.Context, op *Operation) string {
	for create, err := range u.done.Operations(ctx, Filter{Name: op.Key, Ops: []diff.Op{diff.Create}}) {
		if err == nil && create.Key == op.Key {
			return create.Native
		}
	}
	return op.Native
}

// left is the fingerprint of an account as the run left it: what its last
// operation on it saw. "" where it did not see it.
func (u *undo) left(ctx context.Context, op *Operation) (string, error) {
	last := op
	for other, err := range u.done.Operations(ctx, Filter{Name: op.AccountID()}) {
		if err != nil {
			return "", err
		}
		if other.Sent && other.AccountID() == op.AccountID() && other.Row.Place > last.Row.Place {
			last = other
		}
	}
	return last.Evidence.Left, nil
}

// back plans the way back of one operation, if its account is as the run left it.
func (u *undo) back(ctx context.Context, op *Operation, seen *look) error {
	a := seen.byID[op.AccountID()]
	named := seen.named(op.Native)
	switch {
	case op.Op == diff.Delete && a != nil: // it is still there
		return nil
	case op.Op == diff.Delete && len(named) > 0:
		return u.stale(ctx, op, named[0], Reason{Code: CodeExists, Details: Details{Account: named[0].ID}})
	case op.Op == diff.Delete && !seen.provesAbsent(op.Native):
		return u.stale(ctx, op, nil, why(CodeNoProof))
	case op.Op == diff.Delete:
		return u.restore(ctx, op)
	case a == nil && len(named) > 0:
		return u.stale(ctx, op, nil, Reason{Code: CodeRenamed, Details: Details{Account: named[0].ID}})
	case a == nil && !seen.provesAbsent(op.Native):
		return u.stale(ctx, op, nil, why(CodeNoProof))
	case a == nil && op.Op == diff.Create: // what was created is gone already
		return nil
	case a == nil:
		return u.stale(ctx, op, nil, why(CodeGone))
	}
	left, err := u.left(ctx, op)
	switch {
	case err != nil:
		return err
	case left == "" || diff.Fingerprint(a) != left:
		return u.stale(ctx, op, a, why(CodeStale))
	case op.Op == diff.Create && !provenNew(op, a):
		return u.stale(ctx, op, a, why(CodeExists))
	case op.Op == diff.Create:
		return u.add(ctx, op, a, diff.Change{Op: diff.Delete, Removal: true})
	case op.AfterCreate():
		return nil // goes with its account
	case op.Op == diff.Unlock: // a lock cannot be set through the API
		return u.stale(ctx, op, a, Reason{Code: CodeNotPossible, Details: Details{Text: "an unlock cannot be taken back through the API"}})
	case op.Op == diff.Disable:
		return u.add(ctx, op, a, diff.Change{Op: diff.Enable})
	case op.Op == diff.Enable:
		return u.add(ctx, op, a, diff.Change{Op: diff.Disable})
	}
	c := diff.Change{Op: op.Op}
	for _, f := range op.Changes {
		if len(diff.Unmet(u.r.head.AccountSchema, []diff.Field{{Attribute: f.Attribute, After: f.Before}}, a)) > 0 {
			before := f.Before
			if before.IsEmpty() {
				before = account.Null
			}
			c.Fields = append(c.Fields, diff.Field{Attribute: f.Attribute, Before: a.Held(f.Attribute), After: before})
		}
	}
	if len(c.Fields) == 0 {
		return nil
	}
	return u.add(ctx, op, a, c)
}

// add plans one change of a live account.
func (u *undo) add(ctx context.Context, op *Operation, a *account.Account, c diff.Change) error {
	c.Key, c.Native, c.Offset, c.AccountID, c.Name = op.Key, a.NativeIdentity, -1, a.ID, a.Name
	c.Fingerprint, c.Modified = diff.Fingerprint(a), a.Modified
	c.IdentityID, c.IdentityName, c.IdentityState = a.IdentityID, a.IdentityName, a.IdentityState
	if c.Op == diff.Delete {
		c.Takes = diff.Takes(a)
	}
	c.Warnings = diff.WarningsOf(c.Op, c.Fields, a, u.r.head.Source.FlatFile() && !u.r.head.Source.Deletable())
	return u.change(ctx, &c, "takes back a "+string(op.Op))
}

func (u *undo) change(ctx context.Context, c *diff.Change, reason string) error {
	c.Reason = reason
	c.Impossible = cmp.Or(c.Impossible, u.r.impossible(c.Op, c.Fields, c.AfterCreate))
	if c.Excluded == "" {
		c.Excluded = u.chosen.Excludes(c)
	}
	u.tally.Add(c)
	u.planned++
	return u.r.rec.AddOperations(ctx, u.r.operation(c))
}

// restore plans what brings a deleted account back: a create, and then its
// identity and states. A lock cannot be set through the API.
func (u *undo) restore(ctx context.Context, op *Operation) error {
	before := op.Before
	if before == nil {
		return u.stale(ctx, op, nil, Reason{Code: CodeText, Details: Details{Text: "what the account held is not on record"}})
	}
	c := diff.Change{Op: diff.Create, Key: op.Key, Native: op.Native, Offset: -1, Name: before.Name}
	for _, a := range before.Attributes {
		if a.Name != account.IDNowDescription && !a.Value.IsEmpty() {
			c.Fields = append(c.Fields, diff.Field{Attribute: a.Name, After: a.Value})
		}
	}
	if before.Locked {
		c.Impossible = "the account was locked, and the API cannot lock an account: it would come back unlocked"
	}
	if err := u.change(ctx, &c, "brings a deleted account back; its account id and history cannot come back"); err != nil {
		return err
	}
	then := diff.Change{Key: op.Key, Native: op.Native, Offset: -1, AfterCreate: true, Impossible: c.Impossible, Excluded: c.Excluded}
	if before.IdentityID != "" {
		move := then
		move.Op = diff.Patch
		move.Fields = []diff.Field{{Attribute: account.IdentityIDColumn, After: account.StringValue(before.IdentityID)},
			{Attribute: account.ManuallyCorrelatedColumn, After: before.Held(account.ManuallyCorrelatedColumn)}} // a move alone makes it true
		if err := u.change(ctx, &move, "brings its identity back"); err != nil {
			return err
		}
	}
	if before.Disabled {
		disable := then
		disable.Op, disable.Fields = diff.Disable, []diff.Field{{Attribute: account.DisabledColumn, Before: "false", After: "true"}}
		return u.change(ctx, &disable, "it was disabled when it was deleted")
	}
	return nil
}

// stale keeps what cannot be taken back in the plan, for a person to see.
func (u *undo) stale(ctx context.Context, op *Operation, a *account.Account, reason Reason) error {
	back := &Operation{OperationPlan: OperationPlan{Op: backOf(op.Op), Key: op.Key, Native: op.Native, Account: op.AccountID(), Offset: -1}}
	if a != nil {
		back.Account = a.ID
	}
	back.State, back.Reason = Stale, reason
	return u.r.rec.AddOperations(ctx, back)
}

// backOf is the operation that takes another one back.
func backOf(op diff.Op) diff.Op {
	switch op {
	case diff.Create:
		return diff.Delete
	case diff.Delete:
		return diff.Create
	case diff.Disable:
		return diff.Enable
	case diff.Enable:
		return diff.Disable
	}
	return op
}
