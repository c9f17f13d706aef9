package journal

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"accountsync/sync"

	"golang.org/x/sync/errgroup"
)

// limit lets the file of a journal grow by that many pages only, as a full disk does.
func limit(t *testing.T, j *Journal, more int) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	var pages int
	ok(t, j.write.QueryRowContext(t.Context(), "PRAGMA page_count").Scan(&pages))
	_, err := j.write.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages+more))
	ok(t, err)
}

const unlimited = 1 << 20

// told checks that an error says what is wrong with the journal.
func told(t *testing.T, err, kind error) {
	t.Helper()
	var e *Error
	if !errors.Is(err, kind) || !errors.As(err, &e) || e.Hint() == "" {
		t.Errorf("%v is not %v", err, kind)
	}
}

// sendUntil sends operations until the journal refuses one, and says which.
func sendUntil(t *testing.T, r *Run, ops []*sync.Operation) (int, error) {
	t.Helper()
	for i, op := range ops {
		if err := r.Intend(t.Context(), op); err != nil {
			return i, err
		}
		op.Sent, op.State, op.Error = true, sync.Failed, strings.Repeat("x", 3000)
		if err := r.Record(op); err != nil {
			return i + 1, err
		}
	}
	return len(ops), nil
}

// A full disk stops a run before its next call. Once there is room again,
// nothing of what was done is lost.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir())
	j.Ahead = 1
	r, h, s := begin(t, j, 1, 300)
	limit(t, j, 20)
	n, err := sendUntil(t, r, s.Operations)
	told(t, err, ErrFull)
	if n < 5 || n > 40 {
		t.Errorf("%d operations went into 20 pages", n)
	}
	if err := r.End(ended(h, sync.RunFailed), s); err == nil {
		t.Error("a run ended that is not on record")
	}
	stored := load(t, j, h.Run)
	equal(t, stored.Ended(), false)
	for _, op := range stored.Result.Sources[0].Operations[n:] {
		equal(t, op.State, sync.Withheld)
	}
	if _, err := j.Begin(t.Context(), head(2), newSource(300), accountSchema, nil); err == nil {
		t.Error("another run began")
	} else {
		told(t, err, ErrFull)
	}

	limit(t, j, unlimited)
	recount(s)
	want := ended(h, sync.RunFailed)
	want.Sources = []*sync.Source{s}
	ok(t, r.End(want, s))
	equal(t, load(t, j, h.Run).Result, want)
}

func TestReadOnlyFile(t *testing.T) {
	t.Parallel()
	j, err := Open(t.TempDir())
	ok(t, err)
	r, h, s := begin(t, j, 1, 3)
	j.mu.Lock()
	_, err = j.write.ExecContext(t.Context(), "PRAGMA query_only = 1")
	j.mu.Unlock()
	ok(t, err)
	told(t, r.Intend(t.Context(), s.Operations[0]), ErrReadOnly)
	_, err = j.Begin(t.Context(), head(2), newSource(1), accountSchema, nil)
	told(t, err, ErrReadOnly)
	told(t, r.End(h, s), ErrReadOnly)
	_, err = j.Resume(t.Context(), h.Run, sourceID)
	told(t, err, ErrReadOnly)
	told(t, r.HandOver(t.Context(), sync.Handover{Missing: misses(1)}), ErrReadOnly)
	equal(t, len(load(t, j, h.Run).Result.Sources[0].Operations), 3)
	told(t, j.Close(), ErrReadOnly) // what End could not write
}

// copied is a copy of a journal that is open, as a dead machine leaves it. A
// process of its own makes it: closing the file here would drop SQLite's locks.
func copied(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	for _, name := range []string{FileName, FileName + "-wal"} {
		out, err := exec.Command("cp", filepath.Join(dir, name), to).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	return to
}

// Whatever moment the machine dies at, every intent that was given is there.
func TestDeadMachine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := openJournal(t, dir)
	r, h, s := begin(t, j, 1, 60)
	for i, op := range s.Operations {
		ok(t, r.Intend(t.Context(), op))
		if i%9 == 0 {
			inCopy(t, copied(t, dir), h.Run, i)
		}
		op.Sent, op.State, op.Task, op.Reason = true, sync.Accepted, "task", ""
		ok(t, r.Record(op))
	}
	ok(t, r.Close())
	ops := load(t, openJournal(t, copied(t, dir)), h.Run).Result.Sources[0].Operations
	equal(t, ops, s.Operations)
}

// inCopy checks a run of which operation n was about to be sent.
func inCopy(t *testing.T, dir, run string, n int) {
	t.Helper()
	ops := load(t, openJournal(t, dir), run).Result.Sources[0].Operations
	for _, op := range ops[:n+1] {
		if !op.Sent {
			t.Fatalf("operation %d of %d may have been sent, and its record says %s", op.Seq, n, op.State)
		}
	}
	for _, op := range ops[min(n+DefaultAhead, len(ops)):] {
		equal(t, op.State, sync.Withheld)
	}
}

// Damage within the file is told, or does not matter; it is never a panic, and
// never another run than there was.
func TestDamageWithin(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, err := Open(dir)
	ok(t, err)
	h := past(t, j, 1, 100, sync.Partial)
	whole := load(t, j, h.Run)
	ok(t, j.Close())
	content, err := os.ReadFile(filepath.Join(dir, FileName))
	ok(t, err)
	damaged := 0
	for at := 100; at < len(content); at += len(content)/25 + 1 {
		bad := append([]byte(nil), content...)
		for i := range 64 {
			bad[min(at+i, len(bad)-1)] ^= 0xa5
		}
		if stored, err := loadFrom(t, bad, h.Run); err != nil {
			damaged++
			told(t, err, ErrDamaged)
		} else if len(stored.Result.Sources[0].Operations) > len(whole.Result.Sources[0].Operations) {
			t.Errorf("damage at %d added operations", at)
		}
	}
	for _, n := range []int{len(content) / 3, len(content) / 2, len(content) - 4096} {
		_, err := loadFrom(t, content[:n], h.Run)
		told(t, err, ErrDamaged)
	}
	t.Logf("%d of 25 damages were told", damaged)
	if damaged == 0 {
		t.Error("no damage was told")
	}
}

func loadFrom(t *testing.T, content []byte, run string) (*Stored, error) {
	dir := t.TempDir()
	ok(t, os.WriteFile(filepath.Join(dir, FileName), content, 0o600))
	j, err := Open(dir)
	if err != nil {
		return nil, err
	}
	defer j.Close()
	return j.Load(t.Context(), run)
}

// Two runs in two journals of one file do not get into each other's way.
func TestTwoJournals(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var g errgroup.Group
	for i := range 2 {
		j := openJournal(t, dir)
		j.Ahead = 1
		g.Go(func() error {
			r, h, s := begin(t, j, i, 60)
			var workers errgroup.Group
			workers.SetLimit(4)
			for _, op := range s.Operations {
				workers.Go(func() error {
					send(t, r, op)
					verify(t, r, op)
					return nil
				})
			}
			ok(t, workers.Wait())
			want := end(t, r, h, s, sync.Changed)
			equal(t, load(t, j, h.Run).Result, want)
			return nil
		})
	}
	ok(t, g.Wait())
}

// A file that is removed under SQLite's hands takes every write without a word.
func TestVanished(t *testing.T) {
	t.Parallel()
	for name, vanish := range map[string]func(dir string) error{
		"the directory": os.RemoveAll,
		"the file":      func(dir string) error { return os.Remove(filepath.Join(dir, FileName)) },
		"another one": func(dir string) error {
			other := filepath.Join(dir, "other")
			if err := os.WriteFile(other, nil, 0o600); err != nil {
				return err
			}
			return os.Rename(other, filepath.Join(dir, FileName))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "state")
			j, err := Open(dir)
			ok(t, err)
			defer j.Close()
			write := func() error { return j.update(t.Context(), func(querier) error { return nil }) }
			ok(t, write())
			ok(t, vanish(dir))
			var e *Error
			if err := write(); !errors.Is(err, ErrVanished) || !errors.As(err, &e) || e.Hint() == "" {
				t.Errorf("%v", err)
			}
		})
	}
}
