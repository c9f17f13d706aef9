package journal

import (
	"context"
	"fmt"
	"strings"
)

// Withdraw takes back the operations of these keys that were added so far. It
// goes over all operations of the run once, however many keys there are.
func (r *Run) Withdraw(ctx context.Context, keys ...string) error {
	if len(keys) == 0 {
		return nil
	}
	if err := r.flush(ctx, true); err != nil {
		return err
	}
	wanted := make(map[string]bool, len(keys))
	for _, key := range keys {
		wanted[key] = true
	}
	var ids []any
	first, last := span(r.id)
	err := r.s.view().each(ctx, func(scan func(...any) error) error {
		var id int64
		var key []byte
		err := scan(&id, &key)
		if err == nil && wanted[string(key)] {
			ids = append(ids, id)
		}
		return err
	}, `SELECT id, key FROM operations WHERE id BETWEEN ? AND ?`, first, last)
	if err != nil {
		return r.s.explain(err)
	}
	return r.remove(ctx, func(ctx context.Context, t tx) error {
		for rest := ids; len(rest) > 0; {
			n := min(page, len(rest))
			if _, err := t.exec(ctx, "DELETE FROM operations WHERE id IN (?"+strings.Repeat(", ?", n-1)+")", rest[:n]...); err != nil {
				return err
			}
			rest = rest[n:]
		}
		return nil
	}, func(a *adding) { a.withdrawn += int64(len(ids)) })
}

// DropAbsences takes back every absence that was added so far.
func (r *Run) DropAbsences(ctx context.Context) error {
	if err := r.flush(ctx, true); err != nil {
		return err
	}
	return r.remove(ctx, func(ctx context.Context, t tx) error {
		_, err := t.exec(ctx, `DELETE FROM entries WHERE run = ? AND kind = ?`, r.id, kindAbsence)
		return err
	}, func(*adding) {})
}

// Clear takes back everything that was added so far.
func (r *Run) Clear(ctx context.Context) error {
	return r.remove(ctx, func(ctx context.Context, t tx) error {
		first, last := span(r.id)
		if _, err := t.exec(ctx, `DELETE FROM operations WHERE id BETWEEN ? AND ?`, first, last); err != nil {
			return err
		}
		_, err := t.exec(ctx, `DELETE FROM entries WHERE run = ?`, r.id)
		return err
	}, func(a *adding) {
		clear(a.rows)
		clear(a.lists)
		a.rows, a.lists = a.rows[:0], a.lists[:0]
		a.operations, a.withdrawn, a.entries = 0, 0, 0
	})
}

// remove takes away what a plan that is not sealed has on record, and once that
// is done says so to what is being added. Nothing is added meanwhile.
func (r *Run) remove(ctx context.Context, do func(context.Context, tx) error, done func(*adding)) error {
	r.adding.mu.Lock()
	defer r.adding.mu.Unlock()
	if r.Status().Sealed {
		return fmt.Errorf("the plan of run %s is sealed already", r.Head().Run)
	}
	free := context.WithoutCancel(ctx)
	err := r.s.update(ctx, func(t tx) error {
		if err := r.mine(free, t); err != nil {
			return err
		}
		return do(free, t)
	})
	if err == nil {
		done(&r.adding)
	}
	return err
}
