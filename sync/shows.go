package sync

import (
	"context"
	"slices"

	"accountsync/account"
	"accountsync/diff"
)

// finding is what a look shows of an operation that was sent.
type finding struct {
	is         evidence
	shows      Shows
	attributes []string
}

type evidence int

const (
	shown     evidence = iota // the account is as the operation wants it
	notYet                    // it is not, or not yet
	noProof                   // the look says nothing
	noWitness                 // the source shows no account at all, so that nothing proves anything
	altered                   // what was asked for shows, but the account has changed otherwise too
	ended                     // no further look can tell more: the operation says what became of it
)

// shows holds an operation that was sent against a look.
func (r *run) shows(ctx context.Context, op *operation, seen *look) finding {
	switch op.Op {
	case diff.Create:
		return r.showsCreate(op, seen)
	case diff.Reload:
		return r.showsReload(op, seen)
	}
	a := seen.byID[op.AccountID()]
	switch {
	case a == nil && !seen.provesGone(op) && seen.empty:
		return finding{is: noWitness}
	case a == nil && !seen.provesGone(op):
		return finding{is: noProof}
	case a == nil && op.Op == diff.Delete && op.cameBack(seen.named(op.Native)):
		return finding{is: notYet, shows: ShowsAgain}
	case a == nil && op.Op == diff.Delete:
		return finding{}
	case a == nil:
		return finding{is: notYet, shows: ShowsAbsent}
	case lags(a, op.modified):
		return finding{is: noProof, shows: ShowsOlder}
	}
	if shows, attributes := r.mismatch(op, a); shows != "" {
		return finding{is: notYet, shows: shows, attributes: attributes}
	}
	if planned, err := r.asPlanned(ctx, op, a); err != nil {
		r.halt.journalError(err)
		return finding{is: noProof}
	} else if !planned {
		return finding{is: altered, attributes: otherChanges(op, a)}
	}
	return finding{}
}

// showsCreate is shows for a create. It sees to it that what a create could not
// carry is put.
func (r *run) showsCreate(op *operation, seen *look) finding {
	named := seen.named(op.Native)
	switch {
	case len(named) == 0 && !seen.provesAbsent(op.Native):
		return finding{is: noProof}
	case len(named) == 0:
		return finding{is: notYet, shows: ShowsAbsent}
	case len(named) > 1:
		return finding{is: notYet, shows: ShowsSeveral}
	}
	a := named[0]
	if since, before := existedBefore(op, a); before {
		r.failed(op, Reason{Code: CodeExisted, Details: Details{Account: a.ID, Since: since}})
		op.settled = true
		return finding{is: ended}
	}
	op.Created = a.ID
	unmet := diff.Unmet(r.head.AccountSchema, op.Changes, a)
	if len(unmet) == 0 {
		return finding{}
	}
	if completes(unmet) && r.whole(a) && !r.holdsMore(op, a) && (!op.Completed || r.lost(op)) {
		if op.Completed {
			op.Resent++
		}
		r.halt.setUnknown(op, false)
		op.State, op.Reason, op.Ambiguous = Accepted, Reason{}, false // it is there: only what it could not carry is missing
		op.overlay = diff.Overlay(a.Attributes, unmet, r.identity(op))
	}
	shows, attributes := r.mismatch(op, a)
	return finding{is: notYet, shows: shows, attributes: attributes}
}

// showsReload is shows for a reload. Nothing in an account says that it was read
// again: only a change proves it, and its task is the rest of what there is to see.
func (r *run) showsReload(op *operation, seen *look) finding {
	a := seen.byID[op.AccountID()]
	switch {
	case a == nil && !seen.provesAbsent(op.Native):
		return finding{is: noProof}
	case a == nil:
		op.State, op.Reason, op.settled = Stale, why(CodeGone), true
		return finding{is: ended}
	case op.Ambiguous:
	case diff.Fingerprint(a) != op.base:
		attributes := otherChanges(op, a)
		r.verified(op, a)
		op.Reason = Reason{Code: CodeReloaded, Details: Details{Attributes: attributes}}
		return finding{is: ended}
	case op.taskDone || op.Task == "":
		op.settled, op.Reason = true, why(CodeNoChange)
		r.note("Reload: where an account shows no change, its task is all there is to see; nothing else would show that it was read again.")
		return finding{is: ended}
	}
	return finding{is: notYet, shows: ShowsNothing}
}

// holdsMore reports whether an account holds what its create did not send:
// somebody else created it after the look, and the API changed it.
func (r *run) holdsMore(op *operation, a *account.Account) bool {
	return op.Op == diff.Create && slices.ContainsFunc(a.Attributes, func(at account.Attribute) bool {
		_, known := r.head.AccountSchema.Attribute(at.Name)
		return known && !at.Value.IsEmpty() && !holds(op.Changes, at.Name)
	})
}
