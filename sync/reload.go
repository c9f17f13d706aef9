package sync

import (
	"slices"
	"strings"

	"accountsync/account"
	"accountsync/diff"
)

// reloaded settles a reload on what its account shows after its task. Nothing
// in an account says that it was read again: only a change proves it.
func (s *settling) reloaded(op *Operation, a *account.Account) {
	switch {
	case op.Lost:
		op.shows = "nothing shows that the account was read again"
	case diff.Fingerprint(a) != op.Fingerprint:
		verify(op)
		op.Reason = "the account shows a change since: " + strings.Join(changedSince(op, a), ", ")
	default:
		op.looked = true
		s.note("Reload: where an account shows no change, its task is all there is to see; nothing else would show that it was read again.")
		op.Reason = op.taskText() + "; the account shows no change, and nothing else would show that it was read again"
	}
}

// taskText is what is known of the operation's task.
func (op *Operation) taskText() string {
	if op.TaskStatus == "" {
		return "taken by the API, its task could not be followed"
	}
	return "its task ended " + op.TaskStatus
}

// changedSince names what the account shows otherwise than when the operation
// was planned.
func changedSince(op *Operation, a *account.Account) []string {
	before := account.Account{Attributes: op.Live}
	var changed []string
	for _, attrs := range [][]account.Attribute{op.Live, a.Attributes} {
		for _, at := range attrs {
			field := diff.Field{Attribute: at.Name, After: before.Attribute(at.Name)}
			if at.Name != account.IDNowDescription && len(diff.Unmet(account.Schema{}, []diff.Field{field}, a)) > 0 {
				changed = append(changed, at.Name)
			}
		}
	}
	if len(changed) == 0 {
		return []string{"its state or identity"}
	}
	slices.Sort(changed)
	return slices.Compact(changed)
}
