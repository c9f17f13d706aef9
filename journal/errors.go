package journal

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"io/fs"
	"net"
	"strings"
	"syscall"

	"accountsync/sync"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What can be wrong with a store.
var (
	ErrDamaged  = sync.ErrDamaged
	ErrReadOnly = errors.New("the journal cannot be written")
	ErrFull     = errors.New("no space is left for the journal")
	ErrNewer    = errors.New("the journal was written by a newer accountsync")
	ErrBusy     = errors.New("another process keeps the journal busy")
	ErrAway     = errors.New("the database of the journal cannot be reached")
	ErrVanished = errors.New("the journal was removed or replaced while it was in use")
	ErrPooled   = errors.New("a connection pooler in transaction mode is between accountsync and the database")
	ErrPruned   = errors.New("the run is not on record any more")
)

// Error is what went wrong with a store. errors.Is tells its kind, one of the
// errors above, where it has one.
type Error struct {
	Store string // a path, or a URL without its password
	Kind  error  // may be nil
	Err   error  // the cause
}

// Error is "store: kind: cause", in one line.
func (e *Error) Error() string {
	cause := strings.ReplaceAll(e.Err.Error(), "\n", "; ")
	if e.Kind == nil || errors.Is(e.Err, e.Kind) {
		return e.Store + ": " + cause
	}
	return e.Store + ": " + e.Kind.Error() + ": " + cause
}

// Unwrap returns the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Kind == nil {
		return []error{e.Err}
	}
	return []error{e.Kind, e.Err}
}

// Hint says what to do about it, "" when there is nothing to say.
func (e *Error) Hint() string {
	const nothing = "nothing is sent without a journal: "
	switch e.Kind {
	case ErrDamaged:
		if IsURL(e.Store) {
			return nothing + "restore the database from a backup, or name another one with --state"
		}
		return nothing + "move " + e.Store + " and its -wal and -shm files away and start again; the runs it holds can then no longer be resumed or undone"
	case ErrReadOnly:
		return nothing + "make it writable, or name another directory or database with --state"
	case ErrFull:
		return nothing + "make room, prune old runs, or name another directory or database with --state"
	case ErrNewer:
		return nothing + "use the newer accountsync, or name another directory or database with --state"
	case ErrBusy:
		return "wait for the other run to end, then try again"
	case ErrAway:
		return nothing + "start the server, check the URL and the PG... variables, then resume the run"
	case ErrPooled:
		return nothing + "name the database itself with --state, or set the pooler to session mode (PgBouncer: pool_mode = session)"
	case ErrVanished:
		return nothing + "see who empties the state directory, and keep it in a place of its own (--state)"
	case ErrPruned:
		return nothing + "somebody pruned the run while it went on; start again"
	}
	return ""
}

// explain says of an error what it means for the store. Errors that are not
// the store's stay as they are.
func (s *Store) explain(err error) error {
	var known *Error
	var missing *RunError
	if err == nil || errors.As(err, &known) || errors.As(err, &missing) || errors.Is(err, sync.ErrFenced) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) && !transient(err) {
		return err
	}
	kind := kindOf(err)
	if kind == ErrAway && s.dir != "" { // a file is no server
		kind = nil
	}
	return &Error{Store: s.name, Kind: kind, Err: err}
}

func kindOf(err error) error {
	for _, kind := range []error{ErrDamaged, ErrNewer, ErrPooled, ErrPruned, ErrVanished} {
		if errors.Is(err, kind) {
			return kind
		}
	}
	if e := (*sqlite.Error)(nil); errors.As(err, &e) {
		return kindOfCode(e.Code())
	}
	if e := (*pgconn.PgError)(nil); errors.As(err, &e) && !transient(err) {
		return kindOfState(e.Code)
	}
	switch {
	case transient(err):
		return ErrAway
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return ErrFull
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return ErrReadOnly
	}
	return nil
}

// kindOfCode is the kind of a result code of SQLite.
func kindOfCode(code int) error {
	if code == sqlite3.SQLITE_IOERR_SHMSIZE { // the -shm file could not grow
		return ErrFull
	}
	switch code & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR: // the last: tables are not as we made them
		return ErrDamaged
	case sqlite3.SQLITE_FULL:
		return ErrFull
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return ErrReadOnly
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return ErrBusy
	}
	return nil
}

// kindOfState is the kind of an SQLSTATE of PostgreSQL.
func kindOfState(state string) error {
	switch {
	case strings.HasPrefix(state, "53"): // insufficient resources: disk, memory
		return ErrFull
	case state == "25006", strings.HasPrefix(state, "42501"): // read-only transaction, no privilege
		return ErrReadOnly
	case strings.HasPrefix(state, "XX"), strings.HasPrefix(state, "42"): // corrupted; tables are not as we made them
		return ErrDamaged
	}
	return nil
}

// transient reports whether PostgreSQL is away, or wants a transaction again:
// the same may go well later.
func transient(err error) bool {
	if err == nil {
		return false
	}
	if e := (*pgconn.PgError)(nil); errors.As(err, &e) {
		switch e.Code {
		case "40001", "40P01", "57P01", "57P02", "57P03", "53300", "25P03": // serialization, deadlock, shutdown, starting up, too many connections, stopped in a transaction
			return true
		}
		return strings.HasPrefix(e.Code, "08")
	}
	var file *fs.PathError
	if errors.As(err, &file) { // whose cause is a net.Error, too
		return false
	}
	var network net.Error
	var connect *pgconn.ConnectError
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.As(err, &connect) || errors.As(err, &network) && !errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || strings.Contains(err.Error(), "conn closed")
}
