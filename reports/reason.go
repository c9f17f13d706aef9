package reports

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"accountsync/diff"
	"accountsync/internal/text"
	"accountsync/sync"
)

// reasonText says in words why an operation was not sent or ended as it did,
// else why it was planned; "" where its changes say it all.
func reasonText(op *sync.Operation) string {
	if op.Reason.Code != "" {
		return Words(op, op.Reason)
	}
	return Words(op, op.Why)
}

// why is what the API said to the operation, else its reason.
func why(op *sync.Operation) string {
	text := reasonText(op)
	if op.Reason.Code == sync.CodeNoAnswer {
		return with(text, op.Error)
	}
	return cmp.Or(op.Error, text)
}

// Words says in words what a code and its details mean for an operation. It is
// the one place where words are made of codes.
func Words(op *sync.Operation, r sync.Reason) string {
	d := r.Details
	switch r.Code {
	case "":
		return ""
	case sync.CodeText:
		return d.Text

	case sync.CodeGuard:
		return strings.TrimSpace("blocked by guard " + d.Guard)
	case sync.CodeHeld:
		if d.Count == 0 {
			return "no account is removed while rows are rejected"
		}
		return "no account is removed while rows are rejected (" + text.Number(d.Count) + ")"
	case sync.CodeUnproven:
		return with("the listing is not verified complete", d.Text)
	case sync.CodeNotPossible:
		return with("not possible", d.Text)
	case sync.CodeCanary:
		return "the canary operations were not all verified"
	case sync.CodeBudget:
		if d.Count == 0 {
			return "stopped: more than --max-errors operations failed"
		}
		return fmt.Sprintf("stopped: %s failed or got no answer, %s allowed (--max-errors)", text.Counted(d.Count, "operation"), text.Number(d.Limit))
	case sync.CodeInterrupted:
		if op.State == sync.Accepted {
			return "interrupted by signal before it could be verified"
		}
		return "interrupted by signal; unsent operations were not started"
	case sync.CodeEnded:
		if op.State == sync.Accepted {
			return "the run ended before it could be verified"
		}
		return "the run ended early; unsent operations were not started"
	case sync.CodeExcluded:
		return with("left out", d.Text)
	case sync.CodeNoAccount:
		return "skipped: its account was not created"
	case sync.CodeDenied:
		if d.HTTP == 0 {
			return with("the credentials were refused", d.Text)
		}
		return fmt.Sprintf("%s refused with %d: the token may lack a scope", strings.ToUpper(string(op.Op)), d.HTTP)
	case sync.CodeSuperseded:
		return with("superseded by a later run", d.Run)
	case sync.CodeUnrecorded:
		return with("its intent could not be written to the journal", d.Text)
	case sync.CodeNoWitness:
		if op.State == sync.Accepted {
			return answered(op) + ", but no account is left in the source that could prove the list right"
		}
		return "the source is empty, and its first new account does not show: nothing proves that the others are not there yet"
	case sync.CodeNoProof:
		if op.State == sync.Accepted {
			return answered(op) + ", but " + unproven(op, d) + afterText(d)
		}
		return unproven(op, d)
	case sync.CodeIncomplete:
		return "the list shows the account without " + strings.Join(d.Attributes, ", ") + ", so its attributes may be cut: a PUT would delete those that are not shown (--update-with patch changes single ones)"

	case sync.CodeStale:
		return with("the account changed since the plan", strings.Join(d.Attributes, ", "))
	case sync.CodeGone:
		return "the account no longer exists"
	case sync.CodeExists:
		return "an account with this native identity exists now" + inBrackets(d.Account)
	case sync.CodeRenamed:
		return "another account has this native identity now" + inBrackets(d.Account)
	case sync.CodeSeveral:
		return "several accounts have this native identity now"
	case sync.CodeAltered:
		if op.State == sync.Stale {
			return with("it was carried out, and the account shows other changes too", strings.Join(d.Attributes, ", "))
		}
		return with("the change shows, but the account is not otherwise as it was sent", strings.Join(d.Attributes, ", "))

	case sync.CodeRefused:
		return with("refused by the API", d.Text)
	case sync.CodeTaskFailed:
		return with("task reported "+cmp.Or(op.TaskStatus, "an error"), d.Text)
	case sync.CodeNoAnswer:
		return "no answer came" + unanswered(d)
	case sync.CodeDiffers:
		return taskText(op) + ", but " + mismatch(d) + afterText(d)
	case sync.CodeExisted:
		text := ""
		if !d.Since.IsZero() {
			text = "created " + d.Since.UTC().Format(time.RFC3339)
		}
		return "an account with this native identity was there before the create was sent" + inBrackets(text) + ", and the API may have changed it"

	case sync.CodeNotShown:
		return answered(op) + ", but " + mismatch(d) + afterText(d)
	case sync.CodeManual:
		return answered(op) + ", but " + mismatch(d) + afterText(d) + ": on a flat-file source a manual task may be waiting for the source owner"
	case sync.CodeUnreadable:
		return answered(op) + ", but " + unreadable(d)
	case sync.CodeNoChange:
		return taskText(op) + "; the account shows no change, and nothing else would show that it was read again"

	case sync.CodeAlreadySo:
		return "already done, not sent"
	case sync.CodeReloaded:
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
func answered(op *sync.Operation) string {
	return fmt.Sprintf("API answered %d", cmp.Or(op.HTTP, 202))
}

// taskText is how the operation's task ended.
func taskText(op *sync.Operation) string {
	if op.TaskStatus == "" {
		return answered(op) + "; its task could not be followed"
	}
	return "task reported " + op.TaskStatus
}

// afterText is how long the list was looked at.
func afterText(d sync.Details) string {
	if d.After == 0 {
		return ""
	}
	return " after " + d.After.String()
}

// unanswered is what the list shows of an operation without an answer.
func unanswered(d sync.Details) string {
	switch {
	case d.HTTP != 0:
		return ", and " + unreadable(d)
	case d.Shows != "":
		return ", and " + mismatch(d) + afterText(d)
	}
	return ": it may or may not have been done"
}

// unreadable says that the list told nothing.
func unreadable(d sync.Details) string {
	if d.HTTP == 0 {
		return "the list could not be read again"
	}
	return fmt.Sprintf("the list could not be read again (HTTP %d)", d.HTTP)
}

// unproven says what the list did not prove.
func unproven(op *sync.Operation, d sync.Details) string {
	switch {
	case d.Shows == sync.ShowsOlder:
		return "the list shows an older state of the account"
	case op.Op == diff.Create && op.State != sync.Accepted:
		return "the list did not prove that the account is not there yet"
	}
	return "the list did not prove whether the account exists"
}

// mismatch is what the list shows instead of what an operation asked for.
func mismatch(d sync.Details) string {
	names := strings.Join(d.Attributes, ", ")
	one := len(d.Attributes) == 1
	switch d.Shows {
	case sync.ShowsAbsent:
		return "the account does not exist"
	case sync.ShowsPresent:
		return "the account still exists"
	case sync.ShowsAgain:
		return "an account of this native identity exists again, under another id"
	case sync.ShowsEnabled, sync.ShowsDisabled, sync.ShowsLocked:
		return "the account is still " + string(d.Shows)
	case sync.ShowsOld:
		if one {
			return names + " still has the old value"
		}
		return names + " still have the old values"
	case sync.ShowsOther:
		if one {
			return names + " does not have the new value"
		}
		return names + " do not have the new values"
	case sync.ShowsOlder:
		return "the list shows an older state of the account"
	case sync.ShowsSeveral:
		return "several accounts have this native identity"
	}
	return "the list does not show it"
}
