package accounts

import (
	"context"

	"accountsync/account"
	"accountsync/isc"
	"accountsync/sync"
)

// List shows the first accounts that a query finds, at most so many, and returns
// how many the API counts, -1 where it was not asked or does not say.
func List(ctx context.Context, api *isc.Client, q account.Query, most int, count bool, show func(object string) error) (total int, err error) {
	const page = 250
	first, shown := q.Offset, 0
	total = -1
	for more := true; more && shown < most; {
		q.Offset, q.Limit, q.Count = first+shown, min(page, most-shown), count && shown == 0
		before := shown
		got, err := api.Shown(ctx, q)
		if err != nil {
			return total, err
		}
		if before == 0 {
			total = got.Total
		}
		for a, err := range got.Accounts {
			if err == nil {
				err = show(a.Text)
			}
			if err != nil {
				return total, err
			}
			shown++
		}
		more = shown > before && (total < 0 || first+shown < total)
	}
	return total, nil
}

// ListAll shows every account that a query finds, and says whether that is proven.
func ListAll(ctx context.Context, api *isc.Client, q account.Query, o sync.ListOptions, show func(object string) error) (sync.Listing, error) {
	pages := &texts{Client: api}
	return sync.Walk(ctx, pages, q, o, func(*account.Account) error { return show(pages.text) })
}

// texts is a sync.ReadAPI that lists accounts as the API shows them: the accounts
// it yields hold their ids alone, and text is the whole of the last one.
type texts struct {
	*isc.Client
	text string
}

// Accounts fetches a page.
func (t *texts) Accounts(ctx context.Context, q account.Query) (account.Page, error) {
	page, err := t.Shown(ctx, q)
	if err != nil {
		return account.Page{}, err
	}
	accounts := func(yield func(*account.Account, error) bool) {
		for a, err := range page.Accounts {
			t.text = a.Text
			if !yield(&account.Account{ID: a.ID}, err) {
				return
			}
		}
	}
	return account.Page{Total: page.Total, Accounts: accounts}, nil
}
