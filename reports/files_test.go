package reports

import (
	"context"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accountsync/sync"
)

func writeText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func textOf(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// written renders a text under a name and returns where it went.
func (f *Files) writeText(t *testing.T, name, text string) string {
	t.Helper()
	err := f.write(name, func(w io.Writer) error { _, err := io.WriteString(w, text); return err })
	if err != nil {
		t.Fatal(err)
	}
	return f.Path(name)
}

// A file is replaced only when it is as a run wrote it, and no input.
func TestOnlyWhatRunsWroteIsReplaced(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, FailedCSV)
	if got := NewFiles(dir, "r1").writeText(t, FailedCSV, "one\n"); got != path {
		t.Fatalf("written to %s", got)
	}
	if got := NewFiles(dir, "r2").writeText(t, FailedCSV, "two\n"); got != path {
		t.Errorf("a file as a run wrote it is not replaced: %s", got)
	}
	writeText(t, path, "two, corrected\n")
	third := NewFiles(dir, "r3")
	if got := third.writeText(t, FailedCSV, "three\n"); got != filepath.Join(dir, "failed-r3.csv") || textOf(t, got) != "three\n" {
		t.Errorf("written to %s", got)
	}
	if got := textOf(t, path); got != "two, corrected\n" {
		t.Errorf("the corrected file now holds %q", got)
	}
	want := path + " is not as a run wrote it and was left as it is; this run's is " + filepath.Join(dir, "failed-r3.csv")
	if got := third.Kept(); len(got) != 1 || got[0] != want {
		t.Errorf("it is said as %q", got)
	}
	// The same run writes again: over its own, unless that was corrected too.
	if got := third.writeText(t, FailedCSV, "three again\n"); got != filepath.Join(dir, "failed-r3.csv") {
		t.Errorf("written to %s", got)
	}
	writeText(t, filepath.Join(dir, "failed-r3.csv"), "corrected as well\n")
	if got := third.writeText(t, FailedCSV, "three at last\n"); got != filepath.Join(dir, "failed-r3-2.csv") {
		t.Errorf("written to %s", got)
	}
	// Put back as it was, it may go.
	writeText(t, path, "one\n")
	if got := NewFiles(dir, "r4").writeText(t, FailedCSV, "four\n"); got != path {
		t.Errorf("written to %s", got)
	}
	// A new directory entry for an input is the input.
	link := filepath.Join(dir, "link.csv")
	if err := os.Link(path, link); err != nil {
		t.Fatal(err)
	}
	fifth := NewFiles(dir, "r5", "not-there.csv", link)
	if got := fifth.writeText(t, FailedCSV, "five\n"); got != filepath.Join(dir, "failed-r5.csv") {
		t.Errorf("an input was replaced: written to %s", got)
	}
	if err := fifth.remove(FailedCSV); err != nil || textOf(t, path) != "four\n" {
		t.Errorf("an input was removed, or %v", err)
	}
	if err := NewFiles(dir, "r6").remove(FailedCSV); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a file as a run wrote it is not removed")
	}
}

// Without its record nothing is known to be ours.
func TestWithoutItsRecordAFileIsKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := NewFiles(dir, "r1").writeText(t, ResultJSON, "{}\n")
	if err := os.Remove(filepath.Join(dir, recordName)); err != nil {
		t.Fatal(err)
	}
	if got := NewFiles(dir, "r2").writeText(t, ResultJSON, "{2}\n"); got == path || textOf(t, path) != "{}\n" {
		t.Errorf("written to %s", got)
	}
}

// failed.csv of an earlier run goes when a run that read its input leaves
// nothing to repair; a run that failed before, or has no input, says nothing of it.
func TestFailedOfAnEarlierRun(t *testing.T) {
	t.Parallel()
	early := head()
	early.Outcome, early.ExitCode, early.Error = sync.RunFailed, 69, "connection refused"
	named := head(&fake{})
	for name, c := range map[string]struct {
		r     *fake
		stays bool
	}{
		"failed early":   {early, true},
		"has no input":   {named, true},
		"nothing failed": {manyCreates(3, sync.Verified), false},
	} {
		for _, corrected := range []bool{false, true} {
			dir := t.TempDir()
			if err := writeAll(dir, everyState(t)); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, FailedCSV)
			if corrected {
				writeText(t, path, "id\ncorrected\n")
			}
			before := textOf(t, path)
			c.r.Run = "another"
			if err := writeAll(dir, c.r); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(path)
			if stays := err == nil; stays != (c.stays || corrected) || stays && string(text) != before {
				t.Errorf("%s, corrected %v: %v, %q", name, corrected, err, text)
			}
		}
	}
}

// The record does not grow without end, and what was written last is known.
func TestTheRecordIsShortened(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	record := filepath.Join(dir, recordName)
	writeText(t, record, strings.Repeat(strings.Repeat("0", 64)+"  result.json\n", recordLines))
	path := NewFiles(dir, "r1").writeText(t, ResultJSON, "{}")
	if n := strings.Count(textOf(t, record), "\n"); n != recordLines/2+1 {
		t.Errorf("the record has %d lines", n)
	}
	if got := NewFiles(dir, "r2").writeText(t, ResultJSON, "{2}"); got != path {
		t.Errorf("written to %s", got)
	}
	if info, err := os.Stat(record); err != nil || info.Mode().Perm() != fs.FileMode(0o600) {
		t.Errorf("the record has mode %v, %v", info.Mode(), err)
	}
}

// unread is a record whose operations nobody may read.
type unread struct{ memory }

func (unread) Lines(context.Context, sync.Filter) iter.Seq2[*sync.Line, error] { panic("read") }
func (unread) Operations(context.Context, sync.Filter) iter.Seq2[*sync.Operation, error] {
	panic("read")
}

// The short form reads no operation. It takes the files of an earlier run away,
// but none that somebody edited, and says where the rest comes from.
func TestShort(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := writeAll(dir, everyState(t)); err != nil {
		t.Fatal(err)
	}
	edited := filepath.Join(dir, FailedCSV)
	if err := os.WriteFile(edited, []byte("id\nmine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := NewFiles(dir, "20261124T020000Z-0001")
	if err := f.WriteShort(context.Background(), &Run{Reader: unread{memory{everyState(t)}}, Rest: "accountsync report 20261124"}); err != nil {
		t.Fatal(err)
	}
	for name, there := range map[string]bool{ResultJSON: false, ResultCSV: false, ReportHTML: false, FailedCSV: true, SummaryMD: true, MetricsProm: true} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != there {
			t.Errorf("%s: %v", name, err)
		}
	}
	if text := textOf(t, filepath.Join(dir, SummaryMD)); !strings.Contains(text, "`accountsync report 20261124` writes them") || strings.Contains(text, ReportHTML) {
		t.Error(text)
	}
	if kept := f.Kept(); len(kept) != 1 || !strings.Contains(kept[0], FailedCSV) {
		t.Errorf("kept: %q", kept)
	}
}
