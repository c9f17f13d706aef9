package atomicfile

import (
	"io"
	"os"
	"path/filepath"
	"testing"
)

// pending is what both ways have.
type pending interface {
	io.Writer
	CloseAtomicallyReplace() error
	Cleanup() error
}

// ways are that of this system, and that of Windows, which works everywhere.
var ways = map[string]func(string) (pending, error){
	"here":    func(path string) (pending, error) { return New(path) },
	"renamed": func(path string) (pending, error) { return newRenamed(path) },
}

func TestReplaces(t *testing.T) {
	t.Parallel()
	for name, way := range ways {
		dir := t.TempDir()
		path := filepath.Join(dir, "a.csv")
		for _, text := range []string{"old", "new"} {
			before, _ := os.ReadFile(path)
			f, err := way(path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(f, text); err != nil {
				t.Fatal(err)
			}
			if still, _ := os.ReadFile(path); string(still) != string(before) {
				t.Errorf("%s: %q is there before the file is whole", name, still)
			}
			if err := f.CloseAtomicallyReplace(); err != nil {
				t.Fatal(err)
			}
			if err := f.Cleanup(); err != nil {
				t.Errorf("%s: Cleanup after the end: %v", name, err)
			}
			if now, _ := os.ReadFile(path); string(now) != text {
				t.Errorf("%s: %q", name, now)
			}
		}
		if left, _ := os.ReadDir(dir); len(left) != 1 {
			t.Errorf("%s: %v", name, left)
		}
	}
}

func TestLeavesNothing(t *testing.T) {
	t.Parallel()
	for name, way := range ways {
		dir := t.TempDir()
		f, err := way(filepath.Join(dir, "a.csv"))
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Cleanup(); err != nil {
			t.Error(err)
		}
		if left, _ := os.ReadDir(dir); len(left) != 0 {
			t.Errorf("%s: %v", name, left)
		}
		if _, err := way(filepath.Join(dir, "none", "a.csv")); err == nil {
			t.Errorf("%s: no error without a directory", name)
		}
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.csv")
	if err := Write(path, []byte("text")); err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(path)
	info, err := os.Stat(path)
	if err != nil || string(text) != "text" || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("%q %v %v", text, info, err)
	}
}
