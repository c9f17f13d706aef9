package reports

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"accountsync/internal/atomicfile"
	"accountsync/sync"
)

// Files writes the files of one run into its directory. What is there is
// replaced or removed only when it is byte for byte as a run wrote it, which
// its digest on record tells, and no input of the command at hand: somebody may
// have corrected a failed.csv by hand. Else it is left as it is, and the new
// file gets the run's id in its name.
type Files struct {
	dir    string
	run    string
	inputs []os.FileInfo
	paths  map[string]string // where a file was written, by its usual name
	kept   []string
}

// recordName is the file that holds the digests of what runs wrote into its
// directory, one a line as sha256sum prints them. Lines are only appended, so
// that runs which share a directory do not lose each other's.
const recordName = ".accountsync-written"

// recordLines is how long the record may grow before its older half is dropped.
const recordLines = 2000

// NewFiles are the files of a run in dir. The inputs are left as they are; a
// name that is no file is none.
func NewFiles(dir, run string, inputs ...string) *Files {
	f := &Files{dir: dir, run: run, paths: map[string]string{}}
	f.keep(inputs...)
	return f
}

// keep adds inputs.
func (f *Files) keep(paths ...string) {
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			f.inputs = append(f.inputs, info)
		}
	}
}

// Path is where the file of a usual name was written, "" when it was not.
func (f *Files) Path(name string) string { return f.paths[name] }

// Kept says in sentences which files were left as they are, and where the ones
// of this run are instead.
func (f *Files) Kept() []string { return slices.Compact(slices.Sorted(slices.Values(f.kept))) }

// write renders a file and puts it in its place when everything, the flush
// included, went well.
func (f *Files) write(name string, render func(io.Writer) error) error {
	path, err := f.place(name)
	if err == nil {
		err = f.replace(path, render)
	}
	if err != nil {
		return fmt.Errorf("%w %s: %w", ErrWrite, filepath.Join(f.dir, name), err)
	}
	f.paths[name] = path
	return nil
}

// place is where a file may be written.
func (f *Files) place(name string) (string, error) {
	usual := filepath.Join(f.dir, name)
	foreign, err := f.foreign(usual)
	if foreign == "" || err != nil {
		return usual, err
	}
	const many = 1000
	stem, ext := strings.TrimSuffix(name, filepath.Ext(name)), filepath.Ext(name)
	for n := range many {
		other := fmt.Sprintf("%s-%s%s", stem, f.run, ext)
		if n > 0 {
			other = fmt.Sprintf("%s-%s-%d%s", stem, f.run, n+1, ext)
		}
		path := filepath.Join(f.dir, other)
		if taken, err := f.foreign(path); taken != "" || err != nil {
			continue
		}
		f.kept = append(f.kept, fmt.Sprintf("%s %s and was left as it is; this run's is %s", usual, foreign, path))
		return path, nil
	}
	return "", fmt.Errorf("%s %s, and so are %d others of this run", usual, foreign, many)
}

// foreign says why what is at a path must be left as it is, "" when it may be
// replaced or there is nothing.
func (f *Files) foreign(path string) (why string, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", err
	case info.IsDir():
		return "", errors.New("is a directory")
	case slices.ContainsFunc(f.inputs, func(input os.FileInfo) bool { return os.SameFile(input, info) }):
		return "is an input of this command", nil
	case !info.Mode().IsRegular():
		return "is no regular file", nil
	}
	digest, err := digestOf(path)
	if err != nil {
		return "cannot be read", nil //nolint:nilerr // whatever it is, it is not known to be ours
	}
	record, err := readRecord(filepath.Join(f.dir, recordName))
	if err != nil {
		return "", err
	}
	if !slices.ContainsFunc(record, func(line string) bool { return strings.HasPrefix(line, digest) }) {
		return "is not as a run wrote it", nil
	}
	return "", nil
}

// remove removes a file of an earlier run.
func (f *Files) remove(name string) error {
	path := filepath.Join(f.dir, name)
	foreign, err := f.foreign(path)
	if foreign != "" {
		f.kept = append(f.kept, fmt.Sprintf("%s %s and was left as it is; this run leaves no %s", path, foreign, name))
		return nil
	}
	if err == nil {
		err = os.Remove(path)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: removing the %s of an earlier run: %w", ErrWrite, name, err)
	}
	return nil
}

// replace renders into a temporary file beside the target, notes its digest
// and renames it.
func (f *Files) replace(path string, render func(io.Writer) error) error {
	file, err := atomicfile.New(path)
	if err != nil {
		return err
	}
	defer file.Cleanup()
	digest := sha256.New()
	w := bufio.NewWriterSize(io.MultiWriter(file, digest), 64<<10)
	if err := render(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.note(hex.EncodeToString(digest.Sum(nil)), filepath.Base(path)); err != nil {
		return err
	}
	return file.CloseAtomicallyReplace()
}

// note puts a digest on record, before the file appears.
func (f *Files) note(digest, name string) error {
	path := filepath.Join(f.dir, recordName)
	if err := shorten(path); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(file, "%s  %s\n", digest, name)
	return errors.Join(err, file.Close())
}

// shorten drops the older half of a record that has grown long.
func shorten(path string) error {
	record, err := readRecord(path)
	if err != nil || len(record) < recordLines {
		return err
	}
	text := strings.Join(record[len(record)/2:], "\n") + "\n"
	return atomicfile.Write(path, []byte(text))
}

func readRecord(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"), nil
}

func digestOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	digest := sha256.New()
	_, err = io.Copy(digest, file)
	return hex.EncodeToString(digest.Sum(nil)), err
}

// WriteAll writes result.csv, report.html, summary.md, metrics.prom, when there
// are rows to repair failed.csv, and at last result.json, each 0600 and whole or
// not at all. A file that cannot be written does not keep the others from being
// written; the error names each.
// It reads input rows again: close their file only afterwards.
func (f *Files) WriteAll(r *sync.Result) error {
	if err := CheckDir(f.dir); err != nil {
		return err
	}
	for _, s := range r.Sources {
		f.keep(s.Input.File)
	}
	return errors.Join(
		f.write(ResultCSV, func(w io.Writer) error { return writeResultCSV(w, r) }),
		f.writeFailed(r),
		f.write(ReportHTML, func(w io.Writer) error { return writeHTML(w, r) }),
		f.write(SummaryMD, func(w io.Writer) error { return writeMarkdown(w, r) }),
		f.writeMetrics(r),
		f.write(ResultJSON, func(w io.Writer) error { return writeJSON(w, r) }),
	)
}

// writeFailed writes failed.csv, or removes the one of an earlier run when this
// run read its input and leaves nothing to repair.
func (f *Files) writeFailed(r *sync.Result) error {
	repairs, err := toRepair(r)
	switch {
	case err != nil:
		return fmt.Errorf("%s was not written: read the input again: %w", filepath.Join(f.dir, FailedCSV), err)
	case len(repairs) > 0:
		return f.write(FailedCSV, func(w io.Writer) error { return writeFailedCSV(w, repairs) })
	case !slices.ContainsFunc(r.Sources, func(s *sync.Source) bool { return s.Input.SHA256 != "" }):
		return nil // what is there is still to be repaired, for all this run knows
	}
	return f.remove(FailedCSV)
}
