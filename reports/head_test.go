package reports

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"accountsync/sync"
)

func headOf(t *testing.T, r runner, next string) string {
	t.Helper()
	var out bytes.Buffer
	if err := WriteHead(context.Background(), &out, r.run(), next); err != nil {
		t.Fatal(err)
	}
	valid(t, "webhook", bytes.NewReader(out.Bytes()))
	return out.String()
}

// The head tells how a run with every kind of state ended, and of nobody in it.
func TestHead(t *testing.T) {
	t.Parallel()
	r := everyState(t)
	r.ExitCode = 3
	r.Error = "PUT /accounts/x: 403 Forbidden: nobody called NEW.ZOE, mail zoe@example.com, born 1990-01-31, may write"
	text := headOf(t, r, "accountsync resume last")
	for _, want := range []string{headSchema, r.Run, `"next": "accountsync resume last"`, `"exit_code": 3`, "nobody called ***, mail ***, born ***, may write"} {
		if !strings.Contains(text, want) {
			t.Errorf("the head lacks %q:\n%s", want, text)
		}
	}
	for _, op := range operationsOf(t, r) {
		for _, value := range append(personal(op), op.Account) {
			if len(value) >= 4 && strings.Contains(text, value) {
				t.Errorf("the head holds %q", value)
			}
		}
	}
	for _, row := range r.Rejected {
		if row.Key != "" && strings.Contains(text, row.Key) {
			t.Errorf("the head holds the key %q of a rejected row", row.Key)
		}
	}
}

// A command that ended before there was a run has a head, too.
func TestHeadWithoutARun(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	text := headOf(t, HeadOnly(&sync.Head{Run: "20261123T020000Z-7f3a", Command: "sync", Version: "1", ExitCode: 65, Error: "bad.csv: no header", Started: now, Finished: now}), "")
	for _, gone := range []string{"outcome", "requests", "tenant", "next", "hint"} {
		if strings.Contains(text, `"`+gone+`"`) {
			t.Errorf("the head says %s:\n%s", gone, text)
		}
	}
}
