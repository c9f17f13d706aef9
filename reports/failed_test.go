package reports

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"accountsync/account"
	"accountsync/csvfile"
	"accountsync/diff"
	"accountsync/sync"
)

// writeFailed writes the failed.csv of a run and returns its path.
func writeFailed(t testing.TB, r *fake) string {
	t.Helper()
	dir := t.TempDir()
	if err := writeAll(dir, r); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, FailedCSV)
}

func TestFailedCSVGolden(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(writeFailed(t, everyState(t)))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "failed.csv.golden", text)
}

// cellsByKey are the cells of every row.
func cellsByKey(rows []account.Row) map[string][]string {
	cells := map[string][]string{}
	for _, r := range rows {
		cells[r.Key] = r.Cells
	}
	return cells
}

// failed.csv is an input that asks for exactly the rows that were not verified,
// cell by cell, and rejects what was rejected.
func TestFailedCSVIsTheNextInput(t *testing.T) {
	t.Parallel()
	r := everyState(t)
	next := openInput(t, writeFailed(t, r), csvfile.Options{})
	if !next.table.Partial() {
		t.Error("it is not known as a failed.csv, so it could justify removals")
	}
	first := cellsByKey(readInput(t, people, csvfile.Options{}).rows)
	want := map[string][]string{}
	for _, key := range []string{"new.zoe", "new.山田", "put.eve", "put.stale"} {
		want[key] = first[key]
	}
	if diff := cmp.Diff(want, cellsByKey(next.rows)); diff != "" {
		t.Errorf("the rows differ (-want +got):\n%s", diff)
	}
	if len(next.rejected) != 3 {
		t.Errorf("%d rejected rows instead of 3: %v", len(next.rejected), next.rejected)
	}
}

// A failed.csv of a failed.csv has our columns once and the cells unchanged.
func TestFailedCSVAgain(t *testing.T) {
	t.Parallel()
	path := writeFailed(t, everyState(t))
	for round := range 3 {
		in := openInput(t, path, csvfile.Options{})
		path = writeFailed(t, allFailed(in))
		again := openInput(t, path, csvfile.Options{})
		if diff := cmp.Diff(cellsByKey(in.rows), cellsByKey(again.rows)); diff != "" {
			t.Fatalf("round %d changed cells:\n%s", round, diff)
		}
		if diff := cmp.Diff([]string{"id", "city", "groups", "note", "accountsync.line", "accountsync.op", "accountsync.state", "accountsync.reason"}, again.table.Header()); diff != "" {
			t.Fatalf("round %d changed the header:\n%s", round, diff)
		}
		if len(again.rejected) != 3 {
			t.Fatalf("round %d: %d rejected rows instead of 3: %v", round, len(again.rejected), again.rejected)
		}
	}
}

// allFailed is a run in which every row of the input failed.
func allFailed(in input) *fake {
	s := &fake{Head: sync.Head{Source: peopleSource, Input: sync.Input{SHA256: in.table.SHA256()}}, Table: in.table, Rejected: in.rejected}
	for _, row := range in.rows {
		s.Operations = append(s.Operations, &testOp{Op: diff.Put, Key: row.Key, Line: row.Line, Offset: row.Offset, State: sync.Failed, Attempts: 1})
	}
	tally(s, 0)
	return head(s)
}

// Whatever a cell holds and however the file is written, it comes back the same.
func TestFailedCSVKeepsCells(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"semicolons":     "id;city;groups;note\na;Par,is;\"x;y\";z\nb;\"two\nlines\";;\n",
		"tabs":           "id\tcity\na\tA;B|C,D\n",
		"formulas":       "id,city,note\n=1+1,-,@x\n+a,'=1,''-2\n-b,'',=\n",
		"spaces, quotes": "id,city\na,\"  \"\"x\"\" \"\nb,\" \"\n",
		"bom and crlf":   "\ufeffid,city\r\na,Paris\r\n",
		"utf-16":         "\xff\xfei\x00d\x00,\x00c\x00i\x00t\x00y\x00\n\x00a\x00,\x00\xe9\x00\n\x00",
		"one column":     "id\na\nb\n",
	} {
		in := readInput(t, text, csvfile.Options{})
		if len(in.rejected) > 0 || len(in.rows) == 0 {
			t.Fatalf("%s: a bad test input: %v", name, in.rejected)
		}
		back := openInput(t, writeFailed(t, allFailed(in)), csvfile.Options{})
		if diff := cmp.Diff(cellsByKey(in.rows), cellsByKey(back.rows)); diff != "" {
			t.Errorf("%s: cells changed (-want +got):\n%s", name, diff)
		}
	}
}

// A row that is ragged or damaged keeps its cells and stays rejected: read as
// complete it would clear or spoil values.
func TestFailedCSVStaysRejected(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"short":         "id,city,groups,note\na,Paris\n",
		"long":          "id,city\na,Paris,more,and more\n",
		"invalid UTF-8": "id,city\na,Par\xffis\n",
		"broken UTF-16": "\xff\xfei\x00d\x00,\x00c\x00i\x00t\x00y\x00\n\x00a\x00,\x00\x00\xd8\n\x00",
		"duplicate":     "id,city\na,Paris\na,Rome\n",
	} {
		in := readInput(t, text, csvfile.Options{})
		if name == "duplicate" {
			for _, row := range in.rows {
				in.rejected = append(in.rejected, account.Rejected{Line: row.Line, Key: row.Key, Offset: row.Offset, Reason: "duplicate key"})
			}
			in.rows = nil
		}
		path := writeFailed(t, allFailed(in))
		back := openInput(t, path, csvfile.Options{})
		if name != "duplicate" && (len(back.rejected) != len(in.rejected) || len(back.rows) > 0) {
			t.Errorf("%s: %d rows and %d rejected came back: %v", name, len(back.rows), len(back.rejected), back.rows)
		}
		if name == "duplicate" && len(back.rows) != 2 {
			t.Errorf("%d of the two rows of one key came back", len(back.rows))
		}
		checkCellsInPlace(t, name, in, path)
	}
}

// checkCellsInPlace compares the first record of the input with that of failed.csv.
func checkCellsInPlace(t *testing.T, name string, in input, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = -1
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want, err := in.table.RecordAt(in.rejected[0].Offset)
	if err != nil {
		t.Fatal(err)
	}
	columns := len(in.table.Header())
	for i, c := range want[:min(len(want), columns)] {
		if records[1][i] != c {
			t.Errorf("%s: cell %d is %q instead of %q", name, i+1, records[1][i], c)
		}
	}
	if line, _ := strconv.Atoi(records[1][columns]); line != in.rejected[0].Line {
		t.Errorf("%s: accountsync.line is %q", name, records[1][columns])
	}
}

// A row joined from several records needs all of them.
func TestFailedCSVMergedRows(t *testing.T) {
	t.Parallel()
	opt := csvfile.Options{MergeRows: true}
	in := readInput(t, "id,groups\na,x\nb,x\na,y\nc,x\na,z\n", opt)
	s := &fake{Head: sync.Head{Source: peopleSource}, Table: in.table, Operations: []*testOp{
		{Op: diff.Put, Key: "a", Line: in.rows[0].Line, Offset: in.rows[0].Offset, Joined: []int64{in.rows[2].Offset, in.rows[4].Offset}, State: sync.Failed, Attempts: 1},
		{Op: diff.Put, Key: "b", Line: in.rows[1].Line, Offset: in.rows[1].Offset, State: sync.Verified},
	}}
	tally(s, 0)
	back := openInput(t, writeFailed(t, head(s)), opt)
	var got []string
	for _, row := range back.rows {
		got = append(got, row.Key+"="+row.Cells[0])
	}
	if diff := cmp.Diff([]string{"a=x", "a=y", "a=z"}, got); diff != "" {
		t.Errorf("records differ (-want +got):\n%s", diff)
	}
}

// Two operations of one row are one record, else it would be its own duplicate.
func TestFailedCSVOneRecordARow(t *testing.T) {
	t.Parallel()
	in := readInput(t, "id,city\na,x\n", csvfile.Options{})
	r := allFailed(in)
	s := r
	second := *s.Operations[0]
	second.Op, second.State, second.Reason = diff.Enable, sync.Withheld, "the put before it failed"
	s.Operations = append(s.Operations, &second)
	tally(s, 0)
	text, err := os.ReadFile(writeFailed(t, r))
	if err != nil {
		t.Fatal(err)
	}
	if want := "a,x,2,put; enable,failed; withheld,the put before it failed\n"; !strings.HasSuffix(string(text), want) || strings.Count(string(text), "\n") != 2 {
		t.Errorf("got\n%s", text)
	}
}

// A plan sends nothing, so nothing failed: only rejected rows need repair.
func TestFailedCSVOfAPlan(t *testing.T) {
	t.Parallel()
	r := everyState(t)
	for _, op := range r.Operations {
		op.State, op.Attempts = sync.Withheld, 0
	}
	back := openInput(t, writeFailed(t, r), csvfile.Options{})
	if len(back.rows) != 0 || len(back.rejected) != 3 {
		t.Errorf("%d rows and %d rejected instead of 0 and 3", len(back.rows), len(back.rejected))
	}
}
