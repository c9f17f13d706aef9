package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// Two exports can be compared line by line: their rows are ordered by key.
func TestExportIsOrdered(t *testing.T) {
	t.Parallel()
	box := newCaseBox(t, "odd")
	var stdout, stderr bytes.Buffer
	environ := []string{"HOME=" + box.dir, "SAIL_BASE_URL=" + box.URL, "SAIL_CLIENT_ID=me", "SAIL_CLIENT_SECRET=mine"}
	if code := run(t.Context(), environ, []string{"export", "--source", "Flat"}, strings.NewReader(""), &stdout, &stderr); code != 0 {
		t.Fatalf("exit status %d: %s", code, &stderr)
	}
	lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
	rows := lines[1:]
	if !strings.HasPrefix(lines[0], "id,") || len(rows) < 6 || !slices.IsSorted(rows) {
		t.Errorf("not ordered by key:\n%s", &stdout)
	}
	if strings.Contains(lines[0], "account.") {
		t.Errorf("states without --states: %s", lines[0])
	}
}
