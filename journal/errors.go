package journal

import (
	"context"
	"errors"
	"io/fs"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What can be wrong with a journal.
var (
	ErrDamaged  = errors.New("the journal is damaged")
	ErrReadOnly = errors.New("the journal cannot be written")
	ErrFull     = errors.New("no space is left for the journal")
	ErrNewer    = errors.New("the journal was written by a newer accountsync")
	ErrBusy     = errors.New("another process keeps the journal busy")
	ErrVanished = errors.New("the journal was removed or replaced while it was in use")
	ErrPruned   = errors.New("the run is not in the journal any more")
)

// Error is what went wrong with a journal. errors.Is tells its kind, one of the
// errors above, where it has one.
type Error struct {
	Path string
	Kind error // may be nil
	Err  error // the cause
}

// Error is "path: kind: cause", in one line.
func (e *Error) Error() string {
	if e.Kind == nil || errors.Is(e.Err, e.Kind) {
		return e.Path + ": " + e.Err.Error()
	}
	return e.Path + ": " + e.Kind.Error() + ": " + e.Err.Error()
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
	switch e.Kind {
	case ErrDamaged:
		return "nothing is sent without a journal: move " + e.Path + " and its -wal and -shm files away and start again; the runs it holds can then no longer be resumed or undone"
	case ErrReadOnly:
		return "nothing is sent without a journal: make the directory and its files writable, or name another one with --state"
	case ErrFull:
		return "nothing is sent without a journal: make room, prune old runs, or name another directory with --state"
	case ErrNewer:
		return "nothing is sent without a journal: use the newer accountsync, or name another directory with --state"
	case ErrBusy:
		return "wait for the other run to end, then try again"
	case ErrVanished:
		return "nothing is sent without a journal: see who empties the state directory, and keep it in a place of its own (--state)"
	case ErrPruned:
		return "nothing is sent without a record: somebody pruned the run while it went on; start again"
	}
	return ""
}

// explain says of an error what it means for the journal. Errors that are not
// the file's stay as they are.
func (j *Journal) explain(err error) error {
	var known *Error
	var missing *RunError
	if err == nil || errors.As(err, &known) || errors.As(err, &missing) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errClosed) {
		return err
	}
	return &Error{Path: j.path, Kind: kindOf(err), Err: err}
}

func kindOf(err error) error {
	for _, kind := range []error{ErrDamaged, ErrNewer, ErrPruned, ErrVanished} {
		if errors.Is(err, kind) {
			return kind
		}
	}
	if e := (*sqlite.Error)(nil); errors.As(err, &e) {
		return kindOfCode(e.Code())
	}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return ErrFull
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return ErrReadOnly
	}
	return nil
}

// kindOfCode is the kind of a result code of SQLite.
func kindOfCode(code int) error {
	switch code {
	case sqlite3.SQLITE_IOERR_SHMSIZE: // the -shm file could not grow
		return ErrFull
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return ErrPruned
	}
	switch code & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR: // the last: tables or JSON are not as we wrote them
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
