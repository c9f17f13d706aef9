package sync

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"accountsync/account"
	"accountsync/diff"
)

// view is one look at the accounts that were written to.
type view struct {
	*Run
	wanted map[string]*Operation // by native identity; those seen are taken out
	follow []followUp
}

// followUp is a put that completes a create.
type followUp struct {
	op   *Operation
	body []account.Attribute
}

// list takes the listing that costs fewer requests.
func (v *view) list(ctx context.Context, api Reader, natives []string) error {
	batches := api.Batch(v.source.ID, natives)
	if whole := v.result.Listing.Accounts/pageSize + 1; len(batches) > whole {
		return v.whole(ctx, api)
	}
	for _, batch := range batches {
		if err := v.batch(ctx, api, batch); err != nil {
			return err
		}
	}
	return nil
}

// whole lists the source; only a proven listing may say what is not there.
func (v *view) whole(ctx context.Context, api Reader) error {
	l := listing{query: account.Query{SourceID: v.source.ID}, workers: v.settings.Workers, watch: func(Progress) {}}
	if err := l.run(ctx, api, v.seen); err != nil {
		return err
	}
	if doubt := l.doubt(); doubt != "" {
		return fmt.Errorf("the listing does not add up: %s", doubt)
	}
	for _, op := range v.wanted {
		v.missing(op)
	}
	return nil
}

// batch lists the named accounts.
func (v *view) batch(ctx context.Context, api Reader, natives []string) error {
	page, err := api.Accounts(ctx, account.Query{SourceID: v.source.ID, NativeIdentities: natives, Limit: pageSize, Count: true})
	if err != nil {
		return err
	}
	rows := 0
	for a, err := range page.Accounts {
		if err != nil {
			return err
		}
		rows++
		if err := v.seen(a); err != nil {
			return err
		}
	}
	if page.Total > rows {
		return fmt.Errorf("%d accounts came, the total says %d", rows, page.Total)
	}
	for _, native := range natives {
		if op := v.wanted[native]; op != nil {
			v.missing(op)
		}
	}
	return nil
}

// seen settles the operation on an account that the list shows.
func (v *view) seen(a *account.Account) error {
	op := v.wanted[a.NativeIdentity]
	if op == nil {
		return nil
	}
	if op.Op == diff.Delete {
		if a.ID == op.Account {
			delete(v.wanted, a.NativeIdentity)
			op.shows = "the account is still there"
		}
		return nil
	}
	delete(v.wanted, a.NativeIdentity)
	op.Account = strings.Clone(a.ID)
	v.compare(op, a, diff.Unmet(v.schema, op.Changes, a))
	return nil
}

// compare holds the account against what was sent.
func (v *view) compare(op *Operation, a *account.Account, fields []diff.Field) {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Attribute
	}
	op.shows = "the account differs in " + strings.Join(names, ", ")
	switch {
	case len(fields) == 0:
		op.State, op.Error, op.Lost, op.shows = Verified, "", false, ""
	case op.Op == diff.Create && op.Deferred != nil && subset(names, op.Deferred):
		body := diff.Overlay(account.CloneAttributes(a.Attributes), fields, v.identity(op))
		v.follow = append(v.follow, followUp{op, body})
	}
}

// missing settles the operation on an account that the list does not show.
func (v *view) missing(op *Operation) {
	if op.Op == diff.Delete {
		op.State, op.Error, op.Lost = Verified, "", false
		return
	}
	op.shows = "the account is not there"
}

func subset(some, all []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}
