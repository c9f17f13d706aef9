package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite" // and the driver of that name
)

// pragmas hold for every connection. FULL makes every commit durable. The page
// cache is a bound on memory, in KiB: rows are written and read in order, so
// that it need hold little more than the upper levels of the trees, and what a
// transaction of thousands of rows changes.
var pragmas = []string{
	"busy_timeout(300000)",     // a plan of a million operations is sealed in one transaction
	"auto_vacuum(INCREMENTAL)", // holds for a new file only
	"journal_mode(WAL)",
	"synchronous(FULL)",
	"fullfsync(1)", // on macOS an fsync alone does not reach the disk
	"cache_size(-4096)",
	"trusted_schema(0)",
}

// How many queries and, in PostgreSQL, transactions may run at the same time.
const (
	readers = 4
	writers = 8
)

func (s *Store) openSQLite(ctx context.Context, dir string) error {
	if err := create(dir, s.name); err != nil {
		return err
	}
	_, _ = sqlite.Fdatasync(true) // as durable as fsync, for half its cost; where there is none, fsync it is
	var err error
	if s.write, err = openFile(s.name, "&_txlock=immediate"); err != nil {
		return err
	}
	s.write.SetMaxOpenConns(1)
	if err := dial(ctx, s.write); err != nil { // WAL mode is on before anyone reads
		return err
	}
	if err := s.migrateSQLite(ctx); err != nil {
		return err
	}
	if s.read, err = openFile(s.name, "&_query_only=1"); err != nil {
		return err
	}
	s.read.SetMaxOpenConns(readers)
	s.held = s.read
	s.file, err = os.Stat(s.name)
	return err
}

// create makes the directory and an empty file of the right modes. A file that
// is there is never opened here: closing it would drop the locks that another
// store in this process holds on it.
func create(dir, path string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, fs.ErrExist) { // another process was faster
			return nil
		}
		if err != nil {
			return err
		}
		return f.Close()
	}
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		err = os.Chmod(path, 0o600)
	}
	return err
}

// dial opens the connection that writes. SQLite does not wait by itself for
// another process that is just turning the same new file to WAL mode.
func dial(ctx context.Context, db *sql.DB) (err error) {
	for range 500 {
		if err = db.PingContext(ctx); kindOf(err) != ErrBusy {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	return err
}

func openFile(path, options string) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("finding the state directory: %w", err)
	}
	query := url.Values{"_pragma": pragmas}.Encode() + options
	name := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(abs), RawQuery: query}
	return sql.Open("sqlite", name.String())
}

// openPostgres connects as libpq would: with its variables and password file.
func (s *Store) openPostgres(ctx context.Context, state string) error {
	config, err := pgx.ParseConfig(state)
	if err != nil {
		return err // which hides the password
	}
	config.RuntimeParams["application_name"] = "accountsync"
	if config.ConnectTimeout == 0 { // a server that is cut off would be waited for as long as the system likes
		config.ConnectTimeout = 10 * time.Second
	}
	config.DialFunc = s.ending.dialer(config.DialFunc)
	open := func(most, idle int) *sql.DB {
		db := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(func(ctx context.Context, c *pgx.Conn) error {
			// Whatever the server is set to: an intent is durable. A process that is
			// stopped in the middle of a transaction keeps its locks, and nobody could
			// take its run over: such a session ends. A pooler would refuse both as
			// startup parameters.
			_, err := c.Exec(ctx, "SET synchronous_commit = on; SET idle_in_transaction_session_timeout = '10s'")
			return err
		}))
		db.SetMaxOpenConns(most)
		db.SetMaxIdleConns(idle) // a session costs the server a process, and some milliseconds
		db.SetConnMaxIdleTime(time.Minute)
		return db
	}
	// A hundred runs of a worker share these. A transaction may wait for a query,
	// never the other way round; what is held while others are waited for has no bound.
	s.write, s.read, s.held = open(writers, writers), open(readers, readers), open(0, readers)
	if err := s.write.PingContext(ctx); err != nil {
		return err
	}
	if err := s.refusePooler(ctx); err != nil {
		return err
	}
	return s.migratePostgres(ctx)
}

// withoutPassword is a URL as people may see it.
func withoutPassword(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "postgres:"
	}
	q := u.Query()
	if q.Has("password") {
		q.Set("password", "xxxxx")
		u.RawQuery = q.Encode()
	}
	return u.Redacted()
}
