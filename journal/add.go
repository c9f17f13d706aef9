package journal

import (
	"context"
	"fmt"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"
)

// adding is what a plan found that is not on its way to the database yet.
type adding struct {
	mu         mutex
	operations int64 // taken so far
	withdrawn  int64 // of these
	entries    int64
	rows       [][]any
	lists      [][]any
}

const (
	operationColumns = "id, phase, op, key, account, native, plan, checksum, state, code, created, result, evidence, outcome"
	entryColumns     = "run, kind, n, line, key, entry, checksum"
)

// AddOperations takes planned operations.
func (r *Run) AddOperations(ctx context.Context, ops ...*sync.Operation) error {
	for _, op := range ops {
		if err := r.addOperation(op); err != nil {
			return err
		}
		if err := r.flush(ctx, false); err != nil {
			return err
		}
	}
	return nil
}

func (r *Run) addOperation(op *sync.Operation) error {
	a := &r.adding
	a.mu.Lock()
	defer a.mu.Unlock()
	op.Seq = int(a.operations)
	op.Row = sync.Row{State: op.State}
	row, err := operationRow(r.id, op)
	if err == nil {
		a.operations++
		a.rows = append(a.rows, row)
	}
	return err
}

// operationRow is an operation as its row.
func operationRow(run int64, op *sync.Operation) ([]any, error) {
	l, err := sync.EncodeLine(op)
	if err != nil {
		return nil, err
	}
	p := &row{id: run<<32 | int64(op.Seq), phase: op.Phase(), op: string(op.Op), key: blob(op.Key), account: blob(op.Account), native: blob(op.Native), plan: l.Plan}
	out := outcomeOf(op, l, p.id)
	return []any{p.id, p.phase, p.op, p.key, p.account, p.native, p.plan, p.sum(),
		out.state, out.code, out.created, out.result, out.evidence, out.sum(0)}, nil
}

// entryRow is an entry of a list as its row.
func entryRow(run int64, kind string, n int64, line int, key string, text []byte) []any {
	return []any{run, kind, n, line, blob(key), text, sum(nil, []byte(key), text)}
}

// AddRejected takes rejected rows.
func (r *Run) AddRejected(ctx context.Context, rows ...account.Rejected) error {
	return addEntries(ctx, r, kindRejected, rows, func(row account.Rejected) (int, string, []byte, error) {
		text, err := sync.EncodeRejected(row)
		return row.Line, row.Key, text, err
	})
}

// AddOrphans takes accounts that no row asks for.
func (r *Run) AddOrphans(ctx context.Context, orphans ...diff.Orphan) error {
	return addEntries(ctx, r, kindOrphan, orphans, func(o diff.Orphan) (int, string, []byte, error) {
		text, err := sync.Encode(o)
		return 0, o.Key, text, err
	})
}

// AddAbsences takes what the next run needs to know of accounts without a row.
func (r *Run) AddAbsences(ctx context.Context, absences ...diff.Miss) error {
	return addEntries(ctx, r, kindAbsence, absences, func(m diff.Miss) (int, string, []byte, error) {
		text, err := sync.Encode(m)
		return 0, m.AccountID, text, err
	})
}

func addEntries[T any](ctx context.Context, r *Run, kind string, all []T, entry func(T) (line int, key string, text []byte, err error)) error {
	for _, one := range all {
		line, key, text, err := entry(one)
		if err != nil {
			return fmt.Errorf("encoding %s %q: %w", kind, key, err)
		}
		r.adding.mu.Lock()
		r.adding.entries++
		r.adding.lists = append(r.adding.lists, entryRow(r.id, kind, r.adding.entries, line, key, text))
		r.adding.mu.Unlock()
		if err := r.flush(ctx, false); err != nil {
			return err
		}
	}
	return nil
}

// flush writes what a plan found, a batch at a time; all of it at the end.
func (r *Run) flush(ctx context.Context, all bool) error {
	a := &r.adding
	a.mu.Lock()
	defer a.mu.Unlock()
	if n := len(a.rows) + len(a.lists); n == 0 || !all && n < r.s.batch {
		return nil
	}
	if r.Status().Sealed {
		return fmt.Errorf("the plan of run %s is sealed already", r.Head().Run)
	}
	free := context.WithoutCancel(ctx)
	err := r.s.update(ctx, func(t tx) error {
		if err := r.mine(free, t); err != nil {
			return err
		}
		if err := t.insert(free, "operations", "id", operationColumns, a.rows); err != nil {
			return err
		}
		return t.insert(free, "entries", "run, kind, n", entryColumns, a.lists)
	})
	if err == nil {
		clear(a.rows)
		clear(a.lists)
		a.rows, a.lists = a.rows[:0], a.lists[:0]
	}
	return err
}
