// Package journal is the durable record of runs and their operations, in one
// SQLite file. An intent is on disk before its call is made and an outcome soon
// after, so that a run can be shown again, gone on with and taken back whatever
// becomes of the process. It holds personal data: its file is for its owner only.
package journal

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
)

// FileName is the name of the journal in its state directory.
const FileName = "journal.db"

// DefaultAhead is how many operations one intent covers at most, unless asked
// otherwise: at 100 operations a second one second of work.
const DefaultAhead = 100

// Journal is an open journal. Its methods may be called from several
// goroutines at once, and several processes may have the same file open.
type Journal struct {
	// Ahead bounds how many operations one intent covers: the one that is about
	// to be sent and those that follow it in its phase. As many more operations
	// are to be looked up after a kill than were under way; 1 is exact, and
	// costs a write to the disk for each operation. Set it before Begin.
	Ahead int

	path   string
	file   os.FileInfo // what path named when it was opened
	chunk  int         // rows of a transaction that writes many
	pool   *sql.DB     // of the one connection that writes
	reads  *sql.DB
	writer *writer
	open   atomic.Bool

	mu    sync.Mutex // held for a transaction: they take turns
	write *sql.Conn
	stmt  map[string]*sql.Stmt // on write, by query
}

// Open opens the journal in a state directory and makes both where they are
// missing. Errors are of type *Error.
func Open(dir string) (*Journal, error) {
	j := newJournal(dir)
	err := j.create(dir)
	if err == nil {
		err = j.connect()
	}
	if err == nil {
		err = j.migrate(context.Background(), steps())
	}
	if err != nil {
		_ = j.disconnect() // the first error tells more
		return nil, j.explain(err)
	}
	if j.file, err = os.Stat(j.path); err != nil {
		_ = j.disconnect()
		return nil, j.explain(err)
	}
	j.writer = newWriter(j.commit)
	j.open.Store(true)
	return j, nil
}

// newJournal is a journal that is not open yet. Its chunks are small enough for
// other runs to get their turn and large enough not to wait for the disk.
func newJournal(dir string) *Journal {
	return &Journal{Ahead: DefaultAhead, path: filepath.Join(dir, FileName), chunk: 10_000, stmt: map[string]*sql.Stmt{}}
}

// Close writes what is pending and closes the file.
func (j *Journal) Close() error {
	if !j.open.Swap(false) {
		return nil
	}
	return errors.Join(j.explain(j.writer.close()), j.explain(j.disconnect()))
}

var errClosed = errors.New("the journal is closed")
