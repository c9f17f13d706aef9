package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"accountsync/csvfile"
	"accountsync/internal/problem"
	"accountsync/internal/text"
	"accountsync/isc"
	"accountsync/reports"
	"accountsync/sync"

	"github.com/google/go-cmp/cmp"
)

// documented is the table of the design: every status a command can end with.
var documented = []int{0, 1, 2, 3, 4, 5, 8, 64, 65, 66, 69, 70, 73, 75, 77, 78, 130}

func TestHelpListsEveryExitStatus(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), nil, []string{"help", "exit-status"}, strings.NewReader(""), &stdout, &stderr); code != problem.OK || stderr.Len() > 0 {
		t.Fatalf("exit status %d\n%s", code, &stderr)
	}
	_, table, found := strings.Cut(stdout.String(), "Exit status:\n")
	if !found {
		t.Fatalf("the help has no table:\n%s", &stdout)
	}
	var listed []int
	for _, line := range regexp.MustCompile(`(?m)^ +(\d+)  \S`).FindAllStringSubmatch(table, -1) {
		code, _ := strconv.Atoi(line[1])
		listed = append(listed, code)
	}
	if diff := cmp.Diff(documented, listed); diff != "" {
		t.Errorf("the help's table differs from the documented one (-documented +help):\n%s", diff)
	}
}

// TestEveryExitStatusHasAScript: a status is what a script shows it to be. A bug
// (70) cannot be had on order.
func TestEveryExitStatusHasAScript(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	asserted := map[string]bool{strconv.Itoa(problem.Bug): true}
	for _, name := range scripts {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^(?:exits|status|follow) (\d+)`).FindAllSubmatch(b, -1) {
			asserted[string(m[1])] = true
		}
	}
	for _, code := range documented {
		if !asserted[strconv.Itoa(code)] {
			t.Errorf("no script asserts exit status %d", code)
		}
		delete(asserted, strconv.Itoa(code))
	}
	for code := range asserted {
		t.Errorf("a script asserts exit status %s, which is not documented", code)
	}
}

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
			if code, _ := diagnose(c.err); code != c.want {
				t.Errorf("exit status %d, want %d", code, c.want)
			}
			if c.err == nil {
				return
			}
			if code, _ := diagnose(fmt.Errorf("on the way: %w", c.err)); code != c.want {
				t.Errorf("wrapped: exit status %d, want %d", code, c.want)
			}
		})
	}
}

func TestComplaintsAndTheirHintsStandOnLinesOfTheirOwn(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	complain(&b, "", problem.Errorf(problem.Usage, "do that", "no %s", "this"))
	complain(&b, "", errors.New("no hint"))
	const want = "accountsync: error: no this\naccountsync: hint: do that\naccountsync: error: no hint\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

// TestQuotedWordsReachTheShellWhole: what is printed can be pasted.
func TestQuotedWordsReachTheShellWhole(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"plain": "plain", "": "''", "two words": "'two words'", "it's": `'it'\''s'`, "a;b": "'a;b'", "$HOME": "'$HOME'", "*": "'*'", "~": "'~'",
	} {
		if got := text.ShellWord(word); got != want {
			t.Errorf("text.ShellWord(%q) = %s, want %s", word, got, want)
		}
	}
}
