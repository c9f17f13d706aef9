package sync

import (
	"time"

	"accountsync/account"
	"accountsync/diff"
)

// State is how one operation ended.
type State string

// The states of an operation, and of rows and accounts without one.
const (
	Verified State = "verified" // seen in the live list
	Accepted State = "accepted" // the API accepted it, the live list does not show it yet
	Failed   State = "failed"   // rejected by the API, or its task failed, or the live list does not show the change
	Stale    State = "stale"    // the account changed since the plan
	Withheld State = "withheld" // planned and not sent

	Kept     State = "kept"     // a row whose account already is as it says
	Rejected State = "rejected" // a row that cannot be carried out
	Orphan   State = "orphan"   // an account no row asks for, left alone
)

// States lists the states of operations in the order in which reports show them.
var States = []State{Verified, Accepted, Failed, Stale, Withheld}

// Code says why an operation was planned, was not sent, or ended as it did.
// Words are made of it in reports only.
type Code string

// The codes. Those of a state are listed beside it.
const (
	// Withheld.
	CodeGuard       Code = "guard"        // blocked by a guard: Guard
	CodeHeld        Code = "held"         // removals are held back: Count rows are rejected
	CodeUnproven    Code = "unproven"     // the listing is not proven: Text
	CodeNotPossible Code = "not-possible" // the source does not allow it: Text
	CodeCanary      Code = "canary"       // the canary operations were not all verified
	CodeBudget      Code = "budget"       // more than Limit operations failed
	CodeInterrupted Code = "interrupted"  // by a signal
	CodeExcluded    Code = "excluded"     // left out by a rule of --only or --exclude: Text
	CodeNoAccount   Code = "no-account"   // its account was not created
	CodeDenied      Code = "denied"       // sign-in or scope refused before it
	CodeSuperseded  Code = "superseded"   // by a later run: Run
	CodeUnrecorded  Code = "unrecorded"   // its intent could not be put on record
	CodeEnded       Code = "ended"        // the run ended early
	CodeNoWitness   Code = "no-witness"   // no account of the source can prove that another one is not there
	CodeNoProof     Code = "no-proof"     // a look did not prove whether the account is there
	CodeIncomplete  Code = "incomplete"   // of a put: the list shows the account without the attribute that names it: Attributes

	// Stale.
	CodeStale   Code = "stale"   // the account changed since the plan: Attributes
	CodeGone    Code = "gone"    // the account is gone
	CodeExists  Code = "exists"  // of a create: an account of that name is there: Account
	CodeRenamed Code = "renamed" // another account has this native identity by now: Account
	CodeSeveral Code = "several" // several accounts have this native identity
	CodeAltered Code = "altered" // what was asked for shows, but the account has changed otherwise too: Attributes

	// Failed.
	CodeRefused    Code = "refused"     // by the API
	CodeTaskFailed Code = "task-failed" // its task failed: Text
	CodeNoAnswer   Code = "no-answer"   // it may or may not have been done
	CodeDiffers    Code = "differs"     // its task succeeded, the live list does not show the change: Shows, Attributes, After
	CodeExisted    Code = "existed"     // of a create: its account was there before it: Since

	// Accepted.
	CodeNotShown   Code = "not-shown"  // the list does not show it: Shows, Attributes, After
	CodeManual     Code = "manual"     // a task for a person may be open: Shows, After
	CodeUnreadable Code = "unreadable" // the list could not be read again: HTTP
	CodeNoChange   Code = "no-change"  // of a reload: its account shows no change, and nothing else would show it

	// Verified.
	CodeAlreadySo Code = "already-so" // nothing was sent for it
	CodeReloaded  Code = "reloaded"   // its account shows a change since: Attributes

	// CodeText is a reason of which only words are known.
	CodeText Code = "text"
)

// Reason is a code and its details.
type Reason struct {
	Code    Code    `json:"code,omitzero"`
	Details Details `json:"details,omitzero"`
}

// Details are what a code leaves open. Each code uses a few of them.
type Details struct {
	Guard      string    `json:"guard,omitzero"`
	Attributes []string  `json:"attributes,omitempty"`
	Account    string    `json:"account,omitzero"`
	Run        string    `json:"run,omitzero"`
	Count      int       `json:"count,omitzero"`
	Limit      int       `json:"limit,omitzero"`
	Since      time.Time `json:"since,omitzero"`
	Until      time.Time `json:"until,omitzero"`
	Text       string    `json:"text,omitzero"`
	HTTP       int       `json:"http_status,omitzero"`
	// Shows is what the list shows instead of what was asked for, after so long.
	Shows Shows         `json:"shows,omitzero"`
	After time.Duration `json:"after,omitzero"`
}

// Shows is what a list shows of an account.
type Shows string

// What a list can show instead of what was asked for.
const (
	ShowsAbsent   Shows = "absent"    // the account does not exist
	ShowsPresent  Shows = "present"   // it still exists
	ShowsAgain    Shows = "again"     // it is gone, and another one of its native identity has come
	ShowsEnabled  Shows = "enabled"   // it is still enabled
	ShowsDisabled Shows = "disabled"  // it is still disabled
	ShowsLocked   Shows = "locked"    // it is still locked
	ShowsOld      Shows = "old-value" // Attributes still have their old values
	ShowsOther    Shows = "other"     // Attributes have neither their old nor their new values
	ShowsOlder    Shows = "older"     // an older state of the account
	ShowsSeveral  Shows = "several"   // several accounts of this native identity
	ShowsNothing  Shows = "nothing"   // nothing that tells
)

// Operation is one planned change and what became of it, in three parts. Each
// is encoded once: the plan when it is made, the others when they change.
type Operation struct {
	OperationPlan
	OperationResult
	Evidence

	// Row is the store's own: where the operation stands, and on which version
	// of it a change is made. Whoever copies an operation copies it along.
	Row Row
}

// Row is where a store keeps an operation.
type Row struct {
	Place   int64 // in the order (phase, key, seq), from 1; 0 before the plan is sealed
	Version int64 // how often it was changed since
	State   State // as it is on record
	Code    Code  // the same
}

// OperationPlan is what an operation is to do. It does not change once it is
// in the record.
type OperationPlan struct {
	Seq         int          `json:"seq"` // counts the operations of the run from 0, in the order in which they were planned; some may have been withdrawn
	Op          diff.Op      `json:"op"`
	Key         string       `json:"key"`
	Native      string       `json:"native_identity"`
	Account     string       `json:"account,omitzero"` // the account's id; empty for what is done to a new account
	Name        string       `json:"name,omitzero"`    // display name
	Line        int          `json:"line,omitzero"`
	Changes     []diff.Field `json:"changes,omitempty"`
	Fingerprint string       `json:"fingerprint,omitzero"` // of the account it was planned on
	// The identity says whose account it is; a removal of an active identity's
	// account needs a human's eye.
	IdentityID    string `json:"identity_id,omitzero"`
	IdentityName  string `json:"identity_name,omitzero"`
	IdentityState string `json:"identity_state,omitzero"`
	// Takes is what a removal takes away: the values that the account held when
	// it was planned.
	Takes    []account.Attribute `json:"takes,omitempty"`
	Offset   int64               `json:"offset"`             // where the row can be read again; -1 without a row
	Joined   []int64             `json:"joined,omitempty"`   // where the records joined with it can be read again
	Why      Reason              `json:"why,omitzero"`       // where the changes alone do not say it
	Warnings []diff.Warning      `json:"warnings,omitempty"` // what a person should know of it
	Modified string              `json:"modified,omitzero"`  // when the account was modified, as the API wrote it
	Force    bool                `json:"force,omitzero"`     // send it even if the account already is as it asks
}

// OperationResult is what became of an operation, as reports show it.
type OperationResult struct {
	State      State  `json:"state"`
	Reason     Reason `json:",embed"`           // why it was not sent, or how it ended
	Created    string `json:"created,omitzero"` // account id of a new account
	Attempts   int    `json:"attempts"`         // requests sent for it, retries included
	HTTP       int    `json:"http,omitzero"`
	Task       string `json:"task,omitzero"`
	TaskStatus string `json:"task_status,omitzero"`
	TrackingID string `json:"tracking_id,omitzero"`
	Error      string `json:"error,omitzero"` // what the API said
	DurationMS int64  `json:"duration_ms,omitzero"`
}

// Evidence is what a resume or an undo needs to know of an operation beyond
// its result. It stands in the record, and in no report.
type Evidence struct {
	Sent       bool      `json:"sent,omitzero"`      // it may have been sent: its intent is on record
	Ambiguous  bool      `json:"ambiguous,omitzero"` // no answer came: it may or may not have been done
	Resent     int       `json:"resent,omitzero"`    // how often it was sent again because no answer came
	AcceptedAt time.Time `json:"accepted_at,omitzero"`
	Completed  bool      `json:"completed,omitzero"` // the put of what a create could not carry was sent
	Absent     *Absence  `json:"absent,omitzero"`    // of a create: the look that proved that its account was not there
	// Before is the account as the look right before the call showed it, whole: of
	// a delete, so that undo can bring it back, and of what failed, so that its
	// values can be masked in what the API says of it.
	Before *account.Account `json:"before,omitzero"`
	// Left is the fingerprint of the account as the run left it: undo takes back
	// only what is still so.
	Left string `json:"left,omitzero"`
	// LeftModified is when that account was modified, as the API wrote it: a look
	// that shows an older one comes from a replica that is behind.
	LeftModified string `json:"left_modified,omitzero"`
}

// Absence is the proof that an account was not there: the same answer showed
// another one known to be there, or the source had none at all.
type Absence struct {
	At      time.Time `json:"at"`
	Witness string    `json:"witness,omitzero"` // native identity; "" in an empty source
}

// AccountID is the id of the operation's account, "" while it is not known.
func (op *Operation) AccountID() string {
	if op.Created != "" {
		return op.Created
	}
	return op.Account
}

// AfterCreate reports whether the operation waits for its account to be created.
func (op *OperationPlan) AfterCreate() bool { return op.Op != diff.Create && op.Account == "" }

// Removal reports whether the operation takes an account away that no row asks for.
func (op *OperationPlan) Removal() bool {
	return op.Op == diff.Delete || op.Op == diff.Disable && op.Line == 0
}

// The phases of a run, each begun when the one before is settled.
const (
	PhaseCreate = iota
	PhasePut
	PhasePatch // after the put, which may be of the same account
	PhaseNew   // what is done to new accounts
	PhaseState // enable, unlock, disable, reload
	PhaseDelete
	Phases
)

// Phase is the step of a run in which the operation is sent.
func (op *OperationPlan) Phase() int {
	switch {
	case op.Op == diff.Create:
		return PhaseCreate
	case op.Op == diff.Delete:
		return PhaseDelete
	case op.AfterCreate():
		return PhaseNew
	case op.Op == diff.Put:
		return PhasePut
	case op.Op == diff.Patch:
		return PhasePatch
	}
	return PhaseState
}

// Settled reports whether nothing is left to do and to look at: the operation
// was seen to be done or, of a reload, which nothing shows, its task ended well.
func (op *Operation) Settled() bool {
	return op.State == Verified || op.Op == diff.Reload && op.State == Accepted && op.TaskStatus != ""
}
