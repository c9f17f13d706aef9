package sync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"accountsync/account"
	"accountsync/diff"

	"golang.org/x/sync/errgroup"
)

// pageSize is the most the API gives in one page.
const pageSize = 250

// listTries is how often a listing that does not add up is taken again.
const listTries = 3

// List takes every account of a source until the listing is proven complete,
// three times at most; begin is called for each try and gives what takes the
// accounts, in the order of their ids.
func List(ctx context.Context, api Reader, source account.Source, s Settings, begin func() (func(*account.Account) error, error)) (Listing, error) {
	for try := 1; ; try++ {
		each, err := begin()
		if err != nil {
			return Listing{}, err
		}
		l := newListing(account.Query{SourceID: source.ID}, s)
		l.careful = try > 1
		if err := l.run(ctx, api, each); err != nil {
			return l.proof(try), fmt.Errorf("listing the accounts of source %q: %w", source.Name, err)
		}
		proof := l.proof(try)
		if proof.Proven || try == listTries {
			return proof, nil
		}
		s.Log.Warn().Int("try", try).Str("doubt", proof.Doubt).Msg("the listing does not add up, listing again")
	}
}

// list lists the live accounts through the diff. A row without an account in
// the list may have one all the same: it is looked up by its name. What is
// found so goes through the diff too, after the next listing. An unproven
// listing still gives a plan, but no removal is made on its word.
func (r *Run) list(ctx context.Context, api Reader, index *diff.Index) (*diff.Plan, error) {
	var found []*account.Account
	for try := 1; ; try++ {
		d := diff.Start(index, r.settings.Policy)
		l := r.listing(account.Query{SourceID: r.source.ID})
		l.careful = try > 1
		err := l.run(ctx, api, d.Account)
		for _, a := range found {
			if err == nil && l.ids.add(a.ID) {
				l.overlooked++
				err = d.Account(a)
			}
		}
		r.result.Listing, r.listed = l.proof(try), l.rows-l.twice
		if err != nil {
			return nil, fmt.Errorf("listing the accounts of source %q: %w", r.source.Name, err)
		}
		plan, err := d.Plan()
		if err != nil {
			return nil, err
		}
		more, err := r.overlooked(ctx, api, plan)
		if err != nil {
			return nil, lookFailed("the accounts to be created", err)
		}
		found = append(found, more...)
		if len(more) > 0 {
			r.result.Listing.Proven = false
			r.result.Listing.Doubt = fmt.Sprintf("%d accounts exist that it does not show", len(more))
		}
		if len(more) == 0 && (r.result.Listing.Proven || try >= listTries) || try > listTries {
			return plan, nil
		}
		r.settings.Log.Warn().Int("try", try).Str("doubt", r.result.Listing.Doubt).Msg("the listing does not add up, listing again")
	}
}

// overlooked gives accounts that rows would create and that exist. After a
// proven listing the first creates are looked up, enough to tell a listing that
// only looks whole; after any other all of them.
func (r *Run) overlooked(ctx context.Context, api Reader, plan *diff.Plan) (found []*account.Account, err error) {
	var names []string
	for i := range plan.Changes {
		if c := &plan.Changes[i]; c.Op == diff.Create {
			names = append(names, r.nativeIdentity(&Operation{Op: c.Op, Key: c.Key, Changes: c.Fields}))
		}
	}
	names = unique(names)
	if r.result.Listing.Proven {
		names = names[:min(len(names), batchSize)]
	}
	for batch := range slices.Chunk(names, batchSize) {
		seen, err := r.looker(api).look(ctx, batch)
		if err != nil {
			return nil, err
		}
		for _, native := range batch {
			found = append(found, seen.named(native)...)
		}
		r.settings.watch(Progress{Step: "listing", Done: r.result.Listing.Accounts + len(found)})
	}
	return found, nil
}

// listing takes every account of a query, page by page, and keeps the proof
// that it has them all: the total before equals the total after equals the
// rows, no id came twice, the ids came in their order, and the page after the
// last one is empty.
type listing struct {
	query   account.Query
	workers int
	careful bool // page after page, as an earlier listing did not add up
	watch   func(Progress)
	seen    func(native string) // told of each account

	ids        idSet
	last       []byte // id of the account before
	next       int    // offset of the page to fetch next
	rows       int
	pages      int
	twice      int
	disorder   int // accounts whose id is not after the one before
	overlooked int // accounts that exist and did not come
	before     int // X-Total-Count at the start, -1 when it was missing
	after      int
	ended      bool // it was taken to its end
}

func (r *Run) listing(q account.Query) *listing {
	l := newListing(q, r.settings)
	l.seen = r.witnesses.add
	return l
}

func newListing(q account.Query, s Settings) *listing {
	return &listing{query: q, workers: s.Workers, watch: s.watch, seen: func(string) {}, ids: newIDSet(0)}
}

// run fetches the first page, then the others side by side as far as the total
// goes, then what follows until a page is empty.
func (l *listing) run(ctx context.Context, api Reader, each func(*account.Account) error) error {
	first, err := l.fetch(ctx, api, 0, true)
	if err != nil {
		return err
	}
	l.before, l.after = first.Total, first.Total
	if err := l.take(first, each); err != nil {
		return err
	}
	l.next = l.rows
	if l.rows >= pageSize && l.before > pageSize && !l.careful {
		switch err := l.between(ctx, api, each); {
		case err == nil:
			l.next = (l.before + pageSize - 1) / pageSize * pageSize
		case errors.Is(err, errNoNews):
			l.next = l.rows // the total promised more than there is
		default:
			return err
		}
	}
	return l.follow(ctx, api, each)
}

// errNoNews ends the pages that the total promises: a page was empty, or one of
// before.
var errNoNews = errors.New("a page with nothing new")

// between takes the pages after the first as far as the total goes: fetched
// side by side, taken one after the other in their order.
func (l *listing) between(ctx context.Context, api Reader, each func(*account.Account) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	queue := make(chan chan fetched, l.workers)
	var g errgroup.Group
	g.Go(func() error {
		defer close(queue)
		l.fan(ctx, api, queue)
		return nil
	})
	var failure error
	for next := range queue { // to the end, so that no worker is left waiting
		f := <-next
		if failure != nil {
			continue
		}
		before := l.rows - l.twice
		if failure = f.err; failure == nil {
			failure = l.take(f.page, each)
		}
		if failure == nil && l.rows-l.twice == before {
			failure = errNoNews
		}
		if failure != nil {
			cancel()
		}
	}
	return cmp.Or(failure, g.Wait())
}

// fetched is a page or why it did not come.
type fetched struct {
	page account.Page
	err  error
}

// fan fetches the pages after the first with the listing's workers and queues
// them in their order.
func (l *listing) fan(ctx context.Context, api Reader, queue chan<- chan fetched) {
	var g errgroup.Group
	g.SetLimit(l.workers)
	for offset := pageSize; offset < l.before && ctx.Err() == nil; offset += pageSize {
		slot := make(chan fetched, 1)
		queue <- slot
		g.Go(func() error {
			var f fetched
			f.err = Safely(func() (err error) {
				f.page, err = l.fetch(ctx, api, offset, false)
				return err
			})
			slot <- f
			return nil
		})
	}
	_ = g.Wait()
}

// follow takes page after page until one is empty, which is the end. Each
// begins after the rows that came, so that rows that a page left out come too.
func (l *listing) follow(ctx context.Context, api Reader, each func(*account.Account) error) error {
	for {
		page, err := l.fetch(ctx, api, l.next, true)
		if err != nil {
			return err
		}
		before, twice := l.rows, l.twice
		if err := l.take(page, each); err != nil {
			return err
		}
		if page.Total >= 0 || l.after < 0 {
			l.after = page.Total
		}
		if l.rows == before {
			l.ended = true
			return nil
		}
		if l.rows-before == l.twice-twice { // a page of before: such pages have no end
			return nil
		}
		l.next += l.rows - before
	}
}

func (l *listing) fetch(ctx context.Context, api Reader, offset int, count bool) (account.Page, error) {
	q := l.query
	q.Offset, q.Limit, q.Count = offset, pageSize, count
	return api.Accounts(ctx, q)
}

// take hands the accounts of a page on, each id once.
func (l *listing) take(page account.Page, each func(*account.Account) error) error {
	before := l.rows
	for a, err := range page.Accounts {
		if err != nil {
			return err
		}
		l.rows++
		if id := strings.ToLower(a.ID); l.query.Sorters == "" {
			if id < string(l.last) {
				l.disorder++
			}
			l.last = append(l.last[:0], id...)
		}
		if !l.ids.add(a.ID) {
			l.twice++
			continue
		}
		l.seen(a.NativeIdentity)
		if err := each(a); err != nil {
			return err
		}
	}
	if l.rows > before || l.pages == 0 { // the empty page at the end is none
		l.pages++
	}
	l.watch(Progress{Step: "listing", Done: l.rows, Total: max(l.before, 0)})
	return nil
}

// proof says how complete the listing is known to be.
func (l *listing) proof(try int) Listing {
	p := Listing{Tries: try, Accounts: l.rows - l.twice + l.overlooked, Pages: l.pages, TotalBefore: l.before, TotalAfter: l.after, Doubt: l.doubt()}
	p.Proven = p.Doubt == ""
	return p
}

func (l *listing) doubt() string {
	switch {
	case l.twice > 0:
		return fmt.Sprintf("%d accounts came twice", l.twice)
	case !l.ended:
		return "it was not taken to its end"
	case l.before < 0 || l.after < 0:
		return "the API gave no X-Total-Count"
	case l.overlooked > 0:
		return fmt.Sprintf("%d accounts exist that it does not show", l.overlooked)
	case l.before != l.after:
		return fmt.Sprintf("the total changed from %d to %d while it was listed", l.before, l.after)
	case l.rows != l.before:
		return fmt.Sprintf("%d accounts came, the total says %d", l.rows, l.before)
	case l.disorder > 0:
		return fmt.Sprintf("%d accounts came out of their order", l.disorder)
	}
	return ""
}
