// Package sync carries out one run: list, plan, guard, apply, verify; and
// hands back a Result in which every row and every account is accounted for.
package sync

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"accountsync/account"
	"accountsync/diff"

	"github.com/rs/zerolog"
)

// Settings are what one source's part of a run is asked to do.
type Settings struct {
	File    *account.File   // the desired state, opened
	Options account.Options // how it is read
	Policy  diff.Policy     // what becomes of accounts without a row
	Limits  diff.Limits
	Allow   diff.Allow

	Workers       int           // calls at the same time
	MaxErrors     diff.Limit    // failed operations past which the run stops early
	Verify        bool          // list again what was written
	VerifyTimeout time.Duration // how long to wait for what was written to show

	// LostAfter is how long an operation without an answer may take to show
	// before it is sent again.
	LostAfter time.Duration

	// Known is what earlier runs of the source handed on.
	Known Known

	// Paused is how long the API has asked to wait so far, all in all; nil: never.
	Paused func() time.Duration

	// Usual is what past runs of the source planned, to tell an unusual night.
	Usual Usual

	// Canary is how many operations are sent and verified before the rest; 0: none.
	Canary int
	// SkipRemovals lets creates and updates go on when only the guard on
	// removals says no; the removals are withheld.
	SkipRemovals bool

	// Tell is what enable, disable and unlock are told beyond the account.
	Tell account.Unlock

	// Undoes is the run that a plan takes back.
	Undoes string
	// Reload has ISC read touched accounts of a direct source again.
	Reload bool

	// MaxStale is how many operations of a saved plan may no longer fit.
	MaxStale diff.Limit

	// OnSchema judges, once the account schema is known, the settings that name
	// attributes. May be nil.
	OnSchema func(account.Schema) error

	// Stop, once done, lets calls under way finish and starts nothing new.
	Stop context.Context
	// Journal keeps what a killed run needs to go on. Nil keeps nothing.
	Journal Journal
	// Watch is told of progress, from several goroutines at once. May be nil.
	Watch func(Progress)
	Log   zerolog.Logger
}

// Usual is what past runs of a source planned.
type Usual struct {
	Medians map[diff.Op]float64
	Runs    int
	Factor  float64 // how many times the median is unusual
	Guard   bool    // an unusual night is a guard, not a warning
}

// Progress is how far a step of the run is.
type Progress struct {
	Step        string // reading, listing, sending, verifying
	Done, Total int    // Total 0: not known yet
	Failed      int
}

// ErrNotFlatFile refuses a source whose accounts the API cannot create, put or delete.
var ErrNotFlatFile = errors.New("not a flat-file source, and the API creates, puts and deletes accounts only on flat-file sources")

// Run is one source's part of a run on its way from plan to result.
type Run struct {
	settings Settings
	source   account.Source
	schema   account.Schema
	table    *account.Table
	plan     *diff.Plan
	result   *Source
	halt     halt
	missing  []diff.Miss // accounts without a row, as the plan found them
	listed   int         // accounts that the listing showed, without those found by their names
	hold     string      // why removals are held back whatever the guards say
	dated    bool        // missing says something
	counted  bool        // the rows of the input are counted, so the books must balance

	witnesses *witnesses
	own       map[string][]*Operation // by account id, where several operations are about it
	follows   map[string]bool         // keys whose create is followed by other operations
	released  int                     // operations to be sent, and how many of them workers are done with
	done      atomic.Int64
}

// newRun fills in what a result never lacks.
func newRun(result *Source, s Settings) *Run {
	if s.Journal == nil {
		s.Journal = NoJournal{}
	}
	if result.Operations == nil {
		result.Operations = []*Operation{}
	}
	if result.Rejected == nil {
		result.Rejected = []account.Rejected{}
	}
	if result.Guards == nil {
		result.Guards = []diff.Guard{}
	}
	return &Run{settings: s, source: result.Source, result: result, witnesses: newWitnesses()}
}

// Prepare reads the desired state, lists the live accounts, decides and judges.
// It writes nothing: every operation it plans is withheld until Apply. Even
// with an error the Run holds what is known so far.
func Prepare(ctx context.Context, api Reader, source account.Source, s Settings) (*Run, error) {
	r := newRun(&Source{Source: source}, s)
	if err := r.bind(ctx, api); err != nil {
		return r, err
	}
	index, err := r.read(ctx)
	if err != nil {
		return r, err
	}
	if r.plan, err = r.list(ctx, api, index); err != nil {
		return r, err
	}
	r.enter()
	r.guard()
	err = r.plan.Balance()
	r.plan.Changes = nil // the operations hold all of them
	return r, err
}

// Result balances the books and hands them over.
func (r *Run) Result() (*Source, error) { return r.result, r.balance() }

// Source is the run's part of the result as it stands.
func (r *Run) Source() *Source { return r.result }

// Schema is the account schema of the run's source.
func (r *Run) Schema() account.Schema { return r.schema }

// Keep has the run keep a journal from now on.
func (r *Run) Keep(j Journal) { r.settings.Journal = j }

// Blocked reports whether a guard said no to the whole run: then nothing may
// be written.
func (r *Run) Blocked() bool {
	return slices.ContainsFunc(r.result.Guards, func(g diff.Guard) bool {
		return g.Blocks() && !(r.settings.SkipRemovals && g.Name == diff.GuardRemovals)
	})
}

// bind holds the file's header against the source's schema.
func (r *Run) bind(ctx context.Context, api Reader) (err error) {
	if err := r.suits(); err != nil {
		return err
	}
	if r.schema, err = api.Schema(ctx, r.source.ID); err != nil {
		return fmt.Errorf("reading the account schema of source %q: %w", r.source.Name, err)
	}
	if r.settings.OnSchema != nil {
		if err := r.settings.OnSchema(r.schema); err != nil {
			return err
		}
	}
	r.table, err = r.settings.File.Bind(r.source, r.schema)
	return err
}

// suits refuses a direct source when nothing that is asked for is possible on it.
func (r *Run) suits() error {
	p := &r.settings.Policy
	p.Direct, p.Authoritative = !r.source.FlatFile(), r.source.Authoritative
	p.Undeletable = !p.Direct && !r.source.Deletable()
	if p.Direct && p.Removal != diff.RemovalDisable && !p.AllowDirectCreate && !r.settings.File.HasStates() {
		return fmt.Errorf("source %q (type %s, connectionType %s) is %w", r.source.Name, r.source.Type, r.source.ConnectionType, ErrNotFlatFile)
	}
	return nil
}

// read indexes the whole file before anything is decided.
func (r *Run) read(ctx context.Context) (*diff.Index, error) {
	index := diff.NewIndex(r.table)
	rows := 0
	err := r.table.Read(func(row *account.Row, bad *account.Rejected) error {
		if rows++; rows%10_000 == 0 {
			r.settings.watch(Progress{Step: "reading", Done: rows})
		}
		if bad != nil {
			index.Reject(*bad)
		} else {
			index.Add(row)
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	for _, note := range r.table.Notes() {
		r.note("%s", note)
	}
	r.result.Table = r.table
	r.result.Input = Input{File: r.table.Path(), SHA256: r.table.SHA256(), Records: rows, Rows: rows,
		Key: r.table.Key().Attribute, Columns: r.table.Header()}
	return index, index.Seal()
}

// enter turns the plan's changes into operations, withheld for now.
func (r *Run) enter() {
	p := r.plan
	for _, note := range p.Notes {
		r.note("%s", note)
	}
	r.result.Operations = make([]*Operation, len(p.Changes))
	for i := range p.Changes {
		r.result.Operations[i] = r.operation(i, &p.Changes[i])
	}
	r.counted = true
	r.result.Rejected, r.result.Orphans, r.result.KeptRows = p.Rejected, p.Orphans, p.KeptRows()
	r.result.Input.Rows, r.result.Input.Rejected = p.Rows, len(p.Rejected)
	r.result.Totals = Totals{Kept: p.Kept, StateOnly: p.StateOnly, Rejected: len(p.Rejected), Orphan: len(p.Orphans)}
}

// operation is a change to be carried out, withheld for now.
func (r *Run) operation(seq int, c *diff.Change) *Operation {
	op := &Operation{Seq: seq, Op: c.Op, Key: c.Key, Account: c.AccountID, Line: c.Line, Offset: c.Offset, Joined: c.Joined,
		Reason: c.Reason, Why: c.Reason, Changes: c.Fields, Warnings: c.Warnings, State: Withheld,
		IdentityID: c.IdentityID, IdentityState: c.IdentityState, Live: c.Live, Fingerprint: c.Fingerprint, Modified: c.Modified, Force: c.Force}
	op.Native = r.nativeIdentity(op)
	if c.Impossible != "" {
		op.Reason, op.Why = notPossible+c.Impossible, notPossible+c.Impossible
	}
	return op
}

// guard judges the final list, before the first write.
func (r *Run) guard() {
	r.result.Guards = diff.Judge(r.plan, r.settings.Limits.For(r.source), r.settings.Allow)
	r.judgeShrunk()
	r.judgeUsual()
	if why := r.settings.Policy.ClockDoubt; why != "" {
		r.note("Clocks: %s.", why)
	}
	if n := r.plan.EnabledAgain; n > 0 {
		r.note("Missing accounts that were disabled and that somebody has enabled again: %d. They start from the beginning.", n)
	}
	if n := r.plan.NeverShown; n > 0 {
		r.note("Missing accounts whose disable was sent and that no look has shown disabled: %d. They are left alone; a manual task may be waiting for the source owner.", n)
	}
	for _, flag := range r.settings.Allow.Unused(r.result.Guards) {
		r.note("%s had nothing to overrule.", flag)
		r.settings.Log.Warn().Msg(flag + " had nothing to overrule")
	}
	if unused := r.plan.Unprotecting; len(unused) > 0 {
		r.note("--protect protects no live account with %s.", quotedList(unused))
		r.settings.Log.Warn().Int("entries", len(unused)).Msg("--protect has entries that protect no live account: see the notes of the result")
	}
	r.hold = r.plan.HoldRemovals
	r.missing = slices.Concat(r.plan.Missing, r.plan.Returned)
	r.dated = r.plan.Missing != nil
	r.withholdGuarded()
}

// judgeShrunk holds the listing against what the last complete run left.
func (r *Run) judgeShrunk() {
	s := r.settings
	r.result.Guards = append(r.result.Guards, diff.JudgeShrunk(r.listed, s.Known.Left, s.Limits.Shrunk, s.Allow)...)
}

// judgeUsual holds the plan against past nights.
func (r *Run) judgeUsual() {
	u := r.settings.Usual
	unusual := diff.UnusualNights(r.plan.Counts(), u.Medians, u.Runs, u.Factor)
	if u.Guard {
		r.result.Guards = append(r.result.Guards, diff.JudgeUnusual(unusual, u.Factor, r.settings.Allow)...)
		return
	}
	for _, night := range unusual {
		r.note("Unusual: %s.", night)
	}
}

// quotedList names the first few of some texts.
func quotedList(texts []string) string {
	const few = 5
	var b strings.Builder
	for i, text := range texts[:min(few, len(texts))] {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", text)
	}
	if more := len(texts) - few; more > 0 {
		fmt.Fprintf(&b, " and %d more", more)
	}
	return b.String()
}

// withholdGuarded says of operations that may not be sent why.
func (r *Run) withholdGuarded() {
	if r.Blocked() {
		no := slices.IndexFunc(r.result.Guards, diff.Guard.Blocks)
		hold(r.result.Operations, "guard "+r.result.Guards[no].Name+" said no")
		return
	}
	if why := r.holdRemovals(); why != "" {
		hold(r.removals(), why)
	}
}

// holdRemovals says why no removal may be sent, "" when they may.
func (r *Run) holdRemovals() string {
	if !r.result.Listing.Proven {
		return "the listing is not proven complete: " + r.result.Listing.Doubt
	}
	if slices.ContainsFunc(r.result.Guards, diff.Guard.Blocks) {
		return "guard " + diff.GuardRemovals + " said no"
	}
	return r.hold
}

func (r *Run) paused() time.Duration {
	if r.settings.Paused == nil {
		return 0
	}
	return r.settings.Paused()
}

// sent notes when an operation was sent.
func (r *Run) sent(op *Operation) {
	op.sentAt, op.pausedBefore, op.looks = time.Now(), r.paused(), 0
	if op.firstSent.IsZero() && !op.resumed {
		op.firstSent = op.sentAt
	}
}

func (s Settings) watch(p Progress) {
	if s.Watch != nil {
		s.Watch(p)
	}
}

// note adds a sentence a reader of the result should know, once.
func (r *Run) note(format string, args ...any) {
	if s := fmt.Sprintf(format, args...); !slices.Contains(r.result.Notes, s) {
		r.result.Notes = append(r.result.Notes, s)
	}
}
