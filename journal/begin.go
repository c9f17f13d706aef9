package journal

import (
	"context"
	"database/sql"
	"fmt"
	"iter"

	"accountsync/account"
	"accountsync/sync"
)

// chunk is how many rows go into one transaction, so that other runs get their
// turn and the log stays short.
const chunk = 2_000

// Begin puts a run, one of its sources and every operation of it on record,
// before anything is sent. A run of several sources begins once for each. The
// settings are what a resume must know; nothing secret belongs there. Until
// Begin returns, the part counts as never begun.
func (j *Journal) Begin(ctx context.Context, head *sync.Result, source *sync.Source, schema account.Schema, settings map[string]string) (*Run, error) {
	return j.BeginStream(ctx, head, source, schema, settings, each2(source.Operations))
}

// BeginStream is Begin with operations that are not held in source. They come
// in the order of their Seq, from 0.
func (j *Journal) BeginStream(ctx context.Context, head *sync.Result, source *sync.Source, schema account.Schema,
	settings map[string]string, ops iter.Seq2[*sync.Operation, error]) (*Run, error) {
	r := &Run{j: j}
	err := j.update(ctx, func(tx *sql.Tx) (err error) {
		if r.run, err = insertRun(ctx, tx, head); err != nil {
			return err
		}
		r.part, err = insertPart(ctx, tx, r.run, source, schema, settings)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := r.fill(ctx, source.Rejected, ops); err != nil {
		return nil, err
	}
	return r, j.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE parts SET begun = 1 WHERE id = ?`, r.part)
		return err
	})
}

// fill inserts the rows of the part, a chunk at a time.
func (r *Run) fill(ctx context.Context, rejected []account.Rejected, ops iter.Seq2[*sync.Operation, error]) error {
	if err := inChunks(ctx, r.j, each2(rejected), r.insertRejected); err != nil {
		return err
	}
	return inChunks(ctx, r.j, ops, r.insertOperation)
}

// each2 is an iterator over what is already there.
func each2[T any](all []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range all {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// inserter is an open transaction.
type inserter struct {
	tx   *sql.Tx
	stmt map[string]*sql.Stmt // by query
	buf  []byte
	rows int
}

func (in *inserter) exec(ctx context.Context, query string, args ...any) (err error) {
	stmt := in.stmt[query]
	if stmt == nil {
		if stmt, err = in.tx.PrepareContext(ctx, query); err != nil {
			return err
		}
		in.stmt[query] = stmt
	}
	in.rows++
	_, err = stmt.ExecContext(ctx, args...)
	return err
}

// inChunks inserts all of a list, a transaction for every chunk of it.
func inChunks[T any](ctx context.Context, j *Journal, all iter.Seq2[T, error], insert func(context.Context, *inserter, T) error) error {
	next, stop := iter.Pull2(all)
	defer stop()
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := j.update(context.WithoutCancel(ctx), func(tx *sql.Tx) (err error) {
			more, err = insertChunk(context.WithoutCancel(ctx), tx, next, insert)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func insertChunk[T any](ctx context.Context, tx *sql.Tx, next func() (T, error, bool), insert func(context.Context, *inserter, T) error) (more bool, err error) {
	in := &inserter{tx: tx, stmt: map[string]*sql.Stmt{}}
	for in.rows < chunk {
		v, err, ok := next()
		if !ok || err != nil {
			return false, err
		}
		if err := insert(ctx, in, v); err != nil {
			return false, err
		}
	}
	return true, nil
}

const insertRejectedRow = `INSERT INTO rejected (part, n, line, key, reason, row_offset) VALUES (?, ?, ?, ?, ?, ?)`

func (r *Run) insertRejected(ctx context.Context, in *inserter, row account.Rejected) error {
	return in.exec(ctx, insertRejectedRow, r.part, r.n.Add(1), row.Line, row.Key, row.Reason, row.Offset)
}

const insertPlanned = `INSERT INTO operations (part, seq, op, key, account, line, row_offset, joined, reason, state,
	identity_id, identity_state, native, fingerprint, changes, live) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// insertOperation inserts the plan of an operation and, where more is known of
// it already, how it stands.
func (r *Run) insertOperation(ctx context.Context, in *inserter, op *sync.Operation) error {
	if op.Seq != len(r.recorded) {
		return fmt.Errorf("operation %d comes where operation %d should", op.Seq, len(r.recorded))
	}
	joined, err := listJSON(op.Joined)
	if err != nil {
		return err
	}
	in.buf = appendChanges(in.buf[:0], op.Changes)
	split := len(in.buf)
	in.buf = appendAttributes(in.buf, op.Live)
	err = in.exec(ctx, insertPlanned, r.part, op.Seq, string(op.Op), op.Key, op.Account, op.Line, op.Offset, joined, op.Reason, string(op.State),
		op.IdentityID, op.IdentityState, op.Native, op.Fingerprint, string(in.buf[:split]), string(in.buf[split:]))
	if err != nil {
		return err
	}
	return r.insertStanding(ctx, in, op)
}

func (r *Run) insertStanding(ctx context.Context, in *inserter, op *sync.Operation) error {
	o, err := outcomeOf(op)
	if err != nil {
		return err
	}
	r.recorded = append(r.recorded, o.digest())
	if o == planned(op) {
		return nil
	}
	e := r.entry(op.Seq)
	e.outcome = &o
	return in.exec(ctx, insertRecord, e.args()...)
}
