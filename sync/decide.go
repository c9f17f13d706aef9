package sync

import (
	"slices"
	"strings"
	"time"

	"accountsync/account"
	"accountsync/diff"
)

// action is what a look right before an operation is sent makes of it.
type action int

const (
	send     action = iota
	complete        // put what a create could not carry: its account is there
	done            // the account already is as the operation wants it
	outdated        // the account is not as it was planned on
	unproven        // the look says nothing about the account
	waiting         // it was sent before, and its account does not show it yet
)

// decision is what becomes of one operation, and the account it is about.
type decision struct {
	do      action
	reason  string
	account *account.Account
}

// decide holds one operation against what a look shows. It changes nothing.
func (r *Run) decide(op *Operation, seen *look) decision {
	if op.Op == diff.Create {
		return r.decideCreate(op, seen)
	}
	a := seen.byID[op.Account]
	switch {
	case a == nil && op.Op == diff.Delete && op.Sent && seen.provesGone(op):
		return decision{done, "", nil}
	case a == nil && !seen.provesAbsent(op.Native):
		if len(seen.named(op.Native)) > 0 {
			return decision{outdated, "another account has this native identity now", nil}
		}
		return decision{unproven, "the list did not prove whether the account is there", nil}
	case a == nil && op.Op == diff.Delete:
		return decision{done, "", nil}
	case a == nil:
		return decision{outdated, "the account no longer exists", nil}
	case lags(a, op.Modified):
		return decision{unproven, "the list shows an older state of the account than the plan was made on", a}
	case op.Op == diff.Reload:
		return decision{send, "", a}
	case r.mismatch(op, a) == "" && (op.Sent || !op.Force):
		if op.Sent && !r.asPlanned(op, a) {
			return decision{outdated, "it was carried out, and the account shows other changes too: " + strings.Join(r.otherChanges(op, a), ", "), a}
		}
		return decision{done, "", a}
	case op.Sent && op.State == Accepted:
		return decision{waiting, "", a}
	case !r.asPlanned(op, a):
		return decision{outdated, "the account changed since the plan", a}
	}
	return decision{send, "", a}
}

// decideCreate is decide for a create. The API would change an account that is
// there already, so that none is ever sent for one.
func (r *Run) decideCreate(op *Operation, seen *look) decision {
	named := seen.named(op.Native)
	if len(named) == 0 {
		switch {
		case op.State == Accepted && op.Sent:
			return decision{waiting, "", nil}
		case seen.provesAbsent(op.Native) || op.alone:
			return decision{send, "", nil}
		}
		return decision{unproven, "the list did not prove that the account is not there yet", nil}
	}
	if len(named) > 1 {
		return decision{outdated, "several accounts have this native identity now", nil}
	}
	a := named[0]
	if op.Sent && existedBefore(op, a) {
		return decision{outdated, "an account with this native identity was there before the create was sent, and the API may have changed it", a}
	}
	ours := op.Sent && (op.Account == "" || op.Account == a.ID)
	unmet := diff.Unmet(r.schema, op.Changes, a)
	switch {
	case len(unmet) == 0 && a.NativeIdentity == op.Native:
		return decision{done, "", a}
	case ours && completes(op, unmet):
		return decision{complete, "", a}
	case ours && op.State == Accepted:
		return decision{waiting, "", a}
	}
	return decision{outdated, "an account with this native identity exists now", a}
}

// completes reports whether an account lacks nothing but what its create could
// not carry.
func completes(op *Operation, unmet []diff.Field) bool {
	_, deferred := createBody(op)
	return subset(names(unmet), deferred)
}

// clockSkew is how far the API's clock and this machine's may be apart.
const clockSkew = 10 * time.Minute

// existedBefore reports whether the account is known to be older than the
// create that was sent.
func existedBefore(op *Operation, a *account.Account) bool {
	created, err := time.Parse(time.RFC3339, a.Created)
	return err == nil && !op.firstSent.IsZero() && created.Before(op.firstSent.Add(-clockSkew))
}

// lags reports whether the account is shown as it was before the time it was
// last modified: the answer comes from a replica or a cache that is behind.
func lags(a *account.Account, modified string) bool {
	shown, err := time.Parse(time.RFC3339, a.Modified)
	if err != nil {
		return false
	}
	known, err := time.Parse(time.RFC3339, modified)
	return err == nil && shown.Before(known)
}

// mismatch says what keeps the account from being as the operation wants it,
// "" when nothing does.
func (r *Run) mismatch(op *Operation, a *account.Account) string {
	switch op.Op {
	case diff.Delete:
		return "the account still exists"
	case diff.Disable:
		if !a.Disabled {
			return "the account is still enabled"
		}
		return ""
	case diff.Enable:
		if a.Disabled {
			return "the account is still disabled"
		}
		return ""
	case diff.Unlock:
		if a.Locked {
			return "the account is still locked"
		}
		return ""
	case diff.Reload:
		return "nothing shows that the account was read again"
	}
	if unmet := diff.Unmet(r.schema, op.Changes, a); len(unmet) > 0 {
		return strings.Join(names(unmet), ", ") + " " + stillOld(r.schema, unmet, a)
	}
	return ""
}

// stillOld says how the fields differ from what was asked for.
func stillOld(schema account.Schema, unmet []diff.Field, a *account.Account) string {
	before := slices.Clone(unmet)
	for i := range before {
		before[i].After = before[i].Before
	}
	switch {
	case len(diff.Unmet(schema, before, a)) > 0 && len(unmet) == 1:
		return "does not have the new value"
	case len(diff.Unmet(schema, before, a)) > 0:
		return "do not have the new values"
	case len(unmet) == 1:
		return "still has the old value"
	}
	return "still have the old values"
}

// asPlanned reports whether the account is as it was when the operation was
// planned, but for what this run's own operations did to it.
func (r *Run) asPlanned(op *Operation, a *account.Account) bool {
	if op.Fingerprint == "" || diff.Fingerprint(a) == op.Fingerprint {
		return true
	}
	before := r.without(op, a)
	if diff.Fingerprint(before) == op.Fingerprint {
		return true
	}
	before.ManuallyCorrelated = !before.ManuallyCorrelated // a move of the correlation sets it too
	return r.moved(op) && diff.Fingerprint(before) == op.Fingerprint
}

// ownOps are the run's operations on the operation's account that may have
// been sent, itself included.
func (r *Run) ownOps(op *Operation) []*Operation {
	if ops := r.own[op.Account]; ops != nil {
		return ops
	}
	return []*Operation{op}
}

// moved reports whether the run moves the account to another identity.
func (r *Run) moved(op *Operation) bool {
	return slices.ContainsFunc(r.ownOps(op), func(o *Operation) bool { return o.Sent && holds(o.Changes, account.IdentityIDColumn) })
}

// without is the account with what this run's operations did to it taken back.
func (r *Run) without(op *Operation, a *account.Account) *account.Account {
	before := a.Clone()
	for _, own := range slices.Backward(r.ownOps(op)) {
		if !own.Sent {
			continue
		}
		switch {
		case own.Op == diff.Disable && before.Disabled, own.Op == diff.Enable && !before.Disabled:
			before.Disabled = !before.Disabled
		case own.Op == diff.Unlock:
			before.Locked = true
		}
		for _, f := range own.Changes {
			if own.Op != diff.Create && len(diff.Unmet(r.schema, []diff.Field{f}, before)) == 0 {
				before.Hold(f.Attribute, f.Before)
			}
		}
	}
	return before
}

// otherChanges names the attributes and states in which the account is not as
// it was planned on, apart from what this run changed.
func (r *Run) otherChanges(op *Operation, a *account.Account) []string {
	now, then := r.without(op, a), &account.Account{Attributes: op.Live}
	var changed []string
	for _, at := range slices.Concat(now.Attributes, then.Attributes) {
		field := diff.Field{Attribute: at.Name, After: then.Attribute(at.Name)}
		if at.Name != account.IDNowDescription && len(diff.Unmet(account.Schema{}, []diff.Field{field}, now)) > 0 {
			changed = append(changed, at.Name)
		}
	}
	if len(changed) == 0 {
		return []string{"its state or identity"}
	}
	slices.Sort(changed)
	return slices.Compact(changed)
}

func names(fields []diff.Field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Attribute
	}
	return names
}

func subset(some, all []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}
