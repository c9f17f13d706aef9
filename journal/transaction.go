package journal

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"time"
)

// querier is what reading and writing have in common.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// update runs do in one transaction, which is durable when update returns.
func (j *Journal) update(ctx context.Context, do func(querier) error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.explain(j.transact(ctx, do))
}

// alone runs do on the connection that writes, outside a transaction.
func (j *Journal) alone(ctx context.Context, do func(querier) error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.explain(do(j.write))
}

// transact does what sql.Tx would, with statements prepared once: for the
// smallest transactions that is a third of their cost.
func (j *Journal) transact(ctx context.Context, do func(querier) error) error {
	if err := j.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := do(j.write)
	if err == nil {
		err = j.present()
	}
	if err == nil {
		err = j.exec(ctx, "COMMIT")
	}
	if err != nil {
		_ = j.exec(context.WithoutCancel(ctx), "ROLLBACK") // SQLite may have done so itself
	}
	return err
}

// present reports whether the file is still where it was: one that somebody
// removed takes every write, and nobody ever reads it again.
func (j *Journal) present() error {
	if j.file == nil { // it is just being opened
		return nil
	}
	now, err := os.Stat(j.path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(j.file, now) {
		return ErrVanished
	}
	return err
}

// exec runs a statement that is prepared once. It needs a transaction's turn.
func (j *Journal) exec(ctx context.Context, query string, args ...any) (err error) {
	stmt := j.stmt[query]
	if stmt == nil {
		if stmt, err = j.write.PrepareContext(ctx, query); err != nil {
			return err
		}
		j.stmt[query] = stmt
	}
	_, err = stmt.ExecContext(ctx, args...)
	return err
}

// view runs do on one state of the journal, whatever others write meanwhile.
func (j *Journal) view(ctx context.Context, do func(querier) error) error {
	tx, err := j.reads.BeginTx(ctx, nil)
	if err != nil {
		return j.explain(err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	return j.explain(do(tx))
}

// each hands every row of a query to do.
func each(ctx context.Context, q querier, do func(scan func(...any) error) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// nanos is a time as the journal keeps it.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// moment is the time of nanos.
func moment(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}
