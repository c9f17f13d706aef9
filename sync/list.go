package sync

import (
	"cmp"
	"context"
	"fmt"

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
		l := listing{query: account.Query{SourceID: source.ID}, workers: s.Workers, watch: s.watch}
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

// list lists the live accounts through the diff. An unproven listing still
// gives a plan, but no removal is made on its word.
func (r *Run) list(ctx context.Context, api Reader, index *diff.Index) (plan *diff.Plan, err error) {
	var d *diff.Diff
	r.result.Listing, err = List(ctx, api, r.source, r.settings, func() (func(*account.Account) error, error) {
		d = diff.Start(index, r.settings.Policy)
		return d.Account, nil
	})
	if err != nil {
		return nil, err
	}
	return d.Plan()
}

// listing takes every account of a query, page by page, and keeps the proof
// that it has them all: the total before equals the total after equals the
// rows, and no id came twice.
type listing struct {
	query   account.Query
	workers int
	watch   func(Progress)

	ids    idSet
	rows   int
	pages  int
	twice  int
	before int
	after  int
}

// run fetches the first page, then the others side by side, then the last.
func (l *listing) run(ctx context.Context, api Reader, each func(*account.Account) error) error {
	first, err := l.fetch(ctx, api, 0, true)
	if err != nil {
		return err
	}
	l.before, l.after = first.Total, first.Total
	l.ids = newIDSet(first.Total)
	if err := l.take(first, each); err != nil {
		return err
	}
	if l.before < 0 {
		return l.follow(ctx, api, each)
	}
	return l.rest(ctx, api, each)
}

// rest takes the pages after the first, when the total is known.
func (l *listing) rest(ctx context.Context, api Reader, each func(*account.Account) error) error {
	last := (l.before - 1) / pageSize * pageSize
	if l.before <= pageSize {
		return nil
	}
	if err := l.between(ctx, api, last, each); err != nil {
		return err
	}
	page, err := l.fetch(ctx, api, last, true)
	if err != nil {
		return err
	}
	l.after = page.Total
	return l.take(page, each)
}

// between takes the pages between the first and the last: fetched side by
// side, taken one after the other in their order.
func (l *listing) between(ctx context.Context, api Reader, last int, each func(*account.Account) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	queue := make(chan chan fetched, l.workers)
	var g errgroup.Group
	g.Go(func() error {
		defer close(queue)
		l.fan(ctx, api, last, queue)
		return nil
	})
	var failure error
	for next := range queue { // to the end, so that no worker is left waiting
		f := <-next
		if failure != nil {
			continue
		}
		if failure = f.err; failure == nil {
			failure = l.take(f.page, each)
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

// fan fetches the pages up to last with the listing's workers and queues them
// in their order.
func (l *listing) fan(ctx context.Context, api Reader, last int, queue chan<- chan fetched) {
	var g errgroup.Group
	g.SetLimit(l.workers)
	for offset := pageSize; offset < last && ctx.Err() == nil; offset += pageSize {
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

// follow takes page after page until one is empty: the way without a total.
func (l *listing) follow(ctx context.Context, api Reader, each func(*account.Account) error) error {
	for got := l.rows; got > 0; {
		page, err := l.fetch(ctx, api, l.rows, false)
		if err != nil {
			return err
		}
		before := l.rows
		if err := l.take(page, each); err != nil {
			return err
		}
		got = l.rows - before
	}
	return nil
}

func (l *listing) fetch(ctx context.Context, api Reader, offset int, count bool) (account.Page, error) {
	q := l.query
	q.Offset, q.Limit, q.Count = offset, pageSize, count
	return api.Accounts(ctx, q)
}

// take hands the accounts of a page on, each id once.
func (l *listing) take(page account.Page, each func(*account.Account) error) error {
	l.pages++
	for a, err := range page.Accounts {
		if err != nil {
			return err
		}
		l.rows++
		if !l.ids.add(a.ID) {
			l.twice++
			continue
		}
		if err := each(a); err != nil {
			return err
		}
	}
	l.watch(Progress{Step: "listing", Done: l.rows, Total: max(l.before, 0)})
	return nil
}

// proof says how complete the listing is known to be.
func (l *listing) proof(try int) Listing {
	p := Listing{Tries: try, Accounts: l.rows - l.twice, Pages: l.pages, TotalBefore: l.before, TotalAfter: l.after, Doubt: l.doubt()}
	p.Proven = p.Doubt == ""
	return p
}

func (l *listing) doubt() string {
	switch {
	case l.before < 0 || l.after < 0:
		return "the API gave no X-Total-Count"
	case l.twice > 0:
		return fmt.Sprintf("%d accounts came twice", l.twice)
	case l.before != l.after:
		return fmt.Sprintf("the total changed from %d to %d while it was listed", l.before, l.after)
	case l.rows != l.before:
		return fmt.Sprintf("%d accounts came, the total says %d", l.rows, l.before)
	}
	return ""
}
