package sync

import (
	"context"
	"fmt"
	"slices"

	"accountsync/account"
	"accountsync/diff"
)

// Act is what is asked for of one account by its name, instead of by a row.
type Act struct {
	Op   diff.Op
	Name string // its native identity, or its id; of a create its native identity
	Line int    // where it was named in a file; 0: on the command line
	// Fields are what a create, put or patch wants the account to hold. Before
	// is filled in.
	Fields []diff.Field
	// Force sends it even if the account already is as it asks.
	Force bool
}

// Asker is what planning acts needs of the API.
type Asker interface {
	Reader
	// ByID gives the queries that find accounts by their ids, of whatever source.
	ByID(ids []string) []account.Query
}

// Ask plans what is asked for of accounts of one source by their names. Each is
// looked up: what is not there is rejected with its reason, what already is as
// asked is kept, what the source does not allow is planned and never sent, and
// the guards judge the rest. It writes nothing.
func Ask(ctx context.Context, api Asker, source account.Source, schema account.Schema, acts []Act, s Settings) (*Run, error) {
	r := newRun(&Source{Source: source}, s)
	r.schema = schema
	a := asking{Run: r, taken: map[string]bool{}}
	if err := a.count(ctx, api); err != nil {
		return r, err
	}
	found, err := a.find(ctx, api, acts)
	if err != nil {
		return r, lookFailed("the accounts", err)
	}
	for i := range acts {
		a.decide(&acts[i], found[i])
	}
	a.enter()
	return r, nil
}

// asking collects what becomes of the acts.
type asking struct {
	*Run
	changes []diff.Change
	kept    []account.Row
	taken   map[string]bool // operations and the ids of their accounts; creates by native identity
	twice   int
}

// count asks how many accounts the source has: what the guards' percentages are
// of. The first of them can bear witness.
func (a *asking) count(ctx context.Context, api Reader) error {
	page, err := api.Accounts(ctx, account.Query{SourceID: a.source.ID, Limit: 10, Count: true})
	if err != nil {
		return fmt.Errorf("counting the accounts of source %q: %w", a.source.Name, err)
	}
	for live, err := range page.Accounts {
		if err != nil {
			return err
		}
		a.witnesses.add(live.NativeIdentity)
	}
	total := max(page.Total, 0)
	a.result.Listing = Listing{Named: true, Accounts: total, TotalBefore: page.Total, TotalAfter: page.Total, Pages: 1, Tries: 1, Proven: true}
	return nil
}

// enter turns what was decided into operations, and lets the guards judge them.
func (a *asking) enter() {
	a.plan = diff.NewPlan(a.changes, a.result.Listing.Accounts)
	for i := range a.plan.Changes {
		op := a.operation(i, &a.plan.Changes[i])
		op.Native = op.Key
		a.result.Operations = append(a.result.Operations, op)
	}
	a.result.Totals = Totals{Kept: len(a.kept), Rejected: len(a.result.Rejected)}
	a.result.KeptRows = func(yield func(account.Row, error) bool) {
		for _, row := range a.kept {
			if !yield(row, nil) {
				return
			}
		}
	}
	if a.twice > 0 {
		a.note("Names that mean an account named before: %d. Each account is done once.", a.twice)
	}
	if a.plan.Count(diff.Put) > 0 {
		a.note("PUT replaces all attributes: what each account holds was read first, and is sent back with the changes laid over it.")
	}
	if len(a.changes) > 0 {
		a.guard()
	}
	_ = a.balance() // which counts; there are no rows to balance
}

// decide makes of an act a change, a kept row or a rejected one.
func (a *asking) decide(act *Act, f found) {
	live, reason := f.of(a.source)
	switch {
	case reason != "":
	case act.Op == diff.Create && live != nil:
		reason = fmt.Sprintf("an account of this native identity is there already (%s): the API would change it instead of creating one; put or patch it", live.ID)
	case act.Op != diff.Create && live == nil && !f.absent:
		reason = "the list did not prove whether the source has such an account"
	case act.Op != diff.Create && live == nil:
		reason = "the source has no such account"
	default:
		reason = a.refusal(act, live)
	}
	if reason != "" {
		a.result.Rejected = append(a.result.Rejected, account.Rejected{Line: act.Line, Key: act.Name, Reason: reason, Offset: -1})
		return
	}
	doing := string(act.Op) + " " + act.Name
	if live != nil {
		doing = string(act.Op) + " " + live.ID
	}
	if a.taken[doing] {
		a.twice++
		return
	}
	a.taken[doing] = true
	a.plans(act, live)
}

// plans adds the change that does the act, or keeps the account.
func (a *asking) plans(act *Act, live *account.Account) {
	c := diff.Change{Op: act.Op, Key: act.Name, Offset: -1, Fields: act.Fields, Removal: removes(act.Op), Force: act.Force, Impossible: a.impossible(act)}
	if live != nil {
		c.Key, c.AccountID, c.Fingerprint = live.NativeIdentity, live.ID, diff.Fingerprint(live)
		c.Live, c.IdentityID, c.IdentityState, c.Modified = live.Attributes, live.IdentityID, live.IdentityState, live.Modified
		c.Fields = a.fields(act, live)
		c.Warnings = diff.WarningsOf(act.Op, c.Fields, live, a.source.FlatFile() && !a.source.Deletable())
	}
	if a.done(act, &c, live) {
		a.kept = append(a.kept, account.Row{Key: c.Key, Line: act.Line, Offset: -1})
		return
	}
	a.changes = append(a.changes, c)
}

// removes reports whether an act takes an account away.
func removes(op diff.Op) bool { return op == diff.Delete || op == diff.Disable }

// done reports whether the account already is as the act wants it.
func (a *asking) done(act *Act, c *diff.Change, live *account.Account) bool {
	if live == nil || act.Force || act.Op == diff.Reload {
		return false
	}
	op := &Operation{Op: act.Op, Account: live.ID, Changes: c.Fields}
	return a.mismatch(op, live) == ""
}

// fields are the wanted fields in which the account differs, with what it holds.
// A move makes an account manually correlated unless the same patch says otherwise.
func (a *asking) fields(act *Act, live *account.Account) []diff.Field {
	fields := diff.Unmet(a.schema, act.Fields, live)
	if holds(fields, account.IdentityIDColumn) && !holds(fields, account.ManuallyCorrelatedColumn) {
		for _, f := range act.Fields {
			if f.Attribute == account.ManuallyCorrelatedColumn {
				fields = append(fields, f)
			}
		}
	}
	for i := range fields {
		fields[i].Before = live.Held(fields[i].Attribute)
	}
	return fields
}

// Possible are the run's operations without those that the source does not allow.
func (r *Run) Possible() (ops []*Operation) {
	for _, op := range r.result.Operations {
		if !op.impossible() {
			ops = append(ops, op)
		}
	}
	return ops
}

func holds(fields []diff.Field, attribute string) bool {
	return slices.ContainsFunc(fields, func(f diff.Field) bool { return f.Attribute == attribute })
}

// Walk takes every account of a query once, in its order, and says how complete
// that is known to be. Unlike List it does not begin again when the listing does
// not add up, so that what it handed out stays right.
func Walk(ctx context.Context, api Reader, q account.Query, s Settings, each func(*account.Account) error) (Listing, error) {
	l := newListing(q, s)
	err := l.run(ctx, api, each)
	return l.proof(1), err
}
