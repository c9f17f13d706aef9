package sync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"accountsync/account"
	"accountsync/diff"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"
)

// pageSize is the most the API gives in one page.
const pageSize = 250

// listTries is how often a listing that does not add up is taken again.
const listTries = 3

// ListOptions say how accounts are listed.
type ListOptions struct {
	Workers int            // pages asked for at the same time
	Watch   func(Progress) // may be nil
	Log     zerolog.Logger
}

// List takes every account of a source until the listing is verified complete,
// three times at most; begin is called for each try and gives what takes the
// accounts, in the order of their ids.
func List(ctx context.Context, api ReadAPI, source account.Source, o ListOptions, begin func() (func(*account.Account) error, error)) (Listing, error) {
	for try := 1; ; try++ {
		each, err := begin()
		if err != nil {
			return Listing{}, err
		}
		l := newListing(account.Query{SourceID: source.ID}, o)
		l.careful = try > 1
		if err := l.run(ctx, api, each); err != nil {
			return l.proof(try), fmt.Errorf("listing the accounts of source %q: %w", source.Name, err)
		}
		proof := l.proof(try)
		if proof.Proven || try == listTries {
			return proof, nil
		}
		o.Log.Warn().Int("try", try).Str("doubt", proof.Doubt).Msg("listing not verified complete: listing again")
	}
}

// Walk takes every account of a query once, in its order, and says how complete
// that is known to be. Unlike List it does not begin again when the listing does
// not add up, so that what it handed out stays right.
func Walk(ctx context.Context, api ReadAPI, q account.Query, o ListOptions, each func(*account.Account) error) (Listing, error) {
	l := newListing(q, o)
	err := l.run(ctx, api, each)
	return l.proof(1), err
}

// list lists the live accounts through the diff. A row without an account in
// the list may have one all the same: it is looked up by its name. What is
// found so goes through the diff too, after the next listing. An unproven
// listing still gives a plan, but no removal is made on its word.
func (r *run) list(ctx context.Context, index *diff.Index) (*diff.Plan, error) {
	var found []*account.Account
	for try := 1; ; try++ {
		if err := r.rec.Clear(ctx); err != nil {
			return nil, err
		}
		r.head.Deferred = 0
		into := &creates{sink: sink{ctx, r}}
		d := diff.Start(index, r.s.Policy, into)
		l := newListing(account.Query{SourceID: r.head.Source.ID}, ListOptions{r.terms.Workers, r.s.Watch, r.s.Log})
		l.seen, l.careful = r.witnesses.add, try > 1
		err := l.run(ctx, r.api, d.Account)
		for _, a := range found {
			if err == nil && l.ids.add(a.ID) {
				l.overlooked++
				err = d.Account(a)
			}
		}
		r.head.Listing, r.head.Listed, r.listed = l.proof(try), time.Now().UTC(), l.rows-l.twice
		if err != nil {
			return nil, fmt.Errorf("listing the accounts of source %q: %w", r.head.Source.Name, err)
		}
		into.all = !r.head.Listing.Proven
		plan, err := d.End()
		if err != nil {
			return nil, err
		}
		more, err := r.overlooked(ctx, into.names)
		if err != nil {
			return nil, lookFailed("the accounts to be created", err)
		}
		found = append(found, more...)
		if len(more) > 0 {
			r.head.Listing.Proven = false
			r.head.Listing.Doubt = fmt.Sprintf("%d accounts exist that it does not show", len(more))
		}
		if len(more) == 0 && (r.head.Listing.Proven || try >= listTries) || try > listTries {
			return plan, nil
		}
		r.s.Log.Warn().Int("try", try).Str("doubt", r.head.Listing.Doubt).Msg("listing not verified complete: listing again")
	}
}

// creates is a sink that remembers the native identities of accounts to be
// created: after a proven listing the first of them, enough to tell one that
// only looks whole; after any other all of them.
type creates struct {
	sink
	all   bool
	names []string
}

// Change adds the operation that makes a change.
func (c *creates) Change(change *diff.Change) error {
	if change.Op == diff.Create && (c.all || len(c.names) < batchSize) {
		c.names = append(c.names, strings.Clone(c.r.native(change)))
	}
	return c.sink.Change(change)
}

// overlooked gives the accounts of these names that exist.
func (r *run) overlooked(ctx context.Context, names []string) (found []*account.Account, err error) {
	for batch := range slices.Chunk(unique(names), batchSize) {
		seen, err := r.looker().look(ctx, batch)
		if err != nil {
			return nil, err
		}
		for _, native := range batch {
			found = append(found, seen.named(native)...)
		}
		r.s.Watch(Progress{Step: "listing", Done: r.head.Listing.Accounts + len(found)})
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

func newListing(q account.Query, o ListOptions) *listing {
	l := &listing{query: q, workers: max(o.Workers, 1), watch: o.Watch, seen: func(string) {}, ids: newIDSet(0)}
	if l.watch == nil {
		l.watch = func(Progress) {}
	}
	return l
}

// mostExpected is of how many accounts room is made on the word of the API.
const mostExpected = 4_000_000

// run fetches the first page, then the others side by side as far as the total
// goes, then what follows until a page is empty.
func (l *listing) run(ctx context.Context, api ReadAPI, each func(*account.Account) error) error {
	first, err := l.fetch(ctx, api, 0, true)
	if err != nil {
		return err
	}
	l.before, l.after = first.Total, first.Total
	l.ids = newIDSet(min(first.Total, mostExpected))
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
func (l *listing) between(ctx context.Context, api ReadAPI, each func(*account.Account) error) error {
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
func (l *listing) fan(ctx context.Context, api ReadAPI, queue chan<- chan fetched) {
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
func (l *listing) follow(ctx context.Context, api ReadAPI, each func(*account.Account) error) error {
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

func (l *listing) fetch(ctx context.Context, api ReadAPI, offset int, count bool) (account.Page, error) {
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
