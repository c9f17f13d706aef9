package sync

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"accountsync/account"
	"accountsync/diff"

	"golang.org/x/sync/errgroup"
)

// Request is what is asked for of one account by its name, instead of by a row.
type Request struct {
	Op   diff.Op
	Name string // its native identity, or its id; of a create its native identity
	Line int    // where it was named in a file; 0: on the command line
	// Fields are what a create, put or patch wants the account to hold. Before
	// is filled in.
	Fields []diff.Field
	// Force sends it even if the account already is as it asks.
	Force bool
}

// Lookup is what planning requests needs of the API.
type Lookup interface {
	ReadAPI
	// ByID gives the queries that find accounts by their ids, of whatever source.
	ByID(ids []string) []account.Query
}

// FromRequests plans what is asked for of accounts of one source by their
// names. Each is looked up: what is not there is rejected with its reason, what
// already is as asked is kept, what the source does not allow is planned and
// never sent, and the guards judge the rest.
type FromRequests struct {
	API      Lookup
	Schema   account.Schema
	Requests []Request
	Kept     []account.Row // accounts that already are as asked; filled by planning
}

func (f *FromRequests) plan(ctx context.Context, r *run) error {
	r.head.AccountSchema = f.Schema
	if err := r.countByName(ctx); err != nil {
		return err
	}
	found, err := f.find(ctx, r)
	if err != nil {
		return lookFailed("the accounts", err)
	}
	p := requestPlan{f: f, r: r, taken: map[string]bool{}, tally: diff.NewTally()}
	for i := range f.Requests {
		if err := p.decide(ctx, &f.Requests[i], found[i]); err != nil {
			return err
		}
	}
	r.head.Totals = Totals{Kept: len(f.Kept), Rejected: p.rejected}
	if p.twice > 0 {
		r.note("Names that mean an account named before: %d. Each account is done once.", p.twice)
	}
	if p.puts {
		r.note("PUT replaces all attributes: what each account holds is read right before, and is sent back with the changes laid over it.")
	}
	if p.added == 0 {
		r.unneeded()
		return nil
	}
	r.judge(p.tally.Plan(r.head.Listing.Accounts))
	return nil
}

// countByName takes the place of a listing where accounts are looked up by their
// names: the guards' percentages are of how many accounts the source has.
func (r *run) countByName(ctx context.Context) error {
	r.terms.AllowRecorrelate = r.head.Source.Authoritative // which whoever names the accounts knows, unless it becomes so later
	total, err := r.count(ctx)
	r.head.Listing = Listing{Named: true, Accounts: max(total, 0), TotalBefore: total, TotalAfter: total, Pages: 1, Tries: 1, Proven: err == nil}
	return err
}

// requestPlan collects what becomes of the requests.
type requestPlan struct {
	f        *FromRequests
	r        *run
	tally    *diff.Tally
	added    int
	taken    map[string]bool // operations and the ids of their accounts; creates by native identity
	rejected int
	twice    int
	puts     bool
}

// decide makes of a request a change, a kept row or a rejected one.
func (p *requestPlan) decide(ctx context.Context, q *Request, f found) error {
	live, reason := f.of(p.r.head.Source)
	switch {
	case reason != "":
	case q.Op == diff.Create && live != nil:
		reason = fmt.Sprintf("an account of this native identity is there already (%s): the API would change it instead of creating one; put or patch it", live.ID)
	case q.Op != diff.Create && live == nil && !f.absent:
		reason = "the list did not prove whether the source has such an account"
	case q.Op != diff.Create && live == nil:
		reason = "the source has no such account"
	case live != nil && removes(q.Op) && p.r.s.Policy.Protect.Protects(live.NativeIdentity, live.Name):
		reason = "it is protected (--protect)"
	case live != nil && (q.Op == diff.Put || q.Op == diff.Patch):
		reason = p.renames(q, live)
	}
	if reason != "" {
		p.rejected++
		return p.r.rec.AddRejected(ctx, account.Rejected{Line: q.Line, Key: q.Name, Reason: reason, Offset: -1})
	}
	doing := string(q.Op) + " " + q.Name
	if live != nil {
		doing = string(q.Op) + " " + live.ID
	}
	if p.taken[doing] {
		p.twice++
		return nil
	}
	p.taken[doing] = true
	return p.add(ctx, q, live)
}

// add adds the change that does what is requested, or keeps the account.
func (p *requestPlan) add(ctx context.Context, q *Request, live *account.Account) error {
	c := diff.Change{Op: q.Op, Key: q.Name, Native: q.Name, Offset: -1, Fields: q.Fields, Removal: removes(q.Op), Force: q.Force}
	c.Impossible = p.r.impossible(q.Op, q.Fields, false)
	source := p.r.head.Source
	if live != nil {
		c.Key, c.Native, c.AccountID, c.Fingerprint, c.Modified = live.NativeIdentity, live.NativeIdentity, live.ID, diff.Fingerprint(live), live.Modified
		c.IdentityID, c.IdentityName, c.IdentityState, c.Name = live.IdentityID, live.IdentityName, live.IdentityState, live.Name
		if c.Removal {
			c.Takes = diff.Takes(live)
		}
		c.Fields = p.fields(q, live)
		c.Warnings = diff.WarningsOf(c.Op, c.Fields, live, source.FlatFile() && !source.Deletable())
	}
	if live != nil && !q.Force && q.Op != diff.Reload {
		op := newOperation(p.r.operation(&c))
		if shows, _ := p.r.mismatch(op, live); shows == "" {
			p.f.Kept = append(p.f.Kept, account.Row{Key: c.Key, Line: q.Line, Offset: -1})
			return nil
		}
	}
	p.puts = p.puts || q.Op == diff.Put && c.Impossible == ""
	p.tally.Add(&c)
	p.added++
	return p.r.rec.AddOperations(ctx, p.r.operation(&c))
}

// removes reports whether a request takes an account away.
func removes(op diff.Op) bool { return op == diff.Delete || op == diff.Disable }

// renames refuses to change what the account is known by.
func (p *requestPlan) renames(q *Request, live *account.Account) string {
	for _, f := range q.Fields {
		column := account.Column{Attribute: f.Attribute}
		if f.Attribute == p.f.Schema.IdentityAttribute && !column.Equal(live.NativeIdentity, f.After) {
			return fmt.Sprintf("%s is the account's native identity, which cannot be changed", f.Attribute)
		}
	}
	return ""
}

// fields are the wanted fields in which the account differs, with what it holds.
// A move makes an account manually correlated unless the same patch says otherwise.
func (p *requestPlan) fields(q *Request, live *account.Account) []diff.Field {
	fields := diff.Unmet(p.f.Schema, q.Fields, live)
	if holds(fields, account.IdentityIDColumn) && !holds(fields, account.ManuallyCorrelatedColumn) {
		for _, f := range q.Fields {
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

// hasAttributes reports whether a patch changes more than the account's state.
func hasAttributes(fields []diff.Field) bool {
	return slices.ContainsFunc(fields, func(f diff.Field) bool { return !account.IsStateColumn(f.Attribute) })
}

// found are the accounts that a name may mean.
type found struct {
	byNative *account.Account // of the source
	several  bool             // accounts of the source have this native identity
	absent   bool             // it is proven that no account of the source has it
	byID     *account.Account // of whatever source
}

// of is the account of the source that is meant, nil when there is none, or why
// it cannot be told.
func (f found) of(source account.Source) (a *account.Account, reason string) {
	switch {
	case f.several && f.byID == nil:
		return nil, "several accounts of the source have this native identity: name one by its id"
	case f.byID == nil:
		return f.byNative, ""
	case f.byNative == nil && f.byID.SourceID != source.ID:
		return nil, fmt.Sprintf("the account of this id is of another source (%s)", f.byID.SourceID)
	case f.byNative == nil:
		return f.byID, ""
	case f.byID.SourceID == source.ID && f.byID.ID != f.byNative.ID:
		return nil, fmt.Sprintf("it is the id of one account and the native identity of another (%s): name the other by its id", f.byNative.ID)
	}
	return f.byNative, ""
}

// find looks every request's name up: as a native identity of the source and,
// where it can be one, as an id.
func (f *FromRequests) find(ctx context.Context, r *run) ([]found, error) {
	all := make([]found, len(f.Requests))
	natives := make([]string, len(f.Requests))
	ids := map[string][]int{}
	for i, q := range f.Requests {
		natives[i] = q.Name
		if IsID(q.Name) {
			id := strings.ToLower(q.Name)
			ids[id] = append(ids[id], i)
		}
	}
	for start := 0; start < len(natives); start += batchSize {
		batch := natives[start:min(start+batchSize, len(natives))]
		seen, err := r.looker().look(ctx, unique(batch))
		if err != nil {
			return nil, err
		}
		for i, native := range batch {
			all[start+i].show(native, seen)
		}
	}
	accounts, err := f.byID(ctx, r, ids)
	for _, live := range accounts {
		for _, i := range ids[strings.ToLower(live.ID)] {
			all[i].byID = live
		}
	}
	return all, err
}

// show takes what a look shows of the native identity.
func (f *found) show(native string, seen *look) {
	for _, live := range seen.named(native) {
		if live.NativeIdentity == native {
			f.byNative, f.several = live, f.byNative != nil
		}
	}
	f.absent = seen.provesAbsent(native)
}

// byID fetches the accounts of the ids, side by side.
func (f *FromRequests) byID(ctx context.Context, r *run, ids map[string][]int) ([]*account.Account, error) {
	names := make([]string, 0, len(ids))
	for id := range ids {
		names = append(names, id)
	}
	slices.Sort(names)
	queries := f.API.ByID(names)
	results := make([][]*account.Account, len(queries))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(r.terms.Workers, 1))
	for i, q := range queries {
		g.Go(func() (err error) {
			results[i], err = whole(ctx, f.API, q)
			return err
		})
	}
	err := g.Wait()
	return slices.Concat(results...), err
}

// whole is a page with all the accounts of its query.
func whole(ctx context.Context, api ReadAPI, q account.Query) (accounts []*account.Account, err error) {
	page, err := api.Accounts(ctx, q)
	if err != nil {
		return nil, err
	}
	for a, err := range page.Accounts {
		if err != nil {
			return nil, err
		}
		accounts = append(accounts, a.Clone())
	}
	if page.Total > len(accounts) {
		return nil, fmt.Errorf("%d accounts came, the total says %d", len(accounts), page.Total)
	}
	return accounts, nil
}

// IsID reports whether a text has the form of an id: 32 hexadecimal digits, or
// a UUID.
func IsID(text string) bool {
	if len(text) == 36 && text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-' {
		text = strings.ReplaceAll(text, "-", "")
	}
	return len(text) == 32 && strings.Trim(text, "0123456789abcdefABCDEF") == ""
}
