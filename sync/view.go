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

// view is one look at the live accounts of some operations: seen is called
// for each operation whose account the list shows, missing for each whose
// account it proves not to be there.
type view struct {
	*Run
	seen    func(*Operation, *account.Account)
	missing func(*Operation)

	wanted map[string][]*Operation // by native identity; those seen are taken out
}

// list takes the listing that costs fewer requests: by native identity, or the
// whole source.
func (v *view) list(ctx context.Context, api Reader, ops []*Operation) error {
	v.wanted = make(map[string][]*Operation, len(ops))
	var natives []string
	for _, op := range ops {
		if v.wanted[op.Native] == nil {
			natives = append(natives, op.Native)
		}
		v.wanted[op.Native] = append(v.wanted[op.Native], op)
	}
	batches := api.Batch(v.source.ID, natives)
	if whole := v.result.Listing.Accounts/pageSize + 1; len(batches) > whole {
		return v.whole(ctx, api, natives)
	}
	for side := range slices.Chunk(batches, v.settings.Workers) {
		if err := v.named(ctx, api, side); err != nil {
			return err
		}
	}
	return nil
}

// whole lists the source; only a proven listing may say what is not there.
func (v *view) whole(ctx context.Context, api Reader, natives []string) error {
	l := listing{query: account.Query{SourceID: v.source.ID}, workers: v.settings.Workers, watch: func(Progress) {}}
	if err := l.run(ctx, api, v.take); err != nil {
		return err
	}
	if doubt := l.doubt(); doubt != "" {
		return fmt.Errorf("the listing does not add up: %s", doubt)
	}
	v.rest(natives)
	return nil
}

// named lists the accounts of several queries, fetched side by side.
func (v *view) named(ctx context.Context, api Reader, batches [][]string) error {
	pages := make([]account.Page, len(batches))
	g, gctx := errgroup.WithContext(ctx)
	for i, natives := range batches {
		g.Go(func() (err error) {
			pages[i], err = api.Accounts(gctx, account.Query{SourceID: v.source.ID, NativeIdentities: natives, Limit: pageSize, Count: true})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for i, page := range pages {
		if err := v.page(page, batches[i]); err != nil {
			return err
		}
	}
	return nil
}

// page takes the answer to one query. It must hold as many accounts as it says
// there are, or nothing may be said of those it lacks.
func (v *view) page(page account.Page, natives []string) error {
	rows := 0
	for a, err := range page.Accounts {
		if err != nil {
			return err
		}
		rows++
		_ = v.take(a) // which has no error
	}
	if page.Total > rows {
		return fmt.Errorf("%d accounts came, the total says %d", rows, page.Total)
	}
	v.rest(natives)
	return nil
}

func (v *view) take(a *account.Account) error {
	ops := v.wanted[a.NativeIdentity]
	for _, op := range ops {
		v.seen(op, a)
	}
	if ops != nil {
		delete(v.wanted, strings.Clone(a.NativeIdentity))
	}
	return nil
}

// rest tells of the accounts that did not come.
func (v *view) rest(natives []string) {
	for _, native := range natives {
		for _, op := range v.wanted[native] {
			v.missing(op)
		}
	}
}

// shown says what keeps the account from being as the operation wants it, ""
// when nothing does.
func shown(schema account.Schema, op *Operation, a *account.Account) string {
	switch op.Op {
	case diff.Delete:
		if a.ID == op.Account {
			return "the account is still there"
		}
		return ""
	case diff.Disable:
		if !a.Disabled {
			return "the account is still enabled"
		}
		return ""
	case diff.Enable:
		if a.Disabled {
			return "the account is still disabled"
		}
		return ""
	case diff.Unlock:
		if a.Locked {
			return "the account is still locked"
		}
		return ""
	case diff.Reload:
		return "nothing shows that the account was read again"
	}
	if unmet := diff.Unmet(schema, op.Changes, a); len(unmet) > 0 {
		return "the account differs in " + strings.Join(names(unmet), ", ")
	}
	return ""
}

func names(fields []diff.Field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Attribute
	}
	return names
}
