package reports

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"
)

func written(t *testing.T, format string, r runner) string {
	t.Helper()
	return string(inFormat(t, format, r))
}

// What is written to anywhere is what stands in the file of the format.
func TestWriteIsTheFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := everyState(t)
	if err := writeAll(dir, r); err != nil {
		t.Fatal(err)
	}
	for format, name := range map[string]string{"json": ResultJSON, "csv": ResultCSV, "failed": FailedCSV, "md": SummaryMD, "metrics": MetricsProm} {
		file, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if written(t, format, r) != string(file) {
			t.Errorf("%s is not %s:\n%s", format, name, written(t, format, r))
		}
	}
	if page := written(t, "html", r); !strings.HasPrefix(page, "<!DOCTYPE html>") || !strings.HasSuffix(page, "</html>\n") {
		t.Errorf("no page: %.100q", page)
	}
	if want := rendered(t, Table, r, Options{Width: 80}) + summaryOf(t, r) + "\n"; written(t, "table", r) != want {
		t.Errorf("got %s", written(t, "table", r))
	}
	if want := []string{"table", "json", "csv", "html", "md", "metrics", "failed"}; !slices.Equal(Formats(), want) {
		t.Errorf("got %q", Formats())
	}
}

func TestWriteUnknownFormat(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	err := Write(context.Background(), &b, "pdf", everyState(t).run(), Options{})
	if !errors.Is(err, errFormat) || b.Len() > 0 || err.Error() != `no such format: "pdf"; there are table, json, csv, html, md, metrics, failed` {
		t.Errorf("got %v and %q", err, b.String())
	}
}

// Rows to repair that cannot be read again are said; where there are none,
// nothing is missing.
func TestWriteFailedWithoutItsInput(t *testing.T) {
	t.Parallel()
	gone := everyState(t)
	gone.Table = nil
	only := everyState(t)
	only.Table, only.Rejected = nil, nil
	for name, c := range map[string]struct {
		r    runner
		want string
	}{
		"the input is gone": {gone, "the rows to repair cannot be written: source HR People: the input file is gone or was changed"},
		"masked":            {redacted(t, everyState(t), "city"), "the rows to repair cannot be written: source HR People: they hold values that are masked, or the input file was changed"},
		"no row rejected":   {head(only), "the rows to repair cannot be written: source HR People: the input file is gone or was changed"},
		"all verified":      {manyCreates(3, sync.Verified), ""},
		"not from a file":   {head(&fake{Rejected: []account.Rejected{{Key: "x", Offset: -1}}, Operations: []*testOp{{Op: diff.Put, Attempts: 1, State: sync.Failed, Offset: -1}}}), ""},
	} {
		var b bytes.Buffer
		err := Write(context.Background(), &b, "failed", c.r.run(), Options{})
		if got := errors.Is(err, ErrRows); got != (c.want != "") || got && err.Error() != c.want || b.Len() > 0 {
			t.Errorf("%s: got %v and %q", name, err, b.String())
		}
	}
}

// An error of the one who takes it is not lost.
func TestWriteToNobody(t *testing.T) {
	t.Parallel()
	for _, format := range Formats() {
		if err := Write(context.Background(), new(full), format, everyState(t).run(), Options{}); !errors.Is(err, errFull) {
			t.Errorf("%s: %v", format, err)
		}
	}
}
