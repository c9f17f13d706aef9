package reports

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/gocarina/gocsv"
	"github.com/google/go-cmp/cmp"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/internal/text"
	"accountsync/sync"
)

func resultCSV(t testing.TB, r runner) string { return string(inFormat(t, "csv", r)) }

func TestResultCSVGolden(t *testing.T) {
	t.Parallel()
	golden(t, "result.csv.golden", []byte(resultCSV(t, everyState(t))))
}

// Every operation, kept row, rejected row and orphan has one line, in that order.
func TestResultCSVLines(t *testing.T) {
	t.Parallel()
	var lines []struct {
		Key   string `csv:"key"`
		State string `csv:"state"`
	}
	if err := gocsv.UnmarshalString(resultCSV(t, everyState(t)), &lines); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range lines {
		got = append(got, l.State+" "+l.Key)
	}
	want := []string{
		"verified new.anna", "failed new.zoe", "accepted new.山田", "verified put.bob", "withheld put.eve", "stale put.stale",
		"verified back.1", "accepted back.2", "withheld gone.3", "withheld gone.1", "withheld gone.2", "kept kept.1", "kept kept.2", "kept kept.3",
		"rejected ", "rejected ", "rejected ", "orphan orphan.1", "orphan orphan.2",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines differ (-want +got):\n%s", diff)
	}
}

// More lines than one batch, and none at all, both have one header.
func TestResultCSVBatches(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, batchSize - 1, batchSize, batchSize + 1, 3*batchSize + 7} {
		text := resultCSV(t, manyCreates(n, sync.Verified))
		if got := strings.Count(text, "\n"); got != n+1 || !strings.HasPrefix(text, "source,op,key,") {
			t.Errorf("%d operations: %d lines, beginning %.20q", n, got, text)
		}
	}
}

func TestResultCSVBooks(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*fake){
		"a kept row is missing": func(s *fake) { s.Totals.Kept++ },
		"an orphan too many":    func(s *fake) { s.Orphans = append(s.Orphans, diff.Orphan{Key: "x"}) },
		"a rejected row less":   func(s *fake) { s.Rejected = s.Rejected[1:] },
	} {
		r := everyState(t)
		spoil(r)
		err := Write(context.Background(), io.Discard, "csv", r.run(), Options{})
		if !errors.Is(err, ErrBooks) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestResultCSVKeptRowsUnreadable(t *testing.T) {
	t.Parallel()
	r := everyState(t)
	gone := errors.New("the disk is gone")
	r.KeptRows = func(yield func(account.Row, error) bool) { yield(account.Row{}, gone) }
	if err := Write(context.Background(), io.Discard, "csv", r.run(), Options{}); !errors.Is(err, gone) {
		t.Errorf("got %v", err)
	}
}

// No cell begins as a formula does.
func TestResultCSVFormulas(t *testing.T) {
	t.Parallel()
	evil := "=HYPERLINK(\"http://evil\")"
	r := manyCreates(1, sync.Failed)
	op := r.Operations[0]
	op.Key, op.Account, op.Error, op.Reason, op.Task, op.TrackingID = evil, "+1", "-1", "@x", "\tx", "\rx"
	op.Changes = []diff.Field{field(evil, "", "x")}
	r.Source.Name = evil
	records, err := csv.NewReader(strings.NewReader(resultCSV(t, r))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range records[1] {
		if c != "" && strings.ContainsAny(c[:1], "=+-@\t\r") {
			t.Errorf("column %s holds the formula %q", records[0][i], c)
		}
	}
	if got := text.UnquoteFormula(records[1][2]); got != evil {
		t.Errorf("the key came back as %q", got)
	}
}
