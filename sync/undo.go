package sync

import (
	"context"
	"slices"
	"strings"

	"accountsync/account"
	"accountsync/diff"
)

// Undo plans what brings back the before-images of a run: a create becomes a
// delete, a put a put, a delete a create. Only attributes the run changed are
// put back; what others changed since is stale.
func Undo(ctx context.Context, api Reader, done *Source, schema account.Schema, s Settings) (*Run, error) {
	result := &Source{Source: done.Source, Listing: done.Listing, Guards: []diff.Guard{}, Rejected: []account.Rejected{}}
	r := newRun(result, s)
	r.schema = schema
	u := undoing{Run: r, left: map[string]string{}}
	ops := effective(done.Operations)
	for _, op := range ops {
		u.left[op.Account] = op.After // the last of an account's operations tells
	}
	for batch := range slices.Chunk(ops, batchSize) {
		seen, err := r.looker(api).look(ctx, natives(batch))
		if err != nil {
			return r, lookFailed("the accounts of the run", err)
		}
		for _, op := range batch {
			u.back(op, seen)
		}
	}
	r.plan = diff.NewPlan(u.changes, done.Listing.Accounts)
	for i := range r.plan.Changes {
		result.Operations = append(result.Operations, r.operation(i, &r.plan.Changes[i]))
	}
	for _, op := range u.stale {
		op.Seq = len(result.Operations)
		result.Operations = append(result.Operations, op)
	}
	if len(u.changes) > 0 {
		r.guard()
	}
	return r, nil
}

// effective are the operations that changed something, or may have.
func effective(ops []*Operation) (done []*Operation) {
	for _, op := range ops {
		if op.Sent && op.Op != diff.Reload && (op.State == Verified || op.State == Accepted || op.Lost) {
			done = append(done, op)
		}
	}
	return done
}

// undoing collects the way back.
type undoing struct {
	*Run
	changes []diff.Change
	stale   []*Operation
	left    map[string]string // fingerprints of accounts as the run left them, by id
}

// back plans the way back of one operation, if its account is as the run left it.
func (u *undoing) back(op *Operation, seen *look) {
	a := seen.byID[op.Account]
	gone := &account.Account{ID: op.Account}
	switch {
	case op.Op == diff.Delete && a == nil:
		u.restore(op, seen)
	case op.Op == diff.Delete: // it is still there
	case a == nil && len(seen.named(op.Native)) > 0:
		u.outdated(backOf(op.Op), op, gone, "another account has this native identity now")
	case a == nil && !seen.provesAbsent(op.Native):
		u.outdated(backOf(op.Op), op, gone, "the list did not prove whether the account exists")
	case a == nil && op.Op != diff.Create:
		u.outdated(backOf(op.Op), op, gone, "the account no longer exists")
	case a == nil: // what was created is gone already
	case u.left[op.Account] != "" && diff.Fingerprint(a) != u.left[op.Account]:
		u.outdated(backOf(op.Op), op, a, "the account changed since the run")
	default:
		u.seen(op, a)
	}
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

// seen plans the way back of an operation whose account is there.
func (u *undoing) seen(op *Operation, a *account.Account) {
	switch op.Op {
	case diff.Create:
		u.uncreate(op, a)
	case diff.Put, diff.Patch:
		u.unput(op, a)
	case diff.Disable:
		u.toggle(diff.Enable, op, a, a.Disabled)
	case diff.Enable:
		u.toggle(diff.Disable, op, a, !a.Disabled)
	case diff.Unlock: // a lock cannot be set through the API
		u.outdated(diff.Unlock, op, a, "an unlock cannot be taken back through the API")
	}
}

// restore plans the create of a deleted account that is proven not to be there.
func (u *undoing) restore(op *Operation, seen *look) {
	switch {
	case len(seen.named(op.Native)) > 0:
		u.outdated(diff.Create, op, seen.named(op.Native)[0], "the account has come back by other means")
		return
	case !seen.provesAbsent(op.Native):
		u.outdated(diff.Create, op, &account.Account{}, "the list did not prove whether the account exists")
		return
	}
	c := diff.Change{Op: diff.Create, Key: op.Key, Offset: -1,
		Reason: "brings a deleted account back; its account id, correlation and history cannot come back"}
	for _, a := range op.Live {
		if a.Name != account.IDNowDescription && !a.Value.IsEmpty() {
			c.Fields = append(c.Fields, diff.Field{Attribute: a.Name, After: a.Value})
		}
	}
	u.changes = append(u.changes, c)
}

// uncreate takes a created account away, unless somebody changed it since.
func (u *undoing) uncreate(op *Operation, a *account.Account) {
	if !op.Absent {
		u.outdated(diff.Delete, op, a, "it is not proven that the run created the account: it may have been there before")
		return
	}
	if unmet := diff.Unmet(u.schema, op.Changes, a); len(unmet) > 0 {
		u.outdated(diff.Delete, op, a, "it was changed since, in "+strings.Join(names(unmet), ", "))
		return
	}
	c := u.change(diff.Delete, op, a)
	c.Reason = "takes back a create"
	c.Warnings = diff.WarningsOf(diff.Delete, nil, a, u.source.FlatFile() && !u.source.Deletable())
	u.changes = append(u.changes, c)
}

// unput puts back the attributes that still hold what the run wrote.
func (u *undoing) unput(op *Operation, a *account.Account) {
	c := u.change(op.Op, op, a)
	var changed []string
	for _, f := range op.Changes {
		switch {
		case len(diff.Unmet(u.schema, []diff.Field{{Attribute: f.Attribute, After: f.Before}}, a)) == 0:
		case len(diff.Unmet(u.schema, []diff.Field{f}, a)) > 0:
			changed = append(changed, f.Attribute)
		default:
			before := strings.Clone(string(a.Held(f.Attribute)))
			c.Fields = append(c.Fields, diff.Field{Attribute: f.Attribute, Before: account.Value(before), After: orNull(f.Before)})
		}
	}
	if len(changed) > 0 {
		u.outdated(op.Op, op, a, "changed since and left as it is: "+strings.Join(changed, ", "))
	}
	if len(c.Fields) > 0 {
		c.Reason = "takes back a " + string(op.Op)
		c.Warnings = diff.WarningsOf(op.Op, c.Fields, a, false)
		u.changes = append(u.changes, c)
	}
}

func orNull(v account.Value) account.Value {
	if v.IsEmpty() {
		return account.Null
	}
	return v
}

// toggle takes a change of state back, if it still stands.
func (u *undoing) toggle(back diff.Op, op *Operation, a *account.Account, stands bool) {
	if !stands {
		return
	}
	c := u.change(back, op, a)
	c.Reason = "takes back a " + string(op.Op)
	u.changes = append(u.changes, c)
}

func (u *undoing) change(back diff.Op, op *Operation, a *account.Account) diff.Change {
	return diff.Change{Op: back, Key: op.Key, AccountID: strings.Clone(a.ID), Offset: -1, Fingerprint: diff.Fingerprint(a),
		Live: account.CloneAttributes(a.Attributes), IdentityID: strings.Clone(a.IdentityID), IdentityState: strings.Clone(a.IdentityState)}
}

// outdated keeps what cannot be taken back in the plan, for a human to see.
func (u *undoing) outdated(back diff.Op, op *Operation, a *account.Account, reason string) {
	u.stale = append(u.stale, &Operation{Op: back, Key: op.Key, Native: op.Native, Account: strings.Clone(a.ID), Offset: -1, State: Stale, Reason: reason})
}
