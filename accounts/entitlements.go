package accounts

import (
	"context"
	"encoding/json"

	"accountsync/account"
	"accountsync/internal/text"
	"accountsync/isc"

	"golang.org/x/sync/errgroup"
)

// Page is which of an account's entitlements are asked for.
type Page struct {
	Offset int
	Limit  int  // 0: all
	Count  bool // ask how many there are
}

// Holding is what of one account's entitlements was asked for.
type Holding struct {
	Objects []string // JSON: an entitlement, and whose it is
	All     int      // as the API counts them, -1 when it does not say
}

// Text says how many of an account's entitlements these are.
func (h Holding) Text() string {
	if h.All < 0 {
		return "the API does not say how many entitlements there are, " + text.Number(len(h.Objects)) + " shown"
	}
	return text.Number(len(h.Objects)) + " of " + text.Number(h.All) + " entitlements"
}

// Entitlements are what accounts hold; none of one that was not found.
func (f *Finder) Entitlements(ctx context.Context, found []isc.Shown, of Page) ([]Holding, error) {
	held := make([]Holding, len(found))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(f.Workers)
	for i, a := range found {
		if a.Text != "" {
			group.Go(func() (err error) {
				held[i], err = f.entitlements(ctx, a, of)
				return err
			})
		}
	}
	return held, group.Wait()
}

// entitlements are those of one account, to the page that has none.
func (f *Finder) entitlements(ctx context.Context, a isc.Shown, of Page) (Holding, error) {
	const page = 250
	h := Holding{All: -1}
	for {
		most, have := page, len(h.Objects)
		if of.Limit > 0 {
			most = min(page, of.Limit-have)
		}
		if most == 0 {
			return h, nil
		}
		got, all, err := f.API.Entitlements(ctx, a.ID, of.Offset+have, most, of.Count && have == 0)
		if have == 0 {
			h.All = all
		}
		if err != nil || len(got) == 0 {
			return h, err
		}
		for _, e := range got {
			object, err := json.Marshal(struct {
				Account   string `json:"account"` // native identity
				AccountID string `json:"accountId"`
				isc.Entitlement
			}{account.MemberText(a.Text, "nativeIdentity"), a.ID, e})
			if err != nil {
				return h, err
			}
			h.Objects = append(h.Objects, string(object))
		}
	}
}
