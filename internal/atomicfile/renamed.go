package atomicfile

import (
	"errors"
	"os"
	"path/filepath"
)

// renamed is a temporary file with os.Rename at its end.
type renamed struct {
	*os.File
	path string
	done bool
}

func newRenamed(path string) (*renamed, error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"*") // with permissions 0600
	if err != nil {
		return nil, err
	}
	return &renamed{File: file, path: path}, nil
}

// CloseAtomicallyReplace syncs and closes the file and gives it its name.
func (f *renamed) CloseAtomicallyReplace() error {
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil { // Windows renames no open file
		return err
	}
	if err := os.Rename(f.Name(), f.path); err != nil {
		return err
	}
	f.done = true
	return nil
}

// Cleanup removes the file if it did not get its name.
func (f *renamed) Cleanup() error {
	if f.done {
		return nil
	}
	if err := f.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return err
	}
	return os.Remove(f.Name())
}
