// Package reports renders what a run did: files for machines and for the next
// run, a page for people, text for the terminal. It computes nothing a Result
// does not say, and shows every value so that it cannot act: no formula, no
// mark-up, no terminal escape.
package reports

import (
	"errors"
	"fmt"
	"os"
)

// The files of a run, in its directory.
const (
	ResultJSON = "result.json"
	ResultCSV  = "result.csv"
	FailedCSV  = "failed.csv"
)

// ErrBooks is wrapped by the error of Files.WriteAll when a report does not hold
// exactly one line for every operation, row and account: a bug, not bad luck.
var ErrBooks = errors.New("internal consistency check failed (bug)")

// ErrWrite is wrapped by the errors of files that could not be written.
var ErrWrite = errors.New("cannot write")

// CheckDir tells whether reports can be written into dir, and makes it (0700)
// when it is missing, so that a run finds out before it changes anything.
func CheckDir(dir string) error {
	if err := checkDir(dir); err != nil {
		return fmt.Errorf("%w reports into %q: %w", ErrWrite, dir, err)
	}
	return nil
}

func checkDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".accountsync-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
