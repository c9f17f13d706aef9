package sync

import (
	"context"
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

// decision is what becomes of one operation, why, and the account it is about.
type decision struct {
	do      action
	why     Reason
	account *account.Account
}

func why(code Code) Reason { return Reason{Code: code} }

// decide holds one operation against what a look shows. It changes nothing.
func (r *run) decide(ctx context.Context, op *operation, seen *look) (decision, error) {
	if op.Op == diff.Create {
		return r.decideCreate(op, seen), nil
	}
	a := seen.byID[op.AccountID()]
	switch named := seen.named(op.Native); {
	case a == nil && op.Op == diff.Delete && op.Sent && seen.provesGone(op):
		if op.cameBack(named) {
			return decision{waiting, Reason{}, nil}, nil
		}
		return decision{done, Reason{}, nil}, nil
	case a == nil && len(named) > 0:
		return decision{outdated, Reason{Code: CodeRenamed, Details: Details{Account: named[0].ID}}, nil}, nil
	case a == nil && !seen.provesAbsent(op.Native):
		return decision{unproven, why(CodeNoProof), nil}, nil
	case a == nil && op.Op == diff.Delete:
		return decision{done, Reason{}, nil}, nil
	case a == nil:
		return decision{outdated, why(CodeGone), nil}, nil
	case lags(a, op.modified):
		return decision{unproven, why(CodeNoProof), a}, nil
	case op.Op == diff.Reload:
		return decision{send, Reason{}, a}, nil
	}
	planned, err := r.asPlanned(ctx, op, a)
	if err != nil {
		return decision{}, err
	}
	switch shows, _ := r.mismatch(op, a); {
	case shows == "" && op.Sent && !planned:
		return decision{outdated, Reason{Code: CodeAltered, Details: Details{Attributes: otherChanges(op, a)}}, a}, nil
	case shows == "" && (op.Sent || !op.Force):
		return decision{done, Reason{}, a}, nil
	case op.Sent && op.State == Accepted:
		return decision{waiting, Reason{}, a}, nil
	case !planned:
		return decision{outdated, Reason{Code: CodeStale, Details: Details{Attributes: otherChanges(op, a)}}, a}, nil
	case op.Op == diff.Put && !r.whole(a):
		return decision{unproven, Reason{Code: CodeIncomplete, Details: Details{Attributes: []string{r.head.AccountSchema.IdentityAttribute}}}, a}, nil
	}
	return decision{send, Reason{}, a}, nil
}

// whole reports whether an account comes with its attributes. Every account has
// the one that names it: without that one they are null or cut, and a PUT, which
// carries over what it does not change, would take them away.
func (r *run) whole(a *account.Account) bool {
	name := r.head.AccountSchema.IdentityAttribute
	return name == "" || !a.Attribute(name).IsEmpty()
}

// cameBack reports whether one of these accounts has come since a delete was
// sent: an aggregation brings back what its source still has, under another id.
func (op *operation) cameBack(named []*account.Account) bool {
	return slices.ContainsFunc(named, func(a *account.Account) bool {
		if op.seen != nil {
			return a.ID != op.AccountID() && !slices.Contains(op.twins, a.ID)
		}
		created, err := time.Parse(time.RFC3339, a.Created)
		return err == nil && !op.AcceptedAt.IsZero() && created.After(op.AcceptedAt.Add(-clockSkew))
	})
}

// decideCreate is decide for a create. The API would change an account that is
// there already, so that none is ever sent for one.
func (r *run) decideCreate(op *operation, seen *look) decision {
	named := seen.named(op.Native)
	if len(named) == 0 {
		switch {
		case op.State == Accepted && op.Sent:
			return decision{waiting, Reason{}, nil}
		case op.Created != "" && seen.provesAbsent(op.Native): // it was there
			return decision{outdated, why(CodeGone), nil}
		case seen.provesAbsent(op.Native) || op.alone:
			return decision{send, Reason{}, nil}
		}
		return decision{unproven, why(CodeNoProof), nil}
	}
	if len(named) > 1 {
		return decision{outdated, why(CodeSeveral), nil}
	}
	a := named[0]
	exists := Reason{Code: CodeExists, Details: Details{Account: a.ID}}
	if since, before := existedBefore(op, a); op.Sent && before {
		return decision{outdated, Reason{Code: CodeExisted, Details: Details{Account: a.ID, Since: since}}, a}
	}
	ours := op.Sent && provenNew(op.Operation, a) && (op.Created == "" || op.Created == a.ID)
	unmet := diff.Unmet(r.head.AccountSchema, op.Changes, a)
	switch {
	case len(unmet) == 0 && a.NativeIdentity == op.Native:
		return decision{done, Reason{}, a}
	case ours && completes(unmet) && !r.holdsMore(op, a):
		return decision{complete, Reason{}, a}
	case ours && op.State == Accepted:
		return decision{waiting, Reason{}, a}
	}
	return decision{outdated, exists, a}
}

// completes reports whether an account lacks nothing but what its create could
// not carry.
func completes(unmet []diff.Field) bool {
	return !slices.ContainsFunc(unmet, func(f diff.Field) bool { return !deferred(f) })
}

// clockSkew is how far the API's clock and this machine's may be apart.
const clockSkew = 10 * time.Minute

// provenNew reports whether the account was not there when the create was sent:
// a witness came with the answer that did not show it or, where none could, the
// account's own date says so.
func provenNew(op *Operation, a *account.Account) bool {
	if op.Absent == nil || op.Absent.Witness != "" {
		return op.Absent != nil
	}
	created, err := time.Parse(time.RFC3339, a.Created)
	return err == nil && !created.Before(op.Absent.At.Add(-clockSkew))
}

// existedBefore reports whether the account is known to be older than the
// create that was sent, and since when it is there.
func existedBefore(op *operation, a *account.Account) (since time.Time, before bool) {
	created, err := time.Parse(time.RFC3339, a.Created)
	return created, err == nil && op.Absent != nil && created.Before(op.Absent.At.Add(-clockSkew))
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

// mismatch is what the account shows instead of what the operation wants, and
// in which attributes; "" when it is as it wants it.
func (r *run) mismatch(op *operation, a *account.Account) (Shows, []string) {
	switch op.Op {
	case diff.Delete:
		return ShowsPresent, nil
	case diff.Disable:
		if !a.Disabled {
			return ShowsEnabled, nil
		}
		return "", nil
	case diff.Enable:
		if a.Disabled {
			return ShowsDisabled, nil
		}
		return "", nil
	case diff.Unlock:
		if a.Locked {
			return ShowsLocked, nil
		}
		return "", nil
	case diff.Reload:
		return ShowsNothing, nil
	}
	schema := r.head.AccountSchema
	unmet := diff.Unmet(schema, op.Changes, a)
	if len(unmet) == 0 {
		return "", nil
	}
	before := slices.Clone(unmet)
	for i := range before {
		before[i].After = before[i].Before
	}
	if len(diff.Unmet(schema, before, a)) == 0 {
		return ShowsOld, names(unmet)
	}
	return ShowsOther, names(unmet)
}

// asPlanned reports whether the account is as it was when the operation was
// planned, but for what this run's own operations did to it.
func (r *run) asPlanned(ctx context.Context, op *operation, a *account.Account) (bool, error) {
	if op.base == "" || diff.Fingerprint(a) == op.base {
		return true, nil
	}
	own := []*Operation{op.Operation}
	if diff.Fingerprint(r.without(own, a)) == op.base { // the usual case, without a search through the whole run
		return true, nil
	}
	for other, err := range r.rec.Operations(ctx, Filter{Name: op.AccountID()}) {
		if err != nil {
			return false, err
		}
		if other.Seq != op.Seq && other.Sent && other.AccountID() == op.AccountID() {
			own = append(own, other)
		}
	}
	slices.SortFunc(own, func(a, b *Operation) int { return b.Phase() - a.Phase() })
	before := r.without(own, a)
	if diff.Fingerprint(before) == op.base {
		return true, nil
	}
	moved := slices.ContainsFunc(own, func(o *Operation) bool { return o.Sent && holds(o.Changes, account.IdentityIDColumn) })
	before.ManuallyCorrelated = !before.ManuallyCorrelated // a move of the correlation sets it too
	return moved && diff.Fingerprint(before) == op.base, nil
}

// without is the account with what these operations did to it taken back, the
// last first.
func (r *run) without(own []*Operation, a *account.Account) *account.Account {
	before := a.Clone()
	for _, op := range own {
		if !op.Sent {
			continue
		}
		switch {
		case op.Op == diff.Disable && before.Disabled, op.Op == diff.Enable && !before.Disabled:
			before.Disabled = !before.Disabled
		case op.Op == diff.Unlock:
			before.Locked = true
		}
		for _, f := range op.Changes {
			if op.Op != diff.Create && len(diff.Unmet(r.head.AccountSchema, []diff.Field{f}, before)) == 0 {
				before.Hold(f.Attribute, f.Before)
			}
		}
	}
	return before
}

// otherChanges names the attributes in which the account is not as it was right
// before the operation was sent, apart from those it changed; none where that
// is not known.
func otherChanges(op *operation, a *account.Account) (changed []string) {
	if op.seen == nil {
		return nil
	}
	for _, at := range slices.Concat(a.Attributes, op.seen.Attributes) {
		field := diff.Field{Attribute: at.Name, After: op.seen.Attribute(at.Name)}
		if at.Name != account.IDNowDescription && !holds(op.Changes, at.Name) && len(diff.Unmet(account.Schema{}, []diff.Field{field}, a)) > 0 {
			changed = append(changed, strings.Clone(at.Name))
		}
	}
	slices.Sort(changed)
	return slices.Compact(changed)
}

func holds(fields []diff.Field, attribute string) bool {
	return slices.ContainsFunc(fields, func(f diff.Field) bool { return f.Attribute == attribute })
}

func names(fields []diff.Field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Attribute
	}
	return names
}
