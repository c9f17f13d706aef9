package journal

import (
	"context"
	"database/sql"
	"iter"
	"strconv"
	"strings"
)

// dialect is all in which SQLite and PostgreSQL differ within a statement.
type dialect struct {
	schema    *strings.Replacer // of the statements that make tables
	numbered  bool              // parameters are $1, $2 instead of ?
	shareLock string            // ends a SELECT whose row must not change until the transaction ends
}

// SQLite has one writer at a time: a row that was read while writing stays as it is.
var sqliteDialect = dialect{schema: strings.NewReplacer()}

var postgresDialect = dialect{
	schema:    strings.NewReplacer("INTEGER", "BIGINT", "BLOB", "BYTEA", ") STRICT", ")"),
	numbered:  true,
	shareLock: " FOR SHARE",
}

// query is a statement with the parameters as the database wants them.
func (d dialect) query(text string) string {
	if !d.numbered {
		return text
	}
	var b strings.Builder
	for n, part := range strings.Split(text, "?") {
		if n > 0 {
			b.WriteString("$" + strconv.Itoa(n))
		}
		b.WriteString(part)
	}
	return b.String()
}

// tx is a transaction, or the store outside of one.
type tx struct {
	dialect
	db interface {
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
		PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
	}
}

// exec says how many rows a statement changed.
func (t tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	result, err := t.db.ExecContext(ctx, t.query(query), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// rows yields what scans each row of a query. Where the query fails, or breaks
// off, it yields one more, which gives the error.
func (t tx) rows(ctx context.Context, query string, args ...any) iter.Seq[func(...any) error] {
	return func(yield func(func(...any) error) bool) {
		rows, err := t.db.QueryContext(ctx, t.query(query), args...)
		if err == nil {
			defer rows.Close()
			for rows.Next() {
				if !yield(rows.Scan) {
					return
				}
			}
			err = rows.Err()
		}
		if err != nil {
			yield(func(...any) error { return err })
		}
	}
}

// one scans the first row of a query; ok is false when there is none.
func (t tx) one(ctx context.Context, dest []any, query string, args ...any) (ok bool, err error) {
	rows, err := t.db.QueryContext(ctx, t.query(query), args...)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	if ok = rows.Next(); ok {
		err = rows.Scan(dest...)
	}
	if err == nil {
		err = rows.Err()
	}
	return ok, err
}

// insertRows is how many rows one statement inserts at most.
const insertRows = 50

// insert inserts rows, those that are there already left alone: a transaction
// whose answer was lost is made again.
func (t tx) insert(ctx context.Context, table, unique, columns string, rows [][]any) error {
	one := "(" + strings.TrimSuffix(strings.Repeat("?, ", strings.Count(columns, ",")+1), ", ") + ")"
	text := func(n int) string {
		return t.query("INSERT INTO " + table + " (" + columns + ") VALUES " +
			strings.TrimSuffix(strings.Repeat(one+", ", n), ", ") + " ON CONFLICT (" + unique + ") DO NOTHING")
	}
	var full *sql.Stmt
	args := make([]any, 0, insertRows*len(columns))
	for len(rows) > 0 {
		n := min(insertRows, len(rows))
		args = args[:0]
		for _, row := range rows[:n] {
			args = append(args, row...)
		}
		var err error
		switch {
		case n < insertRows:
			_, err = t.db.ExecContext(ctx, text(n), args...)
		case full == nil:
			if full, err = t.db.PrepareContext(ctx, text(n)); err != nil {
				return err
			}
			defer full.Close()
			fallthrough
		default:
			_, err = full.ExecContext(ctx, args...)
		}
		if err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}
