package sync

import (
	"context"
	"fmt"
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
	u := undoing{Run: r}
	v := view{Run: r, seen: u.seen, missing: u.missing}
	ops := effective(done.Operations)
	if err := v.list(ctx, api, ops); err != nil {
		return r, fmt.Errorf("listing the accounts of the run: %w", err)
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
}

// seen plans the way back of an operation whose account is there.
func (u *undoing) seen(op *Operation, a *account.Account) {
	switch op.Op {
	case diff.Create:
		u.uncreate(op, a)
	case diff.Put, diff.Patch:
		u.unput(op, a)
	case diff.Delete:
		if a.ID != op.Account {
			u.outdated(diff.Create, op, a, "the account has come back by other means")
		}
	case diff.Disable:
		u.toggle(diff.Enable, op, a, a.Disabled)
	case diff.Enable:
		u.toggle(diff.Disable, op, a, !a.Disabled)
	case diff.Unlock: // a lock cannot be set through the API
		u.outdated(diff.Unlock, op, a, "an unlock cannot be taken back through the API")
	}
}

// missing plans the way back of an operation whose account is not there.
func (u *undoing) missing(op *Operation) {
	if op.Op != diff.Delete {
		if op.Op != diff.Create {
			u.outdated(diff.Put, op, &account.Account{ID: op.Account}, "the account is gone")
		}
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
