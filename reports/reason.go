package reports

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"accountsync/diff"
	"accountsync/record"
)

// reasonText says in words why an operation was not sent or ended as it did,
// else why it was planned; "" where its changes say it all.
func reasonText(op *record.Operation) string {
	if op.Reason.Code != "" {
		return Words(op, op.Reason)
	}
	return Words(op, op.Why)
}

// why is what the API said to the operation, else its reason.
func why(op *record.Operation) string { return cmp.Or(op.Error, reasonText(op)) }

// Words says in words what a code and its details mean for an operation. It is
// the one place where words are made of codes.
func Words(op *record.Operation, r record.Reason) string {
	d := r.Details
	switch r.Code {
	case "":
		return ""
	case record.CodeText:
		return d.Text

	case record.CodeGuard:
		return "blocked by guard " + d.Guard
	case record.CodeHeld:
		if d.Count == 0 {
			return "no account is removed while rows are rejected"
		}
		if d.Count == 1 {
			return "no account is removed while 1 row is rejected"
		}
		return fmt.Sprintf("no account is removed while %s rows are rejected", number(d.Count))
	case record.CodeUnproven:
		return with("the listing is not verified complete", d.Text)
	case record.CodeNotPossible:
		return with("not possible", d.Text)
	case record.CodeCanary:
		return "not all canary operations were verified"
	case record.CodeBudget:
		if d.Limit == 0 {
			return "stopped: more than --max-errors operations failed"
		}
		return "stopped: more than " + counted(d.Limit, "operation") + " failed (--max-errors)"
	case record.CodeInterrupted:
		if op.State == record.Accepted {
			return "interrupted by signal before it could be verified"
		}
		return "interrupted by signal; unsent operations were not started"
	case record.CodeExcluded:
		return with("left out", d.Text)
	case record.CodeNoAccount:
		return "skipped: its account was not created"
	case record.CodeDenied:
		return with("not sent: sign-in or a scope was refused before it", d.Text)
	case record.CodeSuperseded:
		return with("superseded by a later run", d.Run)
	case record.CodeUnrecorded:
		return with("its intent could not be written to the journal", d.Text)

	case record.CodeStale:
		return with("the account changed since the plan", strings.Join(d.Attributes, ", "))
	case record.CodeGone:
		return "the account no longer exists"
	case record.CodeExists:
		return "an account of this native identity exists already" + inBrackets(d.Account)
	case record.CodeRenamed:
		return "another account has this native identity by now" + inBrackets(d.Account)

	case record.CodeRefused:
		return with("refused by the API", d.Text)
	case record.CodeTaskFailed:
		return with("task reported "+cmp.Or(op.TaskStatus, "an error"), d.Text)
	case record.CodeNoAnswer:
		return with("no answer came: it may or may not have been done", d.Text)
	case record.CodeDiffers:
		return taskText(op) + ", but " + mismatch(op, d)

	case record.CodeNotShown:
		return answered(op) + ", but " + mismatch(op, d)
	case record.CodeManual:
		return answered(op) + ", but " + mismatch(op, d) + ": on a flat-file source a manual task may be waiting for the source owner"
	case record.CodeUnreadable:
		return with(answered(op)+", but the account could not be read again", d.Text)

	case record.CodeAlreadySo:
		return "already done, not sent"
	}
	return with(string(r.Code), d.Text) // a later version's
}

// with adds what more is known.
func with(text, more string) string {
	if more == "" {
		return text
	}
	return text + ": " + more
}

func inBrackets(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

// answered is the API's word that it took the operation.
func answered(op *record.Operation) string {
	if op.HTTP == 0 {
		return "sent"
	}
	return fmt.Sprintf("API answered %d", op.HTTP)
}

func taskText(op *record.Operation) string {
	if op.TaskStatus == "" {
		return answered(op)
	}
	return "task reported " + op.TaskStatus
}

// mismatch is what the list shows instead of what the operation asked for.
func mismatch(op *record.Operation, d record.Details) string {
	text := ""
	switch names := strings.Join(d.Attributes, ", "); {
	case names == "" && d.Text != "":
		text = d.Text
	case names == "" && op.Op == diff.Delete:
		text = "the account still exists"
	case names == "" && op.Op == diff.Create:
		text = "the account does not exist"
	case names == "":
		text = "the list does not show it"
	case d.Old && len(d.Attributes) == 1:
		text = names + " still has the old value"
	case d.Old:
		text = names + " still have the old values"
	case len(d.Attributes) == 1:
		text = names + " has another value"
	default:
		text = names + " have other values"
	}
	if d.After > 0 {
		text += " after " + d.After.Round(time.Second).String()
	}
	return text
}
