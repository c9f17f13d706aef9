package accounts

import (
	"context"
	"errors"

	"accountsync/account"
	"accountsync/isc"
	"accountsync/sync"

	"golang.org/x/sync/errgroup"
)

// Finder finds accounts by their names, as the API shows them.
type Finder struct {
	API      *isc.Client
	SourceID string // "" when no source is named: ids alone are names then
	Workers  int    // requests at a time, at least 1
}

// Find looks accounts up: by native identity where a source is named, and those
// it does not know by id. What is not found stays empty.
func (f *Finder) Find(ctx context.Context, names []Name) ([]isc.Shown, error) {
	found := make([]isc.Shown, len(names))
	if f.SourceID != "" {
		byNative, err := f.natives(ctx, names)
		if err != nil {
			return nil, err
		}
		for i, n := range names {
			found[i] = byNative[n.Text]
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(f.Workers)
	for i, n := range names {
		if found[i].Text == "" && sync.IsID(n.Text) {
			group.Go(func() (err error) {
				found[i], err = f.byID(ctx, n.Text)
				return err
			})
		}
	}
	return found, group.Wait()
}

// natives finds accounts of the source by their native identities.
func (f *Finder) natives(ctx context.Context, names []Name) (map[string]isc.Shown, error) {
	texts := make([]string, len(names))
	for i, n := range names {
		texts[i] = n.Text
	}
	byNative := map[string]isc.Shown{}
	for _, some := range f.API.Batch(f.SourceID, texts) {
		page, err := f.API.Shown(ctx, account.Query{SourceID: f.SourceID, NativeIdentities: some})
		if err != nil {
			return nil, err
		}
		for a, err := range page.Accounts {
			if err != nil {
				return nil, err
			}
			byNative[account.MemberText(a.Text, "nativeIdentity")] = a
		}
	}
	return byNative, nil
}

// byID gets an account; one that is not there, or of another source, is empty.
func (f *Finder) byID(ctx context.Context, id string) (isc.Shown, error) {
	found, err := f.API.ShownByID(ctx, id)
	var e *isc.Error
	switch {
	case errors.As(err, &e) && e.NotFound():
		return isc.Shown{}, nil
	case err == nil && f.SourceID != "" && account.MemberText(found.Text, "sourceId") != f.SourceID:
		return isc.Shown{}, nil
	}
	return found, err
}
