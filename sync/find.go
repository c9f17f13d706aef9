package sync

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"accountsync/account"

	"golang.org/x/sync/errgroup"
)

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

// find looks every act's name up: as a native identity of the source and, where
// it can be one, as an id.
func (a *asking) find(ctx context.Context, api Asker, acts []Act) ([]found, error) {
	all := make([]found, len(acts))
	natives := make([]string, len(acts))
	ids := map[string][]int{}
	for i := range acts {
		natives[i] = acts[i].Name
		if IsID(acts[i].Name) {
			id := strings.ToLower(acts[i].Name)
			ids[id] = append(ids[id], i)
		}
	}
	for start := 0; start < len(natives); start += batchSize {
		batch := natives[start:min(start+batchSize, len(natives))]
		seen, err := a.looker(api).look(ctx, unique(batch))
		if err != nil {
			return nil, err
		}
		for i, native := range batch {
			all[start+i].show(native, seen)
		}
	}
	accounts, err := a.byID(ctx, api, ids)
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
func (a *asking) byID(ctx context.Context, api Asker, ids map[string][]int) ([]*account.Account, error) {
	names := make([]string, 0, len(ids))
	for id := range ids {
		names = append(names, id)
	}
	slices.Sort(names)
	queries := api.ByID(names)
	results := make([][]*account.Account, len(queries))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(a.settings.Workers)
	for i, q := range queries {
		g.Go(func() (err error) {
			results[i], err = whole(ctx, api, q)
			return err
		})
	}
	err := g.Wait()
	return slices.Concat(results...), err
}

// whole is a page with all the accounts of its query.
func whole(ctx context.Context, api Reader, q account.Query) (accounts []*account.Account, err error) {
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
