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
func why(op *record.Operation) string {
	text := reasonText(op)
	if op.Reason.Code == record.CodeNoAnswer {
		return with(text, op.Error)
	}
	return cmp.Or(op.Error, text)
}

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
		return strings.TrimSpace("blocked by guard " + d.Guard)
	case record.CodeHeld:
		if d.Count == 0 {
			return "no account is removed while rows are rejected"
		}
		return "no account is removed while rows are rejected (" + number(d.Count) + ")"
	case record.CodeUnproven:
		return with("the listing is not verified complete", d.Text)
	case record.CodeNotPossible:
		return with("not possible", d.Text)
	case record.CodeCanary:
		return "the canary operations were not all verified"
	case record.CodeBudget:
		if d.Count == 0 {
			return "stopped: more than --max-errors operations failed"
		}
		return fmt.Sprintf("stopped: %s failed or got no answer, %s allowed (--max-errors)", counted(d.Count, "operation"), number(d.Limit))
	case record.CodeInterrupted:
		if op.State == record.Accepted {
			return "interrupted by signal before it could be verified"
		}
		return "interrupted by signal; unsent operations were not started"
	case record.CodeEnded:
		if op.State == record.Accepted {
			return "the run ended before it could be verified"
		}
		return "the run ended early; unsent operations were not started"
	case record.CodeExcluded:
		return with("left out", d.Text)
	case record.CodeNoAccount:
		return "skipped: its account was not created"
	case record.CodeDenied:
		if d.HTTP == 0 {
			return with("the credentials were refused", d.Text)
		}
		return fmt.Sprintf("%s refused with %d: the token may lack a scope", strings.ToUpper(string(op.Op)), d.HTTP)
	case record.CodeSuperseded:
		return with("superseded by a later run", d.Run)
	case record.CodeUnrecorded:
		return with("its intent could not be written to the journal", d.Text)
	case record.CodeNoWitness:
		if op.State == record.Accepted {
			return answered(op) + ", but no account is left in the source that could prove the list right"
		}
		return "the source is empty, and its first new account does not show: nothing proves that the others are not there yet"
	case record.CodeNoProof:
		if op.State == record.Accepted {
			return answered(op) + ", but " + unproven(op, d) + afterText(d)
		}
		return unproven(op, d)

	case record.CodeStale:
		return with("the account changed since the plan", strings.Join(d.Attributes, ", "))
	case record.CodeGone:
		return "the account no longer exists"
	case record.CodeExists:
		return "an account with this native identity exists now" + inBrackets(d.Account)
	case record.CodeRenamed:
		return "another account has this native identity now" + inBrackets(d.Account)
	case record.CodeSeveral:
		return "several accounts have this native identity now"
	case record.CodeAltered:
		if op.State == record.Stale {
			return with("it was carried out, and the account shows other changes too", strings.Join(d.Attributes, ", "))
		}
		return with("the change shows, but the account is not otherwise as it was sent", strings.Join(d.Attributes, ", "))

	case record.CodeRefused:
		return with("refused by the API", d.Text)
	case record.CodeTaskFailed:
		return with("task reported "+cmp.Or(op.TaskStatus, "an error"), d.Text)
	case record.CodeNoAnswer:
		return "no answer came" + unanswered(d)
	case record.CodeDiffers:
		return taskText(op) + ", but " + mismatch(d) + afterText(d)
	case record.CodeExisted:
		text := ""
		if !d.Since.IsZero() {
			text = "created " + d.Since.UTC().Format(time.RFC3339)
		}
		return "an account with this native identity was there before the create was sent" + inBrackets(text) + ", and the API may have changed it"

	case record.CodeNotShown:
		return answered(op) + ", but " + mismatch(d) + afterText(d)
	case record.CodeManual:
		return answered(op) + ", but " + mismatch(d) + afterText(d) + ": on a flat-file source a manual task may be waiting for the source owner"
	case record.CodeUnreadable:
		return answered(op) + ", but " + unreadable(d)
	case record.CodeNoChange:
		return taskText(op) + "; the account shows no change, and nothing else would show that it was read again"

	case record.CodeAlreadySo:
		return "already done, not sent"
	case record.CodeReloaded:
		return with("the account shows a change since", strings.Join(d.Attributes, ", "))
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
	return fmt.Sprintf("API answered %d", cmp.Or(op.HTTP, 202))
}

// taskText is how the operation's task ended.
func taskText(op *record.Operation) string {
	if op.TaskStatus == "" {
		return answered(op) + "; its task could not be followed"
	}
	return "task reported " + op.TaskStatus
}

// afterText is how long the list was looked at.
func afterText(d record.Details) string {
	if d.After == 0 {
		return ""
	}
	return " after " + d.After.String()
}

// unanswered is what the list shows of an operation without an answer.
func unanswered(d record.Details) string {
	switch {
	case d.HTTP != 0:
		return ", and " + unreadable(d)
	case d.Shows != "":
		return ", and " + mismatch(d) + afterText(d)
	}
	return ": it may or may not have been done"
}

// unreadable says that the list told nothing.
func unreadable(d record.Details) string {
	if d.HTTP == 0 {
		return "the list could not be read again"
	}
	return fmt.Sprintf("the list could not be read again (HTTP %d)", d.HTTP)
}

// unproven says what the list did not prove.
func unproven(op *record.Operation, d record.Details) string {
	switch {
	case d.Shows == record.ShowsOlder:
		return "the list shows an older state of the account"
	case op.Op == diff.Create && op.State != record.Accepted:
		return "the list did not prove that the account is not there yet"
	}
	return "the list did not prove whether the account exists"
}

// mismatch is what the list shows instead of what an operation asked for.
func mismatch(d record.Details) string {
	names := strings.Join(d.Attributes, ", ")
	one := len(d.Attributes) == 1
	switch d.Shows {
	case record.ShowsAbsent:
		return "the account does not exist"
	case record.ShowsPresent:
		return "the account still exists"
	case record.ShowsEnabled, record.ShowsDisabled, record.ShowsLocked:
		return "the account is still " + string(d.Shows)
	case record.ShowsOld:
		if one {
			return names + " still has the old value"
		}
		return names + " still have the old values"
	case record.ShowsOther:
		if one {
			return names + " does not have the new value"
		}
		return names + " do not have the new values"
	case record.ShowsOlder:
		return "the list shows an older state of the account"
	case record.ShowsSeveral:
		return "several accounts have this native identity"
	}
	return "the list does not show it"
}
