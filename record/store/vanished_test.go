package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

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
			s, err := Open(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			write := func() error { return s.update(t.Context(), func(tx) error { return nil }) }
			if err := errors.Join(write(), vanish(dir)); err != nil {
				t.Fatal(err)
			}
			var e *Error
			if err := write(); !errors.Is(err, ErrVanished) || !errors.As(err, &e) || e.Hint() == "" {
				t.Errorf("%v", err)
			}
		})
	}
}
