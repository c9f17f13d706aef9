package journal

import (
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"accountsync/account"
	"accountsync/csvfile"
	"accountsync/diff"
	"accountsync/sync"
)

// firstJournal writes a journal of the first edition to a directory.
func firstJournal(t *testing.T) (dir string) {
	t.Helper()
	return oldJournal(t, "testdata/first.sql")
}

// oldJournal writes a journal that was saved as statements to a directory.
func oldJournal(t *testing.T, path string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	text, err := os.ReadFile(path)
	ok(t, err)
	db, err := sql.Open("sqlite", filepath.Join(dir, FileName))
	ok(t, err)
	_, err = db.Exec(string(text))
	ok(t, errors.Join(err, db.Close()))
	return dir
}

// The journal of the first edition is taken over: its history, what it knew of
// missing accounts, and its open run, which can be gone on with.
func TestFirstEdition(t *testing.T) {
	t.Parallel()
	dir := firstJournal(t)
	s := open(t, dir)
	runs, err := s.Runs(t.Context(), RunFilter{})
	ok(t, err)
	equal(t, len(runs), 2)
	equal(t, []any{runs[0].Run, runs[0].Outcome, runs[0].Resumable, runs[0].Ended}, []any{runID(1), sync.Interrupted, true, false})
	equal(t, []any{runs[1].Run, runs[1].Outcome, runs[1].Resumable, runs[1].Finished}, []any{runID(0), sync.Changed, false, at(60)})
	equal(t, *runs[1].Latency, sync.Latency{Count: 12, P50MS: 40, P90MS: 90, P99MS: 120, MaxMS: 130})
	medians, nights, err := s.Median(t.Context(), tenant, sourceID, 30)
	ok(t, err)
	equal(t, []any{medians[diff.Put], nights}, []any{2.0, 1})

	r, err := s.TakeUp(t.Context(), runID(1))
	ok(t, err)
	terms := r.Head().Terms
	equal(t, []any{terms.Removal, terms.Grace, terms.Canary, terms.Workers, terms.SkipRemovals, terms.MaxErrors.String(), terms.Options, terms.Action, terms.VerifyTimeout},
		[]any{diff.RemovalDisableThenDelete, 14 * 24 * time.Hour, 3, 8, true, "10%", csvfile.Options{Key: "id", MergeRows: true}, account.Unlock{ForceProvisioning: true}, 20 * time.Second})
	got := listsOf(t, r)
	equal(t, got.Rejected, []account.Rejected{{Line: 7, Key: "user.x", Reason: "the row has 3 cells", Offset: 99}})
	bySeq := map[int]*sync.Operation{}
	for _, op := range got.Operations {
		bySeq[op.Seq] = op
	}
	equal(t, len(bySeq), 9)
	equal(t, []any{bySeq[0].State, bySeq[0].Created, bySeq[0].TaskStatus, bySeq[0].Sent, bySeq[0].Account}, []any{sync.Verified, "2c91new", "SUCCESS", true, ""})
	equal(t, []any{bySeq[1].State, bySeq[1].Task, bySeq[1].Ambiguous}, []any{sync.Accepted, "task-1", false})
	equal(t, []any{bySeq[3].State, bySeq[3].HTTP, bySeq[3].Error, bySeq[3].Ambiguous}, []any{sync.Failed, 400, "bad value", false})
	equal(t, []any{bySeq[4].State, bySeq[4].Reason.Code, bySeq[4].Sent, bySeq[4].Ambiguous}, []any{sync.Failed, sync.CodeNoAnswer, true, true})
	equal(t, bySeq[8].Reason, sync.Reason{Code: sync.CodeNotPossible, Details: sync.Details{Text: "the source is direct"}})
	equal(t, bySeq[3].Changes, []diff.Field{{Attribute: "city", Before: `"Austin"`, After: `"Paris"`}})
	equal(t, bySeq[3].Before.Attribute("number"), "12345678901234567890")
	ok(t, r.Intend(t.Context(), bySeq[7]))
	ok(t, r.End(t.Context(), r.Head(), true))

	absences := maps.Collect(s.Absences(t.Context(), tenant, sourceID))
	equal(t, slices.Collect(maps.Values(absences)), []error{nil, nil})
	for m := range absences {
		if m.AccountID == "a1" {
			equal(t, m, diff.Absence{AccountID: "a1", NativeIdentity: "n1", Since: at(5), DisableSent: at(5)})
		}
	}
	again := open(t, dir) // which finds nothing to migrate
	next, err := again.Begin(t.Context(), head(3))
	ok(t, err)
	equal(t, next.Status().ID, 3)
}

// A journal of a first edition that cannot be taken over stays as it is.
func TestFirstEditionDamaged(t *testing.T) {
	t.Parallel()
	dir := firstJournal(t)
	db, err := sql.Open("sqlite", filepath.Join(dir, FileName))
	ok(t, err)
	_, err = db.Exec("UPDATE records SET outcomes = '[{' WHERE part = 2")
	ok(t, err)
	_, err = Open(t.Context(), dir)
	if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), runID(1)) {
		t.Errorf("got %v", err)
	}
	var n, version int
	ok(t, db.QueryRow("SELECT count(*) FROM parts").Scan(&n))
	ok(t, db.QueryRow("PRAGMA user_version").Scan(&version))
	equal(t, []int{n, version}, []int{2, 3})
	ok(t, db.Close())
}

// A newer schema is refused by name, and not touched.
func TestNewerSchema(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(t.Context(), dir)
	ok(t, err)
	_, err = s.write.Exec("PRAGMA user_version = 99")
	ok(t, errors.Join(err, s.Close()))
	before := schemaText(t, dir)
	var known *Error
	if _, err = Open(t.Context(), dir); !errors.Is(err, ErrNewer) || !errors.As(err, &known) || known.Hint() == "" {
		t.Errorf("got %v", err)
	}
	equal(t, schemaText(t, dir), before)
}

// schemaText is what a file says of its tables and its version.
func schemaText(t *testing.T, dir string) (text string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, FileName))
	ok(t, err)
	ok(t, db.QueryRow("SELECT group_concat(sql) || (SELECT user_version FROM pragma_user_version) FROM sqlite_schema").Scan(&text))
	ok(t, db.Close())
	return text
}

// The file of another program, or none of SQLite, is refused and stays as it is.
func TestForeignFiles(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func(path string) error{
		"another program": func(path string) error {
			db, err := sql.Open("sqlite", path)
			if err == nil {
				_, err = db.Exec("CREATE TABLE songs (title TEXT)")
				err = errors.Join(err, db.Close())
			}
			return err
		},
		"no database": func(path string) error {
			return os.WriteFile(path, []byte(strings.Repeat("not a database ", 500)), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			ok(t, make(filepath.Join(dir, FileName)))
			if _, err := Open(t.Context(), dir); !errors.Is(err, ErrDamaged) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A bit that flips in any column is found before the operation is handed out,
// and the error names run and operation.
func TestFlippedBits(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	r := begin(t, s, 1, 3)
	ok(t, r.Intend(t.Context(), operations(t, r, sync.Filter{Limit: 1})...))
	flips := map[string][]string{
		"blocks":   {"id = id + 1", "operations = operations + 1", "block = CAST(substr(block, 1, 40) || X'00' || substr(block, 42) AS BLOB)", "checksum = checksum + 1"},
		"outcomes": {"id = id + 1", "op = 'delete'", "planned_state = 'failed'", "planned_code = 'held'", "version = version + 1", "state = 'verified'", "code = 'held'", "created = CAST('x' AS BLOB)", "result = CAST(replace(CAST(result AS TEXT), '0', '1') AS BLOB)", "evidence = CAST('[]' AS BLOB)", "checksum = checksum + 1"},
		"runs":     {"head = CAST(replace(CAST(head AS TEXT), 'delete', 'report') AS BLOB)", "operations = operations + 1", "base = base + 1", "tally = CAST(replace(CAST(tally AS TEXT), '1', '2') AS BLOB)", "tally_checksum = tally_checksum + 1"},
	}
	for table, columns := range flips {
		for _, set := range columns {
			_, err := s.write.Exec("SAVEPOINT flip; UPDATE " + table + " SET " + set + " WHERE id = (SELECT id FROM " + table + " ORDER BY id LIMIT 1 OFFSET 0)")
			ok(t, err)
			reader := &Run{changes: newQueue(), s: &Store{name: s.name, dialect: s.dialect, write: s.write, read: s.write, held: s.write, batch: s.batch}}
			err = reader.load(t.Context(), s.viewOfWriter(), runID(1))
			for _, opErr := range reader.Operations(t.Context(), sync.Filter{}) {
				err = errors.Join(err, opErr)
			}
			if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), runID(1)) {
				t.Errorf("%s set %s: %v", table, set, err)
			}
			_, err = s.write.Exec("ROLLBACK TO flip; RELEASE flip")
			ok(t, err)
		}
	}
}

func (s *Store) viewOfWriter() tx { return tx{s.dialect, s.write} }

// An operation that was lost is missed.
func TestLostRows(t *testing.T) {
	t.Parallel()
	for _, table := range []string{"blocks", "outcomes"} {
		s := open(t, t.TempDir())
		r := begin(t, s, 1, 3)
		ok(t, r.Intend(t.Context(), operations(t, r, sync.Filter{Limit: 2})...))
		_, err := s.write.Exec("DELETE FROM " + table + " WHERE id = (SELECT max(id) FROM " + table + ")")
		ok(t, err)
		reader, err := s.Read(t.Context(), runID(1))
		ok(t, err)
		_, err = reader.Counts(t.Context())
		for _, opErr := range reader.Operations(t.Context(), sync.Filter{}) {
			err = errors.Join(err, opErr)
		}
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", table, err)
		}
	}
}

// A disk that is full refuses an intent, and loses nothing.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	r := begin(t, s, 1, 2_000)
	ops := operations(t, r, sync.Filter{})
	var pages int
	ok(t, s.write.QueryRow("PRAGMA page_count").Scan(&pages))
	_, err := s.write.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages))
	ok(t, err)
	for _, op := range ops {
		op.Error = strings.Repeat("x", 2_000)
	}
	var known *Error
	if err := r.Intend(t.Context(), ops...); !errors.Is(err, ErrFull) || !errors.As(err, &known) || known.Hint() == "" {
		t.Fatalf("got %v", err)
	}
	equal(t, ops[0].Sent, false)
	_, err = s.write.Exec("PRAGMA max_page_count = 1000000")
	ok(t, err)
	ok(t, r.Intend(t.Context(), ops...))
	ok(t, s.Close())
}
