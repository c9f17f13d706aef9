package journal

import (
	"context"
	"fmt"
	"iter"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"
)

// The kinds of entries.
const (
	kindRejected = "rejected"
	kindOrphan   = "orphan"
	kindAbsence  = "absence"
)

// Rejected yields the rejected rows by line.
func (r *Run) Rejected(ctx context.Context) iter.Seq2[account.Rejected, error] {
	return entries(ctx, r, kindRejected, sync.DecodeRejected)
}

// Orphans yields the accounts that no row asks for, by key.
func (r *Run) Orphans(ctx context.Context) iter.Seq2[diff.Orphan, error] {
	return entries(ctx, r, kindOrphan, decode[diff.Orphan])
}

// Absences yields what the next run needs to know of accounts without a row,
// by account id.
func (r *Run) Absences(ctx context.Context) iter.Seq2[diff.Absence, error] {
	return entries(ctx, r, kindAbsence, decode[diff.Absence])
}

func decode[T any](text []byte) (v T, err error) {
	err = sync.Decode(text, &v)
	return v, err
}

func entries[T any](ctx context.Context, r *Run, kind string, decode func([]byte) (T, error)) iter.Seq2[T, error] {
	return texts(ctx, r.s, decode, `SELECT key, entry, checksum FROM entries WHERE run = ? AND kind = ? ORDER BY line, key, n`, r.id, kind)
}

// texts yields what a query gives: key, JSON text and checksum.
func texts[T any](ctx context.Context, s *Store, decode func([]byte) (T, error), query string, args ...any) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for scan := range (tx{s.dialect, s.held}).rows(ctx, query, args...) {
			var key, text []byte
			var want int64
			var v T
			err := scan(&key, &text, &want)
			if err == nil && sum(nil, key, text) != want {
				err = fmt.Errorf("%w: entry %q", ErrDamaged, key)
			}
			if err == nil {
				if v, err = decode(text); err != nil {
					err = fmt.Errorf("%w: %w", ErrDamaged, err)
				}
			}
			if !yield(v, s.explain(err)) || err != nil {
				return
			}
		}
	}
}
