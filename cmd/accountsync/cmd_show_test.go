package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/journal"
	"accountsync/reports"
	"accountsync/sync"
)

// twoSources puts a run of two sources on record, in both of which there is a key k.
func twoSources(t *testing.T, j *journal.Journal) *past {
	t.Helper()
	began := time.Now().UTC()
	r := &sync.Result{Schema: sync.ResultSchema, Run: newRunID(began), Command: "sync", Outcome: sync.Changed, Started: began, Finished: began}
	for i, name := range []string{"One", "Two"} {
		s := &sync.Source{Source: account.Source{ID: "id-" + name, Name: name}, Guards: []diff.Guard{}, Rejected: []account.Rejected{},
			Operations: []*sync.Operation{{Op: diff.Put, Key: "k", Native: "k", Account: "account-" + name, State: sync.Withheld, Offset: -1,
				Changes: []diff.Field{{Attribute: "city", Before: `"Oslo"`, After: account.StringValue("city of " + name)}}}}}
		record, err := j.Begin(t.Context(), r, s, account.Schema{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		op := s.Operations[0]
		if err := record.Intend(t.Context(), op); err != nil {
			t.Fatal(err)
		}
		op.Sent, op.State, op.Attempts, op.HTTP = true, sync.Verified, i+1, 202
		if err := errors.Join(record.Record(op), record.End(r, s)); err != nil {
			t.Fatal(err)
		}
	}
	stored, err := loadRun(t.Context(), j, "last")
	if err != nil {
		t.Fatal(err)
	}
	return &past{result: stored.Result, journal: j, whole: "everything", reopen: func() func() { return func() {} }}
}

// A key that several sources of a run know is shown of each, headed by its
// name, unless one is asked for.
func TestShowSeveralSources(t *testing.T) {
	t.Parallel()
	j, err := journal.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	for source, want := range map[string][]string{
		"":       {"One (id-One)", "1 attempt, HTTP 202", "city of One", "Two (id-Two)", "2 attempts, HTTP 202", "city of Two"},
		"Two":    {"Two (id-Two)", "city of Two"},
		"id-One": {"One (id-One)", "city of One"},
	} {
		o := twoSources(t, j)
		if err := o.narrow(source); err != nil {
			t.Fatal(err)
		}
		detail, err := o.detail(t.Context(), "k")
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := reports.Show(&b, detail, reports.Options{}); err != nil {
			t.Fatal(err)
		}
		text, at := b.String(), 0
		for _, line := range want {
			next := strings.Index(text[at:], line)
			if next < 0 {
				t.Fatalf("--source %q: no %s where it should be in\n%s", source, line, text)
			}
			at += next
		}
		if strings.Count(text, "On record, in UTC:\n") != strings.Count(text, "~ put k") || strings.Count(text, "(id-") != max(1, len(want)/3) {
			t.Errorf("--source %q: got\n%s", source, text)
		}
	}
	var p *problem
	if err := twoSources(t, j).narrow("Three"); !errors.As(err, &p) || p.code != exitUsage || !strings.Contains(err.Error(), `has only ["One" "Two"]`) {
		t.Errorf("got %v", err)
	}
	if _, err := twoSources(t, j).detail(t.Context(), "l"); !errors.As(err, &p) || p.code != exitUsage || !strings.Contains(p.hint, "everything") {
		t.Errorf("got %v", err)
	}
}
