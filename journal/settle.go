package journal

import (
	"context"
	"database/sql"
	"fmt"

	"accountsync/sync"
)

// Intend puts on record that operations are about to be sent.
func (r *Run) Intend(ctx context.Context, ops ...*sync.Operation) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	intended := make([]sync.Operation, len(ops))
	for i, op := range ops {
		intended[i] = *op
		o := &intended[i]
		o.State, o.Reason, o.Sent, o.Ambiguous = sync.Failed, sync.Reason{Code: sync.CodeNoAnswer}, true, true
	}
	if err := r.change(ctx, intended); err != nil {
		return err
	}
	for i, op := range ops {
		*op = intended[i]
	}
	return nil
}

// Settle puts on record how operations stand.
func (r *Run) Settle(ctx context.Context, ops ...*sync.Operation) error {
	now := make([]sync.Operation, len(ops))
	for i, op := range ops {
		now[i] = *op
	}
	if err := r.change(ctx, now); err != nil {
		return err
	}
	for i, op := range ops {
		op.Row = now[i].Row
	}
	return nil
}

// change writes a new version of each operation, in one transaction with what
// others write at the same time.
func (r *Run) change(ctx context.Context, ops []sync.Operation) error {
	changes := make([]change, len(ops))
	for i := range ops {
		op := &ops[i]
		if op.Row.Place == 0 {
			return fmt.Errorf("%s %q has no place in the plan: read it from the record once that is sealed", op.Op, op.Key)
		}
		l := &sync.Line{Row: op.Row, Op: op.Op}
		if err := l.EncodeOutcome(op); err != nil {
			return err
		}
		out := outcomeOf(r.id, op, l)
		changes[i] = change{was: op.Row, out: out, sum: out.sum(op.Row.Version + 1)}
	}
	defer r.changed() // also where it is not known whether it was written
	err := r.changes.do(ctx, changes, func(ctx context.Context, all []change) error {
		return r.s.update(ctx, func(t tx) error { return r.write(t, all) })
	})
	if err != nil {
		return err
	}
	for i := range ops {
		ops[i].Row.Version++
		ops[i].Row.State, ops[i].Row.Code = ops[i].State, ops[i].Reason.Code
	}
	return nil
}

// change is one new version of an outcome.
type change struct {
	was sync.Row
	out outcome
	sum int64
}

const (
	insertOutcome = `INSERT INTO outcomes (id, op, planned_state, planned_code, version, state, code, created, result, evidence, checksum)
	SELECT ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ? FROM runs WHERE id = ? AND epoch = ? ON CONFLICT (id) DO NOTHING`
	updateOutcome = `UPDATE outcomes SET version = ?, state = ?, code = ?, created = ?, result = ?, evidence = ?, checksum = ?
	WHERE id = ? AND version = ? AND state = ? AND (SELECT epoch FROM runs WHERE id = ?) = ?`
)

// write writes changes within a transaction.
func (r *Run) write(t tx, changes []change) error {
	ctx := context.Background()
	if err := r.mine(ctx, t); err != nil {
		return err
	}
	var insert, update *sql.Stmt
	prepare := func(into **sql.Stmt, text string) (err error) {
		if *into == nil {
			*into, err = t.db.PrepareContext(ctx, t.query(text))
		}
		return err
	}
	defer func() {
		for _, statement := range []*sql.Stmt{insert, update} {
			if statement != nil {
				_ = statement.Close() // which was done
			}
		}
	}()
	added := 0
	for _, c := range changes {
		var result sql.Result
		var err error
		o := &c.out
		if c.was.Version == 0 {
			if err = prepare(&insert, insertOutcome); err == nil {
				result, err = insert.ExecContext(ctx, o.id, o.op, o.plannedState, o.plannedCode, o.state, o.code, o.created, o.result, o.evidence, c.sum, r.id, r.epoch)
			}
		} else if err = prepare(&update, updateOutcome); err == nil {
			result, err = update.ExecContext(ctx, c.was.Version+1, o.state, o.code, o.created, o.result, o.evidence, c.sum,
				o.id, c.was.Version, string(c.was.State), r.id, r.epoch)
		}
		var n int64
		if err == nil {
			n, err = result.RowsAffected()
		}
		switch {
		case err == nil && n == 0:
			err = r.unchanged(ctx, t, c)
		case c.was.Version == 0:
			added++
		}
		if err != nil {
			return err
		}
	}
	if added == 0 {
		return nil
	}
	_, err := t.exec(ctx, `UPDATE counters SET value = value + ? WHERE name = ?`, added, changedOf(r.id))
	return err
}

// unchanged says why an operation was not changed; nil when it was, by a
// transaction whose answer was lost.
func (r *Run) unchanged(ctx context.Context, t tx, c change) error {
	var version, sum int64
	ok, err := t.one(ctx, []any{&version, &sum}, `SELECT version, checksum FROM outcomes WHERE id = ?`, c.out.id)
	place := c.was.Place
	switch {
	case err != nil:
		return err
	case !ok:
		return fmt.Errorf("%w: run %s has no operation %d", ErrDamaged, r.Head().Run, place)
	case version == c.was.Version+1 && sum == c.sum:
		return nil
	}
	return fmt.Errorf("operation %d of run %s: %w", place, r.Head().Run, sync.ErrFenced)
}
