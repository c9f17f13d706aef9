package journal

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"accountsync/diff"
	"accountsync/sync"
)

// page is how many operations are read at a time.
const page = 500

const selectLines = `SELECT o.id, o.operation, o.version, o.state, o.code, o.created, o.result, o.evidence, o.checksum,
	p.id, p.phase, p.op, p.key, p.account, p.native, p.plan, p.checksum
	FROM outcomes o LEFT JOIN operations p ON p.id = o.operation WHERE o.id > ? AND o.id <= ?`

// Lines yields operations as they are stored, in the order (phase, key, seq). A
// row that fails its checksum is an error, the last thing it yields.
func (r *Run) Lines(ctx context.Context, f sync.Filter) iter.Seq2[*sync.Line, error] {
	return func(yield func(*sync.Line, error) bool) {
		where, args := conditions(f)
		first, last := span(r.id)
		after, seen := first+f.After, int64(0)
		for {
			limit := page
			if f.Limit > 0 {
				limit = min(limit, f.Limit-int(seen))
			}
			var lines []*sync.Line
			err := r.s.patiently(ctx, func() (err error) {
				lines, err = r.page(ctx, where, append([]any{after, last}, args...), limit)
				return err
			})
			if err != nil {
				yield(nil, err)
				return
			}
			for _, l := range lines {
				if !yield(l, nil) {
					return
				}
				after = first + l.Place
			}
			seen += int64(len(lines))
			if len(lines) < page || f.Limit > 0 && int(seen) == f.Limit {
				break
			}
		}
		if where == "" && f.After == 0 && f.Limit == 0 && seen != r.sealed() {
			yield(nil, r.s.explain(fmt.Errorf("%w: run %s planned %d operations, of which %d are on record", ErrDamaged, r.Head().Run, r.sealed(), seen)))
		}
	}
}

// sealed is how many operations were sealed.
func (r *Run) sealed() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count
}

// conditions are those of a filter.
func conditions(f sync.Filter) (where string, args []any) {
	if f.Phase != nil {
		where, args = where+" AND o.phase = ?", append(args, *f.Phase)
	}
	where, args = among(where, args, "o.state", f.States)
	where, args = among(where, args, "o.code", f.Codes)
	where, args = among(where, args, "o.op", f.Ops)
	if f.Name != "" {
		where += " AND (p.key = ? OR p.account = ? OR p.native = ? OR o.created = ?)"
		args = append(args, blob(f.Name), blob(f.Name), blob(f.Name), blob(f.Name))
	}
	return where, args
}

func among[T ~string](where string, args []any, column string, all []T) (string, []any) {
	if len(all) == 0 {
		return where, args
	}
	for _, one := range all {
		args = append(args, string(one))
	}
	return where + " AND " + column + " IN (?" + strings.Repeat(", ?", len(all)-1) + ")", args
}

func (r *Run) page(ctx context.Context, where string, args []any, limit int) (lines []*sync.Line, err error) {
	err = r.s.view().each(ctx, func(scan func(...any) error) error {
		var id, version, outcomeSum int64
		var p row
		var o outcome
		var planID, phase, planSum *int64
		var op *string
		err := scan(&id, &o.operation, &version, &o.state, &o.code, &o.created, &o.result, &o.evidence, &outcomeSum,
			&planID, &phase, &op, &p.key, &p.account, &p.native, &p.plan, &planSum)
		if err != nil {
			return err
		}
		place := id & (1<<32 - 1)
		if planID != nil {
			p.id, p.phase, p.op = *planID, int(*phase), *op
		}
		if planID == nil || p.sum() != *planSum || o.sum(version) != outcomeSum || o.operation>>32 != r.id {
			return fmt.Errorf("%w: operation %d of run %s", ErrDamaged, place, r.Head().Run)
		}
		lines = append(lines, &sync.Line{Row: sync.Row{Place: place, Version: version, State: sync.State(o.state)},
			Seq: int(o.operation & (1<<32 - 1)), Op: diff.Op(p.op), Code: sync.Code(o.code), Plan: p.plan, Result: o.result, Evidence: o.evidence})
		return nil
	}, selectLines+where+" ORDER BY o.id LIMIT ?", append(args, limit)...)
	return lines, err
}

// Operations yields the lines decoded.
func (r *Run) Operations(ctx context.Context, f sync.Filter) iter.Seq2[*sync.Operation, error] {
	return func(yield func(*sync.Operation, error) bool) {
		for l, err := range r.Lines(ctx, f) {
			if err != nil {
				yield(nil, err)
				return
			}
			op, err := l.Operation()
			if err != nil {
				yield(nil, r.s.explain(fmt.Errorf("run %s: %w", r.Head().Run, err)))
				return
			}
			if !yield(op, nil) {
				return
			}
		}
	}
}

// Counts counts the operations by kind, state and code, in one statement. Who
// writes the run, and so is alone to change them, counts anew only after a change.
func (r *Run) Counts(ctx context.Context) ([]sync.Count, error) {
	r.mu.Lock()
	known, generation := r.counts, r.generation
	r.mu.Unlock()
	if known != nil && r.epoch > 0 {
		return slices.Clone(known), nil
	}
	counts, n, err := r.s.counts(ctx, r.id)
	if err == nil && n != r.sealed() {
		err = r.s.explain(fmt.Errorf("%w: run %s planned %d operations, of which %d are on record", ErrDamaged, r.Head().Run, r.sealed(), n))
	}
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.generation == generation { // nothing was changed meanwhile
		r.counts = slices.Clone(counts)
	}
	return counts, nil
}

// changed forgets what was counted.
func (r *Run) changed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts, r.generation = nil, r.generation+1
}

func (s *Store) counts(ctx context.Context, run int64) (counts []sync.Count, n int64, err error) {
	first, last := span(run)
	err = s.patiently(ctx, func() error {
		counts, n = nil, 0
		return s.view().each(ctx, func(scan func(...any) error) error {
			var c sync.Count
			err := scan(&c.Op, &c.State, &c.Code, &c.N)
			counts = append(counts, c)
			n += int64(c.N)
			return err
		}, `SELECT op, state, code, count(*) FROM outcomes WHERE id BETWEEN ? AND ? GROUP BY op, state, code ORDER BY op, state, code`, first, last)
	})
	return counts, n, err
}

// errEnough ends a query whose reader wants no more.
var errEnough = errors.New("enough")
