package main

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"accountsync/internal/problem"
	"accountsync/internal/signals"
	"accountsync/internal/terminal"
	"accountsync/job"
	"accountsync/reports"
	"accountsync/sandbox"

	"github.com/go-json-experiment/json"
)

// After a signal a run of many operations leaves its summary and its metrics,
// and no file of an earlier run that could be taken for one of its own. The
// record has the rest: report writes all of it.
func TestInterruptedWithMany(t *testing.T) {
	t.Parallel()
	k := &killed{}
	box := sandbox.New(k.seed())
	var puts atomic.Int64
	var stop atomic.Pointer[signals.Stop]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut && puts.Add(1) == 3 {
			stop.Load().Drain(signals.ErrFirst)
		}
		box.ServeHTTP(w, r)
	}))
	defer server.Close()
	dir := t.TempDir()
	rows := [][]string{}
	for _, row := range killRows() {
		rows = append(rows, row)
	}
	out := filepath.Join(dir, "out")
	common := []string{"--state", filepath.Join(dir, "state"), "--out", out}
	command := func(args ...string) (code int, stdout, stderr string) {
		var said, complained bytes.Buffer
		s := signals.New(t.Context())
		stop.Store(s)
		defer s.Close()
		environ := []string{"SAIL_BASE_URL=" + server.URL, "SAIL_CLIENT_ID=me", "SAIL_CLIENT_SECRET=s", "HOME=" + dir}
		a := &app{job.NewEnv("test", environ, strings.NewReader(""), &said, &terminal.Console{Out: &complained}, s)}
		a.env.Many = 50
		code = a.execute(slices.Concat(args, common))
		return code, said.String(), complained.String()
	}
	source := []string{"--source", "S", "--file", writeRows(t, dir, rows), "--max-removals", "100%", "--max-updates", "100%", "--removal", "delete"}
	if code, said, complained := command(append([]string{"plan"}, source...)...); code != problem.OK {
		t.Fatal(code, said, complained)
	}
	own := []string{reports.ResultJSON, reports.ResultCSV, reports.ReportHTML}
	for _, name := range own {
		if !exists(filepath.Join(out, name)) {
			t.Fatalf("the plan left no %s", name)
		}
	}

	code, said, complained := command(append([]string{"sync", "--workers", "1"}, source...)...)
	if code != problem.Interrupted {
		t.Fatal(code, said, complained)
	}
	for _, name := range append(own, reports.FailedCSV) {
		if exists(filepath.Join(out, name)) {
			t.Errorf("%s looks as if it were of the run that was interrupted", name)
		}
	}
	const rest = "accountsync report "
	summary, err := os.ReadFile(filepath.Join(out, reports.SummaryMD))
	if err != nil || !strings.Contains(string(summary), rest) || !strings.Contains(string(summary), "Interrupted") || !exists(filepath.Join(out, reports.MetricsProm)) {
		t.Errorf("%v\n%s", err, summary)
	}
	if !strings.Contains(complained, "hint: of 55 operations only summary.md and metrics.prom are written after a signal: "+rest) || !strings.Contains(said, "Next: accountsync resume") {
		t.Errorf("%s\n%s", said, complained)
	}

	if code, said, complained := command("report", "last"); code != problem.OK {
		t.Fatal(code, said, complained)
	}
	var result struct {
		Outcome string `json:"outcome"`
		Sources []struct {
			Operations []any `json:"operations"`
		} `json:"sources"`
	}
	text, err := os.ReadFile(filepath.Join(out, reports.ResultJSON))
	if err := errors.Join(err, json.Unmarshal(text, &result)); err != nil || result.Outcome != "interrupted" || len(result.Sources) != 1 || len(result.Sources[0].Operations) != 55 {
		t.Errorf("%v\n%s", err, text)
	}
	for _, name := range append(own, reports.FailedCSV) {
		if !exists(filepath.Join(out, name)) {
			t.Errorf("report wrote no %s", name)
		}
	}
	if code, said, complained := command("resume", "last"); code != problem.OK {
		t.Error(code, said, complained)
	}
}
