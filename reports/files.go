package reports

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"accountsync/internal/atomicfile"
	"accountsync/reports/page"
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
	file := f.begin(name)
	if file.err == nil {
		file.err = render(file.w)
	}
	return f.end(file)
}

// pending is a file that is being written beside its place. The first error
// stays, and what follows is not written.
type pending struct {
	name, path string
	file       *atomicfile.File
	digest     hash.Hash
	w          *bufio.Writer
	err        error
}

// begin begins a file.
func (f *Files) begin(name string) *pending {
	p := &pending{name: name, digest: sha256.New()}
	if p.path, p.err = f.place(name); p.err != nil {
		return p
	}
	p.file, p.err = atomicfile.New(p.path)
	if p.err == nil {
		p.w = bufio.NewWriterSize(io.MultiWriter(p.file, p.digest), 64<<10)
	}
	return p
}

// end notes the digest of a file and puts it in its place.
func (f *Files) end(p *pending) error {
	if p.file != nil {
		defer p.file.Cleanup()
	}
	if p.err == nil {
		p.err = p.w.Flush()
	}
	if p.err == nil {
		p.err = f.note(hex.EncodeToString(p.digest.Sum(nil)), filepath.Base(p.path))
	}
	if p.err == nil {
		p.err = p.file.CloseAtomicallyReplace()
	}
	if p.err != nil {
		return fmt.Errorf("%w %s: %w", ErrWrite, filepath.Join(f.dir, p.name), p.err)
	}
	f.paths[p.name] = p.path
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
	delete(f.paths, name)
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

// PlanName is the name of a saved plan: that of its run, so that no plan is
// taken for another.
func PlanName(run string) string { return "plan-" + run + ".json" }

// WritePlan writes the record on paper: plan-RUN.json.
func (f *Files) WritePlan(ctx context.Context, r sync.Reader) error {
	return f.write(PlanName(f.run), func(w io.Writer) error { return sync.WritePlan(ctx, w, r) })
}

// WriteAll writes result.csv, report.html, summary.md, metrics.prom, when there
// are rows to repair failed.csv, and at last result.json, each 0600 and whole or
// not at all. It reads the operations once. A file that cannot be written does
// not keep the others from being written; the error names each.
// It reads input rows again: close their file only afterwards.
func (f *Files) WriteAll(ctx context.Context, r *Run) error {
	if err := CheckDir(f.dir); err != nil {
		return err
	}
	f.keep(strings.TrimSuffix(r.Head().Input.File, "#"+r.Head().Input.Sheet))
	o, err := r.outline(ctx)
	if err != nil {
		return err
	}
	jsonFile, csvFile := f.begin(ResultJSON), f.begin(ResultCSV)
	s, data, repairs := newSurvey(o), newPageData(o), newRepairs(o)
	asJSON, asCSV := beginJSON(jsonFile, o), beginCSV(csvFile, o)
	err = r.pass(ctx, jsonFile.taking(asJSON.operation), csvFile.taking(asCSV.operation), repairs.operation, data.operation,
		func(op *sync.Operation, _ *sync.Line) error { s.add(op); return nil })
	if err == nil {
		err = s.finish(ctx, r)
	}
	if err != nil { // of the record: nothing is known to be whole
		jsonFile.err, csvFile.err = cmp.Or(jsonFile.err, err), cmp.Or(csvFile.err, err)
		return errors.Join(f.end(csvFile), f.end(jsonFile))
	}
	if csvFile.err == nil {
		csvFile.err = asCSV.end(ctx, r, o)
	}
	if jsonFile.err == nil {
		jsonFile.err = asJSON.end(ctx, r)
	}
	return errors.Join(
		f.end(csvFile),
		f.writeFailed(ctx, r, repairs),
		f.write(ReportHTML, func(w io.Writer) error { return page.Write(w, newPage(r, s, data), page.Nonce()) }),
		f.write(SummaryMD, func(w io.Writer) error { return writeMarkdown(w, s) }),
		f.writeMetrics(o.Head),
		f.end(jsonFile),
	)
}

// WriteShort writes what takes no time however many operations there are:
// summary.md, which says how to get the rest, and metrics.prom. Of the other
// files none of an earlier run stays, as if it were of this one.
func (f *Files) WriteShort(ctx context.Context, r *Run) error {
	if err := CheckDir(f.dir); err != nil {
		return err
	}
	f.keep(r.Head().Input.File)
	s, err := r.survey(ctx)
	if err != nil {
		return err
	}
	return errors.Join(
		f.remove(ResultCSV), f.remove(FailedCSV), f.remove(ReportHTML), f.remove(ResultJSON),
		f.write(SummaryMD, func(w io.Writer) error { return writeMarkdown(w, s) }),
		f.writeMetrics(s.Head),
	)
}

// taking takes operations into the file until it has an error, which keeps no
// other file from being written.
func (p *pending) taking(take func(*sync.Operation, *sync.Line) error) func(*sync.Operation, *sync.Line) error {
	return func(op *sync.Operation, line *sync.Line) error {
		if p.err == nil {
			p.err = take(op, line)
		}
		return nil
	}
}

func beginJSON(p *pending, o *outline) (j *jsonReport) {
	if p.err == nil {
		j, p.err = newJSONReport(p.w, o)
	}
	return j
}

func beginCSV(p *pending, o *outline) (c *csvReport) {
	if p.err == nil {
		c = newCSVReport(p.w, o.Head)
	}
	return c
}

// writeFailed writes failed.csv, or removes the one of an earlier run when this
// run read its input and leaves nothing to repair.
func (f *Files) writeFailed(ctx context.Context, r *Run, repairs *repairs) error {
	switch err := repairs.end(ctx, r); {
	case err != nil:
		return fmt.Errorf("%s was not written: read the input again: %w", filepath.Join(f.dir, FailedCSV), err)
	case r.Table != nil && !repairs.none():
		return f.write(FailedCSV, func(w io.Writer) error { return repairs.write(w, r.Table) })
	case r.Head().Input.SHA256 == "":
		return nil // what is there is still to be repaired, for all this run knows
	}
	return f.remove(FailedCSV)
}
