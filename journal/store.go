// Package journal keeps runs and their operations: in one SQLite file of the
// state directory, or in PostgreSQL. The schema is the same and stands, with
// what each column means, in schema:
//
//	runs        one run of one source: its head as JSON, and what queries need
//	blocks      what it planned, some hundred operations to a row: written once, never changed
//	names       where keys and ids of accounts stand in them
//	outcomes    what became of an operation: one row, made by its intent, changed by its outcome
//	entries     its rejected rows, orphans and absences
//	sources     what is known of a source across runs; absences, account by account
//	holders     who holds a lock
//
// An intent is durable before its call is made, so that a run can be shown,
// resumed and undone whatever becomes of the process. Each change of an
// operation names the epoch of its run and the version of the operation it was
// made on: of two processes one is refused with sync.ErrFenced. Rows carry
// checksums; what fails its own is never handed out.
//
// It holds personal data: its file is for its owner only.
package journal

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// FileName is the name of the SQLite file in its state directory.
const FileName = "journal.db"

// Store is an open store. Its methods may be called from several goroutines at
// once, and several processes may have the same store open.
type Store struct {
	name    string // for people: a path, or a URL without its password
	dir     string // of the locks; "" with PostgreSQL
	dialect dialect
	write   *sql.DB // SQLite: the one connection that writes
	read    *sql.DB // for queries that are read at once
	held    *sql.DB // for what is held for long: queries read bit by bit; PostgreSQL: locks
	locks   lockSet
	file    os.FileInfo // SQLite: what name was when it was opened
	batch   int         // rows of a transaction that writes many
	ending  ending
}

// Open opens the store that --state names: a directory, which is made when it
// is missing, or postgres://... Errors are of type *Error. Once its context has
// ended, the store stays usable, but waits for a database that is away for some
// seconds only.
func Open(ctx context.Context, state string) (*Store, error) {
	s := &Store{name: filepath.Join(state, FileName), dir: filepath.Join(state, "locks"), dialect: sqliteDialect, batch: 2_000}
	connect := s.openSQLite
	if IsURL(state) {
		s.name, s.dir, s.dialect, connect = withoutPassword(state), "", postgresDialect, s.openPostgres
	}
	s.ending.begin(ctx)
	if err := connect(ctx, state); err != nil {
		_ = s.Close() // the first error tells more
		return nil, s.explain(err)
	}
	return s, nil
}

// IsURL reports whether --state names a PostgreSQL server and no directory.
func IsURL(state string) bool {
	return strings.HasPrefix(state, "postgres://") || strings.HasPrefix(state, "postgresql://")
}

// Name says where the store is: a path, or a URL without its password.
func (s *Store) Name() string { return s.name }

// Close closes the store. Its locks are to be given back before.
func (s *Store) Close() error {
	defer s.ending.end()
	var errs []error
	for _, db := range []*sql.DB{s.write, s.read, s.held} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return s.explain(errors.Join(errs...))
}
