// Package journal is the durable record of runs and their operations, in one
// SQLite file. An intent is on disk before its call is made and an outcome soon
// after, so that a run can be shown again, gone on with and taken back whatever
// becomes of the process. It holds personal data: its file is for its owner only.
package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// FileName is the name of the journal in its state directory.
const FileName = "journal.db"

// Journal is an open journal. Its methods may be called from several
// goroutines at once, and several processes may have the same file open.
type Journal struct {
	path   string
	write  *sql.DB // one connection: its transactions take turns
	read   *sql.DB
	intend *sql.Stmt // on write
	record *sql.Stmt // on write
	writer *writer
}

// Open opens the journal in a state directory and makes both where they are
// missing. Errors are of type *Error.
func Open(dir string) (*Journal, error) {
	j := &Journal{path: filepath.Join(dir, FileName)}
	err := j.create(dir)
	if err == nil {
		err = j.connect()
	}
	if err == nil {
		err = j.ready()
	}
	if err != nil {
		return nil, errors.Join(j.explain(err), j.disconnect())
	}
	j.writer = newWriter(j.commit)
	return j, nil
}

// ready migrates the file and prepares what is written most.
func (j *Journal) ready() (err error) {
	ctx := context.Background()
	if err = j.migrate(ctx, steps()); err != nil {
		return err
	}
	if j.intend, err = j.write.PrepareContext(ctx, insertIntent); err != nil {
		return err
	}
	j.record, err = j.write.PrepareContext(ctx, insertRecord)
	return err
}

// Close writes what is pending and closes the file.
func (j *Journal) Close() error {
	return errors.Join(j.explain(j.writer.close()), j.explain(j.disconnect()))
}

func (j *Journal) disconnect() error {
	var errs []error
	for _, stmt := range []*sql.Stmt{j.intend, j.record} {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	for _, db := range []*sql.DB{j.read, j.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// update runs do in one durable transaction.
func (j *Journal) update(ctx context.Context, do func(*sql.Tx) error) error {
	return j.explain(transact(ctx, j.write, do))
}

// view runs do on one state of the journal, whatever others write meanwhile.
func (j *Journal) view(ctx context.Context, do func(*sql.Tx) error) error {
	return j.explain(transact(ctx, j.read, do))
}

func transact(ctx context.Context, db *sql.DB, do func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		_ = tx.Rollback() // the first error tells more
		return err
	}
	return tx.Commit()
}

// each hands every row of a query to do.
func each(ctx context.Context, tx *sql.Tx, do func(scan func(...any) error) error, query string, args ...any) error {
	rows, err := tx.QueryContext(ctx, query, args...)
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

// number is a truth value as the journal keeps it.
func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

var errClosed = fmt.Errorf("the journal is closed")
