package sync

import (
	"slices"
	"time"

	"accountsync/account"
	"accountsync/csvfile"
	"accountsync/diff"
)

// Approvals are what a plan asks for before it is carried out.
type Approvals struct {
	Required int    `json:"required"`
	Signers  string `json:"signers_sha256"` // of the list of allowed signers
}

// Approved says on whose word a plan is carried out.
type Approved struct {
	Required int        `json:"required"`
	Plan     string     `json:"plan_sha256"` // of the file that was signed
	By       []Approval `json:"by"`
}

// Approval is one signature of a plan.
type Approval struct {
	By  string `json:"by"`  // the name of the list of allowed signers
	Key string `json:"key"` // fingerprint, as ssh-keygen -l shows it
}

// Outcome is how a whole run ended.
type Outcome string

// The outcomes of a run.
const (
	InSync      Outcome = "in-sync"     // nothing to do
	Planned     Outcome = "planned"     // a plan was made, nothing was sent
	Changed     Outcome = "changed"     // all applied and verified
	Partial     Outcome = "partial"     // some of it is not done, or not known to be
	Blocked     Outcome = "blocked"     // blocked by a guard
	StalePlan   Outcome = "stale"       // the plan no longer fits
	Interrupted Outcome = "interrupted" // a signal
	RunFailed   Outcome = "failed"      // the run could not be done
)

// Head is everything of a run of one source but its rows.
type Head struct {
	Run     string `json:"run"`
	Command string `json:"command"`
	Undoes  string `json:"undoes,omitzero"`  // the run it takes back
	Applies string `json:"applies,omitzero"` // the run whose plan it carries out
	// MadeBy are the names of who made the plan; none: they are not known.
	MadeBy   []string  `json:"made_by,omitempty"`
	Approved *Approved `json:"approved,omitempty"` // of a plan that is carried out: by whom
	Version  string    `json:"version"`
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished,omitzero"` // zero while the run has not ended
	Expires  time.Time `json:"expires,omitzero"`  // of a plan: not applied after it

	Tenant        string         `json:"tenant"`
	Client        string         `json:"client,omitzero"` // client id: who shares it shares a quota
	API           string         `json:"api"`
	Source        account.Source `json:"source"`
	AccountSchema account.Schema `json:"account_schema"`
	Terms         Terms          `json:"terms"`
	Settings      []Setting      `json:"settings,omitempty"` // as they were in effect, nothing secret
	Redacted      []string       `json:"redacted,omitempty"` // attributes whose values are masked in reports

	Input   Input   `json:"input"`
	Listing Listing `json:"listing"`
	// Listed is when the listing was taken: what is known as of later goes over it.
	Listed time.Time    `json:"listed,omitzero"`
	Guards []diff.Guard `json:"guards,omitempty"`
	Hold   Reason       `json:"hold,omitzero"` // why removals are held back whatever the guards say
	// Left is why operations that the run did not come to were not sent.
	Left   Reason `json:"left,omitzero"`
	Totals Totals `json:"totals"`
	// Deferred is how many creates are to be completed by a put.
	Deferred int      `json:"deferred,omitzero"`
	Notes    []string `json:"notes,omitempty"` // what a reader should know, in sentences
	// Unusual are operations of which past runs planned far fewer.
	Unusual []diff.Unusual `json:"unusual,omitempty"`
	// Dated says that the absences on record say something: no date begins, and
	// none is forgotten, on the word of half a list.
	Dated bool `json:"dated,omitzero"`
	// Writes says that the run was begun in order to write, so that it can be
	// resumed; a plan only plans.
	Writes bool `json:"writes,omitzero"`

	Outcome  Outcome    `json:"outcome,omitzero"`
	ExitCode int        `json:"exit_code"`
	Error    string     `json:"error,omitzero"` // what ended the run early
	Hint     string     `json:"hint,omitzero"`  // what to do about it
	Requests Requests   `json:"requests"`
	Latency  *Latency   `json:"latency,omitzero"`
	Timeline []Interval `json:"timeline,omitempty"` // what was sent in the course of the run, in order
}

// Blocked reports whether a guard blocked the whole run: then nothing may be
// written.
func (h *Head) Blocked() bool {
	return slices.ContainsFunc(h.Guards, func(g diff.Guard) bool {
		return g.Blocks() && !(h.Terms.SkipRemovals && g.Name == diff.GuardRemovals)
	})
}

// holdsRemovals says why no removal may be sent; no code: they may.
func (h *Head) holdsRemovals() Reason {
	switch {
	case !h.Listing.Proven:
		return Reason{Code: CodeUnproven, Details: Details{Text: h.Listing.Doubt}}
	case slices.ContainsFunc(h.Guards, diff.Guard.Blocks):
		return Reason{Code: CodeGuard, Details: Details{Guard: diff.GuardRemovals}}
	}
	return h.Hold
}

// WhyWithheld says why an operation was not sent: what its own record says, or
// what holds back all of its kind, or why the run did not come to it.
func (h *Head) WhyWithheld(op *Operation) Reason {
	switch {
	case op.Reason.Code != "":
		return op.Reason
	case h.Blocked():
		no := slices.IndexFunc(h.Guards, diff.Guard.Blocks)
		return Reason{Code: CodeGuard, Details: Details{Guard: h.Guards[no].Name}}
	case op.Removal() && h.holdsRemovals().Code != "":
		return h.holdsRemovals()
	}
	return h.Left
}

// Terms are the settings a run was begun on, and a resume goes on with.
type Terms struct {
	Removal    diff.Removal  `json:"removal,omitzero"`
	Grace      time.Duration `json:"grace,omitzero"`
	UpdateWith diff.Op       `json:"update_with,omitzero"`
	Protect    []string      `json:"protect,omitempty"`
	// Select are the rules of --only and --exclude: those of the plan, then those
	// it was applied with. What they left out says so itself.
	Select []diff.Selection `json:"select,omitempty"`
	// Approvals are those that the plan is to have; zero: none.
	Approvals         Approvals       `json:"approvals,omitzero"`
	AllowDirectCreate bool            `json:"allow_direct_create,omitzero"`
	AllowRecorrelate  bool            `json:"allow_recorrelate,omitzero"`
	Limits            diff.Limits     `json:"limits"`
	Allow             diff.Allow      `json:"allow"`
	MaxErrors         diff.Limit      `json:"max_errors"`
	MaxStale          diff.Limit      `json:"max_stale"`
	Unusual           Unusual         `json:"unusual,omitzero"`
	Canary            int             `json:"canary,omitzero"`
	SkipRemovals      bool            `json:"skip_removals,omitzero"` // --on-guard skip-removals
	Verify            bool            `json:"verify,omitzero"`
	VerifyTimeout     time.Duration   `json:"verify_timeout,omitzero"`
	LostAfter         time.Duration   `json:"lost_after,omitzero"`
	Reload            bool            `json:"reload,omitzero"`
	Action            account.Unlock  `json:"action,omitzero"` // what enable, disable and unlock are told
	Options           csvfile.Options `json:"options"`         // how the input was read
	Workers           int             `json:"workers,omitzero"`
	Rate              string          `json:"rate,omitzero"`
}

// Unusual says which nights are unusual.
type Unusual struct {
	Factor float64 `json:"factor,omitzero"` // how many times the median
	Guard  bool    `json:"guard,omitzero"`  // it is a guard, not a warning
}

// Interval is what was sent in one stretch of a run.
type Interval struct {
	At       int   `json:"at"`      // seconds since the run started
	Seconds  int   `json:"seconds"` // how long it is, at least 1
	Requests int64 `json:"requests"`
	Refused  int64 `json:"refused"`   // of the requests: answered 429
	PausedMS int64 `json:"paused_ms"` // time paused by rate limiting
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

// Input is the desired-state file of a source.
type Input struct {
	File     string `json:"file"`
	Sheet    string `json:"sheet,omitempty"` // of a workbook
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
	Already   int   `json:"already_done,omitzero"` // of the operations: verified, and nothing was sent for them
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

// Changed counts the operations that may have changed an account.
func (t *Totals) Changed() (n int) {
	for _, op := range diff.Ops {
		tally := t.Op(op)
		n += tally.Verified + tally.Accepted + tally.Failed
	}
	return n - t.Already
}

// Tallied are the totals with the operations as they were counted.
func (t Totals) Tallied(counts []Count) Totals {
	for _, op := range diff.Ops {
		*t.Op(op) = Tally{}
	}
	t.Already = 0
	for _, c := range counts {
		tally := t.Op(c.Op)
		tally.Planned += c.N
		*tally.State(c.State) += c.N
		if c.Code == CodeAlreadySo && c.State == Verified {
			t.Already += c.N
		}
	}
	return t
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
