package reports

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accountsync/record"
)

func TestWriteAll(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "b")
	if err := writeAll(dir, everyState(t)); err != nil {
		t.Fatal(err)
	}
	validFile(t, "result", filepath.Join(dir, ResultJSON))
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory has mode %v, %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v", e.Name(), info.Mode(), err)
		}
	}
	if got := strings.Join(names, " "); got != ".accountsync-written failed.csv metrics.prom report.html result.csv result.json summary.md" {
		t.Errorf("the directory holds %s", got)
	}
}

// Reports are the same every time, and a run without failures takes the
// failed.csv of an earlier one away.
func TestWriteAllAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var first []byte
	for i := range 2 {
		if err := writeAll(dir, everyState(t)); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, ResultJSON))
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = text
		} else if string(text) != string(first) {
			t.Error("the second result.json differs from the first")
		}
	}
	if err := writeAll(dir, manyCreates(3, record.Verified)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, FailedCSV)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("failed.csv is still there: %v", err)
	}
}

// One file that cannot be written keeps no other from being written.
func TestWriteAllNamesWhatFailed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, ResultJSON), 0o700); err != nil {
		t.Fatal(err)
	}
	r := everyState(t)
	r.Totals.Kept++
	err := writeAll(dir, r)
	if err == nil || !errors.Is(err, ErrBooks) {
		t.Fatalf("got %v", err)
	}
	for _, name := range []string{ResultJSON, ResultCSV} {
		if want := "cannot write " + filepath.Join(dir, name); !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q: %v", want, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, FailedCSV)); err != nil {
		t.Errorf("failed.csv was not written: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, ResultCSV)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("half a result.csv is there: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*.json*")); len(left) > 0 {
		t.Errorf("temporary files are left: %v", left)
	}
}

// A run that ended before it read anything has reports all the same.
func TestWriteAllEmpty(t *testing.T) {
	t.Parallel()
	r := head()
	r.Outcome, r.ExitCode, r.Error = record.RunFailed, 77, "401 invalid_client"
	dir := t.TempDir()
	if err := writeAll(dir, r); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, ResultCSV))
	if err != nil || strings.Count(string(text), "\n") != 1 {
		t.Errorf("result.csv is no header alone: %q, %v", text, err)
	}
}

func TestCheckDir(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, good := range []string{dir, filepath.Join(dir, "new", "one")} {
		if err := CheckDir(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
		if left, _ := os.ReadDir(good); good != dir && len(left) > 0 {
			t.Errorf("%s: something is left there: %v", good, left)
		}
	}
	for _, bad := range []string{file, filepath.Join(file, "below"), "/proc/accountsync", ""} {
		err := CheckDir(bad)
		if !errors.Is(err, ErrWrite) {
			t.Errorf("%s: got %v", bad, err)
		}
	}
}

// full is a disk without room.
type full struct{ room int }

var errFull = errors.New("no space left on device")

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, errFull
	}
	return len(p), nil
}

// Every renderer reports an error that only its last flush meets.
func TestWriteErrors(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	renders := map[string]func(io.Writer) error{
		"diff": func(w io.Writer) error { return Diff(ctx, w, everyState(t).run(), nextNight(t).run(), Options{}) },
		"plan": func(w io.Writer) error { return Plan(ctx, w, everyState(t).run(), Options{}) },
		"head": func(w io.Writer) error { return WriteHead(ctx, w, everyState(t).run(), "") },
	}
	for _, f := range formats {
		renders[f.name] = func(w io.Writer) error { return f.render(ctx, w, everyState(t).run(), Options{}) }
	}
	for name, render := range renders {
		for _, room := range []int{0, 100} {
			if err := render(&full{room}); !errors.Is(err, errFull) {
				t.Errorf("%s with room for %d bytes: got %v", name, room, err)
			}
		}
	}
}
