package sync

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"accountsync/account"
	"accountsync/diff"
)

// NameError says that a name tells no account of a result from the others.
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

// About is what the result says of one account: a copy with the sources that
// know it, and of these its operations and rejected rows, its row where that is
// kept, and the account where no row asks for it. The name is a key or, in a
// source without that key, an account id or a native identity. A name that
// tells no account gives a *NameError.
func (r *Result) About(name string) (*Result, error) {
	copied := *r
	copied.Sources = nil
	if name == "" { // the key of rows that have none
		return nil, &NameError{}
	}
	for _, s := range r.Sources {
		about, err := s.about(name)
		if err != nil {
			return nil, err
		}
		if about != nil {
			copied.Sources = append(copied.Sources, about)
		}
	}
	if copied.Sources == nil {
		return nil, &NameError{Name: name, Near: account.Nearest(name, r.keys())}
	}
	return &copied, nil
}

// about is the part of the source that is about one account, nil when there is none.
func (s *Source) about(name string) (*Source, error) {
	key, err := s.keyOf(name)
	if err != nil {
		return nil, err
	}
	copied := *s
	copied.Operations = only(s.Operations, func(op *Operation) bool { return op.Key == key })
	copied.Rejected = only(s.Rejected, func(row account.Rejected) bool { return row.Key == key })
	copied.Orphans = only(s.Orphans, func(o diff.Orphan) bool { return o.Key == key })
	copied.KeptRows = nil
	if len(copied.Operations)+len(copied.Rejected)+len(copied.Orphans) > 0 {
		return &copied, nil
	}
	if copied.KeptRows, err = keptRow(s.KeptRows, key); copied.KeptRows == nil {
		return nil, err
	}
	return &copied, nil
}

// keyOf is the key that the name stands for; the name itself when nothing tells more.
func (s *Source) keyOf(name string) (string, error) {
	var keys []string
	add := func(key string) {
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	for _, op := range s.Operations {
		switch {
		case op.Key == name:
			return name, nil
		case op.Account == name || op.Native == name:
			add(op.Key)
		}
	}
	for _, o := range s.Orphans {
		if o.AccountID == name {
			add(o.Key)
		}
	}
	known := func(row account.Rejected) bool { return row.Key == name }
	switch {
	case len(keys) == 0 || slices.ContainsFunc(s.Rejected, known):
		return name, nil
	case len(keys) > 1:
		return "", &NameError{Name: name, Keys: keys}
	}
	return keys[0], nil
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

// keys are those of everything that has one.
func (r *Result) keys() (keys []string) {
	for _, s := range r.Sources {
		for _, op := range s.Operations {
			keys = append(keys, op.Key)
		}
		for _, row := range s.Rejected {
			keys = append(keys, row.Key)
		}
		for _, o := range s.Orphans {
			keys = append(keys, o.Key)
		}
	}
	return keys
}

// only are those of all for which it is so.
func only[T any](all []T, so func(T) bool) []T {
	some := []T{}
	for _, one := range all {
		if so(one) {
			some = append(some, one)
		}
	}
	return some
}
