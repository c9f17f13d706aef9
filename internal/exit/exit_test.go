package exit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"accountsync/csvfile"
	"accountsync/internal/problem"
	"accountsync/isc"
	"accountsync/reports"
	"accountsync/sync"

	"github.com/google/go-cmp/cmp"
)

func TestErrorsHaveTheirExitStatus(t *testing.T) {
	t.Parallel()
	_, missing := csvfile.Open(filepath.Join(t.TempDir(), "no-such.csv"), csvfile.Options{})
	for _, c := range []struct {
		name string
		err  error
		want int
	}{
		{"none", nil, problem.OK},
		{"any", errors.New("any"), problem.Failure},
		{"a problem knows its own", problem.Errorf(problem.Config, "", "no"), problem.Config},
		{"books", sync.ErrUnbalanced, problem.Bug},
		{"books of the reports", reports.ErrBooks, problem.Bug},
		{"no file", missing, problem.NoInput},
		{"bad file", &csvfile.FileError{Path: "a.csv", Msg: "bad"}, problem.BadCSV},
		{"reports", reports.ErrWrite, problem.CannotWrite},
		{"a signal", context.Canceled, problem.Interrupted},
		{"a signal in a call", &isc.Error{Method: "GET", Path: "/v3/accounts", Err: context.Canceled}, problem.Interrupted},
		{"error budget", sync.ErrBudget, problem.Budget},
		{"a plan that no longer holds", sync.ErrStale, problem.Stale},
		{"wrong kind of source", sync.ErrNotFlatFile, problem.Config},
		{"no such source", &isc.SourceError{Asked: "x"}, problem.Config},
		{"sign-in", &isc.Error{Status: 400, Err: isc.ErrSignIn}, problem.Denied},
		{"401", &isc.Error{Status: 401}, problem.Denied},
		{"403", &isc.Error{Status: 403}, problem.Denied},
		{"no answer", &isc.Error{Err: errors.New("connection reset")}, problem.Unreachable},
		{"409", &isc.Error{Status: 409}, problem.Failure},
		{"500", &isc.Error{Status: 500}, problem.Unreachable},
		{"408", &isc.Error{Status: 408}, problem.Unreachable},
		{"429", &isc.Error{Status: 429}, problem.Unreachable},
		{"404", &isc.Error{Status: 404}, problem.Failure},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if code, _ := Diagnose(c.err); code != c.want {
				t.Errorf("exit status %d, want %d", code, c.want)
			}
			if c.err == nil {
				return
			}
			if code, _ := Diagnose(fmt.Errorf("on the way: %w", c.err)); code != c.want {
				t.Errorf("wrapped: exit status %d, want %d", code, c.want)
			}
		})
	}
}

func TestComplaintsAndTheirHintsStandOnLinesOfTheirOwn(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	Print(&b, "", problem.Errorf(problem.Usage, "do that", "no %s", "this"))
	Print(&b, "", errors.New("no hint"))
	const want = "accountsync: error: no this\naccountsync: hint: do that\naccountsync: error: no hint\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}
