package journal

import (
	"context"
	"fmt"
	"strings"
)

// Withdraw takes back the operations of these keys that were added so far: Seal
// leaves them out.
func (r *Run) Withdraw(ctx context.Context, keys ...string) error {
	if len(keys) == 0 {
		return nil
	}
	return r.remove(ctx, func(context.Context, tx) error { return nil }, func(a *adding) {
		if a.withdrawn == nil {
			a.withdrawn = map[string]int64{}
		}
		for _, key := range keys {
			a.withdrawn[strings.Clone(key)] = a.operations
		}
	})
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
		if _, err := t.exec(ctx, `DELETE FROM blocks WHERE id BETWEEN ? AND ?`, first, last); err != nil {
			return err
		}
		_, err := t.exec(ctx, `DELETE FROM entries WHERE run = ?`, r.id)
		return err
	}, (*adding).clear)
}

// clear forgets what was added.
func (a *adding) clear() {
	a.written()
	a.operations, a.entries, a.staged, a.withdrawn = 0, 0, nil, nil
	a.unordered, a.last, a.tally = false, sortKey{}, tally{}
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
