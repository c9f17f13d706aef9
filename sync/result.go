package sync

import (
	"iter"
	"strings"
	"time"

	"accountsync/account"
	"accountsync/diff"
)

// ResultSchema names the shape of a Result as JSON.
const ResultSchema = "accountsync/result/v1"

// State is how one operation ended.
type State string

// The states of an operation, and of rows and accounts without one.
const (
	Verified State = "verified" // seen in the live list
	Accepted State = "accepted" // taken by the API, not (yet) seen
	Failed   State = "failed"   // refused, or its task failed, or the list shows otherwise
	Stale    State = "stale"    // the account changed since the plan
	Withheld State = "withheld" // planned and not sent

	Kept     State = "kept"     // a row whose account already is as it says
	Rejected State = "rejected" // a row that cannot be carried out
	Orphan   State = "orphan"   // an account no row asks for, left alone
)

// States lists the states of operations in the order in which reports show them.
var States = []State{Verified, Accepted, Failed, Stale, Withheld}

// Outcome is how a whole run ended.
type Outcome string

// The outcomes of a run.
const (
	InSync      Outcome = "in-sync"     // nothing to do
	Planned     Outcome = "planned"     // a plan was made, nothing was sent
	Changed     Outcome = "changed"     // all applied and verified
	Partial     Outcome = "partial"     // some of it is not done, or not known to be
	Blocked     Outcome = "blocked"     // a guard said no
	StalePlan   Outcome = "stale"       // the plan no longer fits
	Interrupted Outcome = "interrupted" // a signal
	RunFailed   Outcome = "failed"      // the run could not be done
)

// Result is everything a run did. It is what result.json holds, and every
// report is made from it. Time stamps stand only here in the head.
type Result struct {
	Schema   string    `json:"schema"`
	Run      string    `json:"run"`
	Command  string    `json:"command"`
	Version  string    `json:"version"`
	Outcome  Outcome   `json:"outcome"`
	ExitCode int       `json:"exit_code"`
	Error    string    `json:"error,omitempty"` // what ended the run early
	Hint     string    `json:"hint,omitempty"`  // what to do about it
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished"`
	Tenant   string    `json:"tenant"`
	API      string    `json:"api"`
	Requests Requests  `json:"requests"`

	// What only some runs know of themselves.
	Latency  *Latency   `json:"latency,omitempty"`
	Timeline []Interval `json:"timeline,omitempty"` // what was sent in the course of the run, in order
	Settings []Setting  `json:"settings,omitempty"` // as they were in effect, nothing secret
	Redacted []string   `json:"redacted,omitempty"` // attributes whose values are masked in this result

	Sources []*Source `json:"sources"`
}

// Interval is what was sent in one stretch of a run.
type Interval struct {
	At       int   `json:"at"`      // seconds since the run started
	Seconds  int   `json:"seconds"` // how long it is, at least 1
	Requests int64 `json:"requests"`
	Refused  int64 `json:"refused"`   // of the requests: answered 429
	PausedMS int64 `json:"paused_ms"` // time in which nobody could send
}

// Latency is how long the API took to answer, in milliseconds: half of the
// answers came within P50MS.
type Latency struct {
	Count int64 `json:"count"` // answers measured
	P50MS int64 `json:"p50_ms"`
	P90MS int64 `json:"p90_ms"`
	P99MS int64 `json:"p99_ms"`
	MaxMS int64 `json:"max_ms"`
}

// Setting is one setting of a run.
type Setting struct {
	Name   string `json:"name"` // as its flag is called, without dashes
	Value  string `json:"value"`
	Origin string `json:"origin"` // where it comes from, in words; "default" where nobody made it
}

// Requests counts what was sent to the API.
type Requests struct {
	Total     int64 `json:"total"`
	Throttled int64 `json:"throttled"` // answered 429
	Retried   int64 `json:"retried"`
	PausedMS  int64 `json:"paused_ms"` // time in which every worker waited for the API

	ByCode []CodeCount `json:"by_code,omitempty"` // by code; empty when it was not counted
}

// CodeCount is how many requests were answered with one HTTP status, 0: not at all.
type CodeCount struct {
	Code  int   `json:"code"`
	Count int64 `json:"count"`
}

// Source is one source's part of a run: its input, listing, guards and operations.
type Source struct {
	Source     account.Source     `json:"source"`
	Input      Input              `json:"input"`
	Listing    Listing            `json:"listing"`
	Guards     []diff.Guard       `json:"guards"`
	Totals     Totals             `json:"totals"`
	Notes      []string           `json:"notes,omitempty"` // what a reader should know, in sentences
	Operations []*Operation       `json:"operations"`      // by phase, then key
	Rejected   []account.Rejected `json:"rejected"`        // by line

	// KeptRows and Orphans complete the books: a line for every row and every
	// account. They are not part of result.json.
	KeptRows iter.Seq2[account.Row, error] `json:"-"`
	Orphans  []diff.Orphan                 `json:"-"`
	// Table reads input rows again, for failed.csv; nil when the file could not be read.
	Table *account.Table `json:"-"`
}

// Input is the desired-state file of a source.
type Input struct {
	File     string `json:"file"`
	SHA256   string `json:"sha256"`
	Records  int    `json:"records"` // as they stand in the file
	Rows     int    `json:"rows"`    // records joined by --merge-rows count once
	Rejected int    `json:"rejected"`

	Key     string   `json:"key,omitempty"`     // the attribute whose value is the key
	Columns []string `json:"columns,omitempty"` // the header, in its order
}

// Listing is how complete the list of live accounts is known to be.
type Listing struct {
	Accounts    int    `json:"accounts"` // rows seen, each id once
	Pages       int    `json:"pages"`
	TotalBefore int    `json:"total_before"` // X-Total-Count with the first page, -1 when it was missing
	TotalAfter  int    `json:"total_after"`  // and with the last
	Proven      bool   `json:"proven"`
	Tries       int    `json:"tries"`
	Doubt       string `json:"doubt,omitempty"` // why it is not proven
	// Named says that no listing was taken: accounts were looked up by their
	// names, and Accounts is the total.
	Named bool `json:"named,omitempty"`
}

// Totals balances the books of a source.
type Totals struct {
	Kept      int   `json:"kept"`
	StateOnly int   `json:"state_only"` // rows that only change an account's state
	Rejected  int   `json:"rejected"`
	Orphan    int   `json:"orphan"`
	Create    Tally `json:"create"`
	Put       Tally `json:"put"`
	Patch     Tally `json:"patch"`
	Enable    Tally `json:"enable"`
	Unlock    Tally `json:"unlock"`
	Disable   Tally `json:"disable"`
	Reload    Tally `json:"reload,omitzero"`
	Delete    Tally `json:"delete"`
}

// Op returns the tally of one kind of operation.
func (t *Totals) Op(op diff.Op) *Tally {
	switch op {
	case diff.Create:
		return &t.Create
	case diff.Put:
		return &t.Put
	case diff.Patch:
		return &t.Patch
	case diff.Enable:
		return &t.Enable
	case diff.Unlock:
		return &t.Unlock
	case diff.Disable:
		return &t.Disable
	case diff.Reload:
		return &t.Reload
	}
	return &t.Delete
}

// Tally counts the operations of one kind: planned is the sum of the others.
type Tally struct {
	Planned  int `json:"planned"`
	Verified int `json:"verified"`
	Accepted int `json:"accepted"`
	Failed   int `json:"failed"`
	Stale    int `json:"stale"`
	Withheld int `json:"withheld"`
}

// State returns the counter of one state.
func (t *Tally) State(s State) *int {
	switch s {
	case Verified:
		return &t.Verified
	case Accepted:
		return &t.Accepted
	case Failed:
		return &t.Failed
	case Stale:
		return &t.Stale
	}
	return &t.Withheld
}

// Operation is one planned change and what became of it.
type Operation struct {
	Op         diff.Op        `json:"op"`
	Key        string         `json:"key"`
	Account    string         `json:"account,omitempty"` // the account's id, once it is known
	Line       int            `json:"line,omitempty"`
	Reason     string         `json:"reason,omitempty"` // why it was planned, or withheld
	Seq        int            `json:"-"`                // its place in the run's operations, from 0
	Changes    []diff.Field   `json:"changes,omitempty"`
	Warnings   []diff.Warning `json:"warnings,omitempty"` // what a person should know of it
	State      State          `json:"state"`
	Attempts   int            `json:"attempts"` // requests sent for it, retries included
	HTTP       int            `json:"http,omitempty"`
	Task       string         `json:"task,omitempty"`
	TaskStatus string         `json:"task_status,omitempty"`
	TrackingID string         `json:"tracking_id,omitempty"`
	Error      string         `json:"error,omitempty"`
	DurationMS int64          `json:"duration_ms,omitempty"`

	// IdentityID and IdentityState say whose account it is; a removal of an
	// active identity's account needs a human's eye.
	IdentityID    string `json:"identity_id,omitempty"`
	IdentityState string `json:"identity_state,omitempty"`

	Offset int64   `json:"-"` // where the row can be read again; -1 without a row
	Joined []int64 `json:"-"` // where the records joined with it can be read again

	// What a run needs to go on with an operation, also after it was killed.
	// Live is the before-image: what the account held when the operation was
	// decided; a PUT carries it over and an undo brings it back.
	Live        []account.Attribute `json:"-"`
	Fingerprint string              `json:"-"` // of the live account; empty for create
	Modified    string              `json:"-"` // when the live account was modified, as the API wrote it
	Force       bool                `json:"-"` // send it even if the account already is as it asks
	After       string              `json:"-"` // fingerprint of the account as the run left it, where it was seen
	Absent      bool                `json:"-"` // it is proven that the account of a create was not there right before
	Why         string              `json:"-"` // Reason as it was planned
	Native      string              `json:"-"` // nativeIdentity, by which it is looked up
	Sent        bool                `json:"-"` // it may have been sent: its intent is on record
	Lost        bool                `json:"-"` // no answer came: it may or may not have been done

	progress `json:"-"`
}

// Removal reports whether the operation takes an account away that no row asks for.
func (op *Operation) Removal() bool {
	return op.Op == diff.Delete || op.Op == diff.Disable && op.Line == 0
}

// Settled reports whether nothing is left to do and to look at: the operation
// was seen to be done or, of a reload, which nothing shows, its task ended well.
func (op *Operation) Settled() bool {
	return op.State == Verified || op.Op == diff.Reload && op.State == Accepted && op.TaskStatus != ""
}

// AfterCreate reports whether the operation waits for its account to be created.
func (op *Operation) AfterCreate() bool { return op.Op != diff.Create && op.Account == "" }

// notPossible begins the reason of an operation that the source does not allow.
const notPossible = "not possible: "

// impossible reports whether the source does not allow the operation: it is
// planned, so that it is seen, and never sent.
func (op *Operation) impossible() bool {
	return op.State == Withheld && strings.HasPrefix(op.Why, notPossible)
}

// progress is what a run knows of an operation only while it goes on.
type progress struct {
	firstSent    time.Time
	sentAt       time.Time
	pausedBefore time.Duration // how long the API had asked to wait in all when it was sent
	nextLook     time.Time
	looks        int                 // how often it was looked at in vain since it was sent
	looked       bool                // no further look can tell more of it
	resent       int                 // how often it was sent again because no answer came
	alone        bool                // a create that is sent although nothing can bear witness: see createAll
	unknown      bool                // no answer came, and no look has told since
	taskDone     bool                // its task has ended
	completed    bool                // the put of what a create could not carry was sent
	shows        finding             // what the last look showed
	resumed      bool                // it was sent by an earlier process, at an unknown time
	sentNow      bool                // this process sent it
	overlay      []account.Attribute // body of the put that completes a create
}
