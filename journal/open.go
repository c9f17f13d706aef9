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

	"modernc.org/sqlite" // and the driver of that name
)

// pragmas hold for every connection. FULL makes every commit durable. The page
// cache is a bound on memory, in KiB.
var pragmas = []string{
	"busy_timeout(30000)",
	"auto_vacuum(INCREMENTAL)", // holds for a new file only
	"journal_mode(WAL)",
	"synchronous(FULL)",
	"fullfsync(1)", // on macOS an fsync alone does not reach the disk
	"foreign_keys(1)",
	"cache_size(-8192)",
	"trusted_schema(0)",
}

// readers is how many queries may run at the same time.
const readers = 4

// create makes the directory and an empty file of the right modes. A file that
// is there is never opened here: closing it would drop the locks that another
// journal in this process holds on it.
func (j *Journal) create(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(j.path)
	if errors.Is(err, fs.ErrNotExist) {
		return createFile(j.path)
	}
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		err = os.Chmod(j.path, 0o600)
	}
	return err
}

func createFile(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) { // another process was faster
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// connect opens the connection that writes and a few to read.
func (j *Journal) connect() (err error) {
	_, _ = sqlite.Fdatasync(true) // as durable as fsync, for half its cost; where there is none, fsync it is
	if j.pool, err = open(j.path, ""); err != nil {
		return err
	}
	if err = j.dial(); err != nil { // WAL mode is on before anyone reads
		return err
	}
	if j.reads, err = open(j.path, "&_query_only=1"); err != nil {
		return err
	}
	j.reads.SetMaxOpenConns(readers)
	return nil
}

// dial opens the connection that writes. SQLite does not wait by itself for
// another process that is just turning the same new file to WAL mode.
func (j *Journal) dial() (err error) {
	for range 500 {
		if j.write, err = j.pool.Conn(context.Background()); kindOf(err) != ErrBusy {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	return err
}

func (j *Journal) disconnect() error {
	var errs []error
	for _, stmt := range j.stmt {
		errs = append(errs, stmt.Close())
	}
	if j.write != nil {
		errs = append(errs, j.write.Close())
	}
	for _, db := range []*sql.DB{j.reads, j.pool} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

func open(path, options string) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("finding the state directory: %w", err)
	}
	query := url.Values{"_pragma": pragmas}.Encode() + options
	name := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(abs), RawQuery: query}
	return sql.Open("sqlite", name.String())
}
