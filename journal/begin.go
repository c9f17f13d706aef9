package journal

import (
	"context"
	"fmt"
	"iter"

	"accountsync/account"
	"accountsync/sync"
)

// Begin puts a run, one of its sources and every operation of it on record,
// before anything is sent. A run of several sources begins once for each. The
// settings are what a resume must know; nothing secret belongs there. Until
// Begin returns, the part counts as never begun.
func (j *Journal) Begin(ctx context.Context, head *sync.Result, source *sync.Source, schema account.Schema, settings map[string]string) (*Run, error) {
	return j.begin(ctx, head, source, schema, settings, each2(source.Operations))
}

// begin is Begin with operations from elsewhere than the source. They come
// in the order of their Seq, from 0.
func (j *Journal) begin(ctx context.Context, head *sync.Result, source *sync.Source, schema account.Schema,
	settings map[string]string, ops iter.Seq2[*sync.Operation, error]) (*Run, error) {
	r := &filling{Run: &Run{j: j}}
	err := j.update(ctx, func(q querier) (err error) {
		if r.run, err = insertRun(ctx, q, head); err != nil {
			return err
		}
		r.part, err = insertPart(ctx, q, r.run, source, schema, settings)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := r.fill(ctx, source.Rejected, ops); err != nil {
		return nil, err
	}
	return r.Run, j.update(ctx, func(q querier) error {
		return change(ctx, q, `UPDATE parts SET begun = 1 WHERE id = ?`, r.part)
	})
}

// filling is a part whose rows are being inserted.
type filling struct {
	*Run
	buf []byte
}

// fill inserts the rows of the part, a chunk at a time.
func (r *filling) fill(ctx context.Context, rejected []account.Rejected, ops iter.Seq2[*sync.Operation, error]) error {
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

// inChunks inserts all of a list, a transaction for every chunk of it.
func inChunks[T any](ctx context.Context, j *Journal, all iter.Seq2[T, error], insert func(context.Context, T) error) error {
	next, stop := iter.Pull2(all)
	defer stop()
	for more := true; more; {
		err := j.update(ctx, func(querier) (err error) {
			more, err = insertChunk(ctx, j, next, insert)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// insertChunk reports whether there may be more.
func insertChunk[T any](ctx context.Context, j *Journal, next func() (T, error, bool), insert func(context.Context, T) error) (more bool, err error) {
	// A statement that watches a context starts a goroutine: a chunk is short enough to go without.
	free := context.WithoutCancel(ctx)
	for range j.chunk {
		v, err, ok := next()
		if !ok || err != nil {
			return false, err
		}
		if err := insert(free, v); err != nil {
			return false, err
		}
	}
	return true, ctx.Err()
}

const insertRejectedRow = `INSERT INTO rejected (part, n, line, key, reason, row_offset) VALUES (?, ?, ?, ?, ?, ?)`

func (r *filling) insertRejected(ctx context.Context, row account.Rejected) error {
	return r.j.exec(ctx, insertRejectedRow, r.part, r.n.Add(1), row.Line, row.Key, row.Reason, row.Offset)
}

const insertPlanned = `INSERT INTO operations (id, op, key, account, line, row_offset, joined, reason, why, state,
	identity_id, identity_state, native, fingerprint, changes, live, warnings, modified, force) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// insertOperation inserts the plan of an operation and, where more is known of
// it already, how it stands.
func (r *filling) insertOperation(ctx context.Context, op *sync.Operation) error {
	if op.Seq != len(r.cover.ops) {
		return fmt.Errorf("operation %d comes where operation %d should", op.Seq, len(r.cover.ops))
	}
	joined, err := listJSON(op.Joined)
	if err != nil {
		return err
	}
	warnings, err := listJSON(op.Warnings)
	if err != nil {
		return err
	}
	r.buf = appendChanges(r.buf[:0], op.Changes)
	split := len(r.buf)
	r.buf = appendAttributes(r.buf, op.Live)
	err = r.j.exec(ctx, insertPlanned, operationID(r.part, op.Seq), string(op.Op), op.Key, op.Account, op.Line, op.Offset, joined,
		op.Reason, op.Why, string(op.State), op.IdentityID, op.IdentityState, op.Native, op.Fingerprint, string(r.buf[:split]), string(r.buf[split:]), warnings,
		op.Modified, op.Force)
	if err != nil {
		return err
	}
	return r.insertStanding(ctx, op)
}

func (r *filling) insertStanding(ctx context.Context, op *sync.Operation) error {
	o := outcomeOf(op)
	r.cover.add(newCovered(standing{op: op}, o))
	if o == planned(op) {
		return nil
	}
	rec := r.stamp(op.Seq)
	rec.outcome = o
	return r.j.insertRecords(ctx, r.part, []record{rec})
}
