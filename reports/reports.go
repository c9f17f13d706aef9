// Package reports renders what a run did: files for machines and for the next
// run, a page for people, text for the terminal. It computes nothing a Result
// does not say, and shows every value so that it cannot act: no formula, no
// mark-up, no terminal escape.
package reports

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"

	"accountsync/sync"
)

// The files of a run, in its directory.
const (
	ResultJSON = "result.json"
	ResultCSV  = "result.csv"
	FailedCSV  = "failed.csv"
)

// ErrBooks is wrapped by the error of WriteAll when a report does not hold
// exactly one line for every operation, row and account: a bug, not bad luck.
var ErrBooks = errors.New("the books do not balance")

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

// WriteAll writes result.json, result.csv, report.html, summary.md, metrics.prom
// and, when there are rows to repair, failed.csv into dir, each 0600 and whole
// or not at all. A file that cannot be written does not keep the others from
// being written; the error names each.
// It reads input rows again: close their file only afterwards.
func WriteAll(dir string, r *sync.Result) error {
	if err := CheckDir(dir); err != nil {
		return err
	}
	return errors.Join(
		writeFile(dir, ResultJSON, func(w io.Writer) error { return writeJSON(w, r) }),
		writeFile(dir, ResultCSV, func(w io.Writer) error { return writeResultCSV(w, r) }),
		writeOrRemove(dir, FailedCSV, r),
		writeFile(dir, ReportHTML, func(w io.Writer) error { return writeHTML(w, r) }),
		writeFile(dir, SummaryMD, func(w io.Writer) error { return writeMarkdown(w, r) }),
		writeMetrics(dir, r),
	)
}

// writeOrRemove writes failed.csv, or removes the one of an earlier run when
// this run leaves nothing to repair.
func writeOrRemove(dir, name string, r *sync.Result) error {
	repairs, err := toRepair(r)
	if err != nil {
		return fmt.Errorf("%s was not written: read the input again: %w", filepath.Join(dir, name), err)
	}
	if len(repairs) > 0 {
		return writeFile(dir, name, func(w io.Writer) error { return writeFailedCSV(w, repairs) })
	}
	err = os.Remove(filepath.Join(dir, name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: removing the %s of an earlier run: %w", ErrWrite, name, err)
	}
	return nil
}

// writeFile renders into a temporary file beside the target and renames it when
// everything, the flush included, went well.
func writeFile(dir, name string, render func(io.Writer) error) error {
	path := filepath.Join(dir, name)
	if err := replaceFile(path, render); err != nil {
		return fmt.Errorf("%w %s: %w", ErrWrite, path, err)
	}
	return nil
}

func replaceFile(path string, render func(io.Writer) error) error {
	f, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithStaticPermissions(0o600))
	if err != nil {
		return err
	}
	defer f.Cleanup()
	w := bufio.NewWriterSize(f, 64<<10)
	if err := render(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.CloseAtomicallyReplace()
}
