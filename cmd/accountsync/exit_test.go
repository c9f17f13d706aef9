package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"accountsync/internal/problem"

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
