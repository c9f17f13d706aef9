package sync

import (
	"strings"

	"accountsync/diff"
)

// showsReload says what a look shows of a reload. Nothing in an account says
// that it was read again: only a change proves it, and its task is the rest of
// what there is to see.
func (r *Run) showsReload(op *Operation, seen *look) finding {
	a := seen.byID[op.Account]
	switch {
	case a == nil && !seen.provesAbsent(op.Native):
		return unproved
	case a == nil:
		outdate(op, "the account no longer exists")
		op.looked = true
	case op.Lost:
	case diff.Fingerprint(a) != op.Fingerprint:
		r.markVerified(op)
		op.looked = true
		op.Reason = "the account shows a change since: " + strings.Join(r.otherChanges(op, a), ", ")
	case op.taskDone || op.Task == "":
		op.looked = true
		r.note("Reload: where an account shows no change, its task is all there is to see; nothing else would show that it was read again.")
		op.Reason = op.taskText() + "; the account shows no change, and nothing else would show that it was read again"
	}
	return finding{notYet, "nothing shows that the account was read again"}
}

// taskText is what is known of the operation's task.
func (op *Operation) taskText() string {
	if op.TaskStatus == "" {
		return "taken by the API, its task could not be followed"
	}
	return "its task ended " + op.TaskStatus
}
