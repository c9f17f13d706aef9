package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"accountsync/diff"
	"accountsync/sync"

	"golang.org/x/sync/errgroup"
)

// What people's accounts hold is for the owner only.
func TestModes(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a?b", "state #1 100%")
	j := openJournal(t, dir)
	r, h, s := begin(t, j, 1, 3)
	end(t, r, h, s, sync.Interrupted)
	modes := map[string]fs.FileMode{}
	for _, name := range []string{"", FileName, FileName + "-wal", FileName + "-shm"} {
		info, err := os.Stat(filepath.Join(dir, name))
		ok(t, err)
		modes[name] = info.Mode().Perm()
	}
	equal(t, modes, map[string]fs.FileMode{"": 0o700, FileName: 0o600, FileName + "-wal": 0o600, FileName + "-shm": 0o600})

	old := t.TempDir()
	ok(t, os.WriteFile(filepath.Join(old, FileName), nil, 0o644))
	openJournal(t, old)
	info, err := os.Stat(filepath.Join(old, FileName))
	ok(t, err)
	equal(t, info.Mode().Perm(), fs.FileMode(0o600))
}

func TestPragmas(t *testing.T) {
	t.Parallel()
	j := openDurable(t, t.TempDir())
	for pragma, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "30000", "auto_vacuum": "2", "user_version": fmt.Sprint(len(steps())),
	} {
		var got string
		ok(t, j.write.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got))
		if got != want {
			t.Errorf("%s is %s, want %s", pragma, got, want)
		}
	}
	if _, err := j.reads.Exec("DELETE FROM runs"); err == nil {
		t.Error("a connection to read can write")
	}
}

// versionOne is a journal of schema version 1 that holds a run: what the later
// versions added is taken away again.
func versionOne(t *testing.T, dir string) *sync.Result {
	j := openDurable(t, dir)
	r, h, s := begin(t, j, 1, 5)
	for _, op := range s.Operations {
		send(t, r, op)
	}
	h = end(t, r, h, s, sync.Partial)
	_, err := j.write.ExecContext(t.Context(), "ALTER TABLE runs DROP COLUMN head; DROP TABLE missing; DROP TABLE known; ALTER TABLE operations DROP COLUMN warnings; ALTER TABLE operations DROP COLUMN modified; ALTER TABLE operations DROP COLUMN force; PRAGMA user_version = 1")
	ok(t, err)
	h.Settings, h.Redacted, h.Latency, h.Timeline = nil, nil, nil, nil
	ok(t, j.Close())
	return h
}

func TestMigrationFromVersionOne(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := versionOne(t, dir)
	j := openJournal(t, dir)
	equal(t, load(t, j, Last).Result, h)
	r, h, s := begin(t, j, 2, 2)
	handOver(t, r, sync.Handover{Missing: misses(3), Left: 3})
	h = end(t, r, h, s, sync.Partial)
	equal(t, load(t, j, Last).Result, h)
}

// Of a disable from before it was kept apart from what was seen, it is known
// that it was sent.
func TestMigrationOfMissingAccounts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	versionOne(t, dir)
	j := newJournal(dir)
	ok(t, j.connect())
	ok(t, j.migrate(t.Context(), steps()[:3]))
	_, err := j.write.ExecContext(t.Context(), "INSERT INTO missing (tenant, source_id, account, native, since, disabled) VALUES (?1, ?2, '1', 'ada', ?3, 1), (?1, ?2, '2', 'bob', ?3, 0)",
		tenant, sourceID, nanos(at(5)))
	ok(t, err)
	ok(t, j.disconnect())
	j = openJournal(t, dir)
	equal(t, known(t, j).Missing, byAccount([]diff.Miss{
		{AccountID: "1", NativeIdentity: "ada", Since: at(5), DisableSent: at(5)}, {AccountID: "2", NativeIdentity: "bob", Since: at(5)}}))
}

func TestMigrationIsAllOrNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := versionOne(t, dir)
	j := openJournal(t, dir)
	broken := append(steps(), "CREATE TABLE one (a); CREATE TABLE runs (b)")
	if err := j.migrate(t.Context(), broken); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("schema version %d", len(broken))) {
		t.Fatal(err)
	}
	var version, tables int
	ok(t, j.reads.QueryRow("PRAGMA user_version").Scan(&version))
	ok(t, j.reads.QueryRow("SELECT count(*) FROM sqlite_schema WHERE name = 'one'").Scan(&tables))
	equal(t, []int{version, tables}, []int{len(steps()), 0})
	equal(t, load(t, j, Last).Result, h)
}

// Whoever opens a new journal at the same time finds it whole.
func TestOpenTogether(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var g errgroup.Group
	for i := range 8 {
		g.Go(func() error {
			j, err := Open(dir)
			if err != nil {
				return err
			}
			_, err = j.Begin(context.Background(), head(i), newSource(1), accountSchema, nil)
			return errors.Join(err, j.Close())
		})
	}
	ok(t, g.Wait())
	runs, err := openJournal(t, dir).Runs(t.Context(), Filter{})
	ok(t, err)
	equal(t, len(runs), 8)
}

// refused checks that a journal cannot be opened, and says why and what to do.
func refused(t *testing.T, dir string, kind error, hint string) {
	t.Helper()
	j, err := Open(dir)
	if err == nil {
		ok(t, j.Close())
		t.Fatal("the journal was opened")
	}
	var e *Error
	if !errors.Is(err, kind) || !errors.As(err, &e) || !strings.Contains(err.Error(), filepath.Join(dir, FileName)) ||
		!strings.Contains(e.Hint(), "nothing is sent") || !strings.Contains(e.Hint(), hint) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v", err)
	}
}

func TestDamagedFiles(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"text":        strings.Repeat("this is no database\n", 500),
		"short":       "SQLite format 3\x00",
		"cut header":  "SQLite format 3\x00\x10\x00\x02\x02\x00\x40\x20\x20",
		"wrong pages": "SQLite format 3\x00\x10\x00\x02\x02\x00\x40\x20\x20" + strings.Repeat("\xff", 8000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			ok(t, os.WriteFile(filepath.Join(dir, FileName), []byte(content), 0o600))
			refused(t, dir, ErrDamaged, "move")
			kept, err := os.ReadFile(filepath.Join(dir, FileName))
			ok(t, err)
			equal(t, string(kept), content)
		})
	}
}

func TestDatabaseOfAnotherProgram(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, err := open(filepath.Join(dir, FileName), "")
	ok(t, err)
	_, err = db.Exec("CREATE TABLE theirs (a)")
	ok(t, err)
	ok(t, db.Close())
	refused(t, dir, ErrDamaged, "move")
}

func TestNewerJournal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, err := Open(dir)
	ok(t, err)
	_, err = j.write.ExecContext(t.Context(), "PRAGMA user_version = 99")
	ok(t, err)
	ok(t, j.Close())
	refused(t, dir, ErrNewer, "newer accountsync")
}

func TestDirectoryThatCannotBe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ok(t, os.Mkdir(filepath.Join(dir, FileName), 0o700))
	refused(t, dir, ErrReadOnly, "--state")

	file := filepath.Join(t.TempDir(), "file")
	ok(t, os.WriteFile(file, nil, 0o600))
	_, err := Open(file)
	var e *Error
	if !errors.As(err, &e) {
		t.Errorf("%v", err)
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	j := &Journal{path: "/state/journal.db"}
	for _, tt := range []struct {
		err  error
		kind error
	}{
		{&fs.PathError{Op: "mkdir", Path: "/state", Err: os.ErrPermission}, ErrReadOnly},
		{&fs.PathError{Op: "open", Path: "/state", Err: syscall.EROFS}, ErrReadOnly},
		{&fs.PathError{Op: "open", Path: "/state", Err: syscall.ENOSPC}, ErrFull},
		{&fs.PathError{Op: "open", Path: "/state", Err: syscall.EDQUOT}, ErrFull},
		{errors.New("something else"), nil},
	} {
		err := j.explain(tt.err)
		var e *Error
		if !errors.As(err, &e) || e.Kind != tt.kind || !errors.Is(err, tt.err) || (e.Hint() == "") != (tt.kind == nil) {
			t.Errorf("%v: %v", tt.err, err)
		}
	}
	for _, err := range []error{nil, context.Canceled, &RunError{Name: "x"}, errClosed} {
		if got := j.explain(err); got != err {
			t.Errorf("%v became %v", err, got)
		}
	}
}
