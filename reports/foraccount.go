package reports

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/internal/suggest"
	"accountsync/sync"
)

// NameError says that a name tells no account of a run from the others.
type NameError struct {
	Name string
	Keys []string // it means each of these; none: it means nothing
	Near string   // the key that may be meant, "" when none is close
}

// Error names the keys it may be.
func (e *NameError) Error() string {
	switch {
	case len(e.Keys) > 0:
		return fmt.Sprintf("%q is an account id or a native identity of several keys: %q", e.Name, e.Keys)
	case e.Near != "":
		return fmt.Sprintf("nothing has the key %q; did you mean %q?", e.Name, e.Near)
	}
	return fmt.Sprintf("nothing has the key %q", e.Name)
}

// ForAccount is what the run says of one account: its operations and rejected
// rows, its row where that is kept, and the account where no row asks for it.
// The name is a key or, in a run without that key, an account id or a native
// identity. A name that tells no account gives a *NameError.
func (r *Run) ForAccount(ctx context.Context, name string) (*Run, error) {
	if name == "" { // the key of rows that have none
		return nil, &NameError{}
	}
	key, found, err := r.keyOf(ctx, name)
	if err != nil {
		return nil, err
	}
	one := &Run{Reader: accountReader{r.Reader, key}, Table: r.Table}
	if found {
		return one, nil
	}
	if one.Kept, err = keptRow(r.Kept, key); err != nil || one.Kept != nil {
		return one, err
	}
	near, err := r.nearest(ctx, name)
	if err != nil {
		return nil, err
	}
	return nil, &NameError{Name: name, Near: near}
}

// accountReader is what a record holds of one account.
type accountReader struct {
	sync.Reader
	key string
}

func (r accountReader) Operations(ctx context.Context, f sync.Filter) iter.Seq2[*sync.Operation, error] {
	f.Name = r.key
	return only(r.Reader.Operations(ctx, f), func(op *sync.Operation) bool { return op.Key == r.key })
}

func (r accountReader) Lines(ctx context.Context, f sync.Filter) iter.Seq2[*sync.Line, error] {
	return mapped(r.Operations(ctx, f), sync.EncodeLine)
}

func (r accountReader) Counts(ctx context.Context) ([]sync.Count, error) {
	return countAll(r.Operations(ctx, sync.Filter{}))
}

func (r accountReader) Rejected(ctx context.Context) iter.Seq2[account.Rejected, error] {
	return only(r.Reader.Rejected(ctx), func(row account.Rejected) bool { return row.Key == r.key })
}

func (r accountReader) Orphans(ctx context.Context) iter.Seq2[diff.Orphan, error] {
	return only(r.Reader.Orphans(ctx), func(o diff.Orphan) bool { return o.Key == r.key })
}

// only are those of all for which it is so.
func only[T any](all iter.Seq2[T, error], so func(T) bool) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for one, err := range all {
			if (err != nil || so(one)) && !yield(one, err) {
				return
			}
		}
	}
}

// keyOf is the key that the name stands for, the name itself when nothing tells
// more, and whether the record holds anything of it.
func (r *Run) keyOf(ctx context.Context, name string) (key string, found bool, err error) {
	var keys []string
	add := func(key string) {
		if !slices.Contains(keys, key) {
			keys = append(keys, strings.Clone(key))
		}
	}
	for op, err := range r.Operations(ctx, sync.Filter{Name: name}) {
		if err != nil || op.Key == name {
			return name, err == nil, err
		}
		add(op.Key)
	}
	for row, err := range r.Rejected(ctx) {
		if err != nil || row.Key == name {
			return name, err == nil, err
		}
	}
	for o, err := range r.Orphans(ctx) {
		switch {
		case err != nil || o.Key == name:
			return name, err == nil, err
		case o.AccountID == name:
			add(o.Key)
		}
	}
	switch len(keys) {
	case 0:
		return name, false, nil
	case 1:
		return keys[0], true, nil
	}
	return "", false, &NameError{Name: name, Keys: keys}
}

// keptRow is the first of the rows that has the key, nil when none has.
func keptRow(rows iter.Seq2[account.Row, error], key string) (iter.Seq2[account.Row, error], error) {
	if rows == nil {
		return nil, nil
	}
	for row, err := range rows {
		if err != nil {
			return nil, err
		}
		if row.Key == key {
			kept := account.Row{Line: row.Line, Offset: row.Offset, Key: strings.Clone(row.Key)}
			return func(yield func(account.Row, error) bool) { yield(kept, nil) }, nil
		}
	}
	return nil, nil
}

// nearest is the key that the name may be meant for, "" when none is close. It
// holds a few thousand keys at a time.
func (r *Run) nearest(ctx context.Context, name string) (near string, err error) {
	const batch = 4096
	var keys []string
	add := func(key string, failed error) bool {
		if err = failed; err != nil {
			return false
		}
		if keys = append(keys, strings.Clone(key)); len(keys) >= batch {
			if near, keys = suggest.Nearest(name, keys), keys[:0]; near != "" {
				keys = append(keys, near)
			}
		}
		return true
	}
	for op, failed := range r.Operations(ctx, sync.Filter{}) {
		if failed != nil {
			return "", failed
		}
		add(op.Key, nil)
	}
	for row, failed := range r.Rejected(ctx) {
		if !add(row.Key, failed) {
			return "", err
		}
	}
	for o, failed := range r.Orphans(ctx) {
		if !add(o.Key, failed) {
			return "", err
		}
	}
	return suggest.Nearest(name, keys), nil
}
