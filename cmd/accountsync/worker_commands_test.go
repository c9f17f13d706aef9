//go:build integration && unix

package main

import (
	"bufio"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"accountsync/internal/pgtest"
	"accountsync/sandbox"
)

// TestWorkerCommands goes the road of the guide: migrate, start a worker, ask
// for a run and wait for it, look at its pages, stop the worker, and work off
// the rest with --once.
func TestWorkerCommands(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(sandbox.New(fleetSeed(0, 12, 40)))
	t.Cleanup(server.Close)
	dir := t.TempDir()
	text := "defaults:\n  max-updates: 100%\n  rate: 10000/1s\nsyncs:\n  - name: by-hand\n    source: sync-00\n    file: " +
		writeRows(t, dir, slices.Collect(maps.Values(fleetRows()))) + "\n    tenant: {base-url: \"" + server.URL + "\", client-id: me, client-secret-variable: SECRET}\n"
	path := filepath.Join(dir, "fleet.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	state := pgtest.New(t).Database(t)
	command := func(args ...string) *exec.Cmd {
		c := exec.Command("accountsync", append(args, "--config", path, "--state", state)...)
		c.Env, c.Dir = append(os.Environ(), "HOME="+dir, "SECRET=s"), dir
		return c
	}
	if out, err := command("worker", "--migrate").CombinedOutput(); err != nil {
		t.Fatalf("worker --migrate: %v\n%s", err, out)
	}
	worker := command("worker", "--listen", "127.0.0.1:0", "--log-format", "json")
	log, err := worker.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := worker.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = worker.Process.Kill() })
	lines := bufio.NewScanner(log)
	address := ""
	for address == "" && lines.Scan() {
		if m := regexp.MustCompile(`"address":"([^"]+)"`).FindStringSubmatch(lines.Text()); m != nil {
			address = "http://" + m[1]
		}
	}
	go func() {
		for lines.Scan() {
			if strings.Contains(lines.Text(), `"level":"error"`) {
				t.Error(lines.Text())
			}
		}
	}()
	out, err := command("run", "by-hand", "--wait").CombinedOutput()
	run := regexp.MustCompile(`Run (\S+) of by-hand is queued`).FindStringSubmatch(string(out))
	if err != nil || run == nil || !strings.Contains(string(out), "ended with 0") {
		t.Fatalf("run --wait: %v\n%s", err, out)
	}
	for page, want := range map[string]string{"/": "by-hand", "/syncs/by-hand": run[1], "/runs/" + run[1] + "/report.html": "n04", "/readyz": "ok",
		"/metrics": `accountsync_fleet_last_exit_status{sync="by-hand"} 0`} {
		resp, err := http.Get(address + page)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("%s: %s %v lacks %q", page, resp.Status, err, want)
		}
		resp.Body.Close()
	}
	if err := worker.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := worker.Wait(); err != nil {
		t.Errorf("the worker ended with %v", err)
	}
	if out, err = command("run", "by-hand").CombinedOutput(); err != nil {
		t.Errorf("run: %v\n%s", err, out)
	}
	out, err = command("run", "by-hand").CombinedOutput()
	if !strings.Contains(string(out), "waiting for its turn already") {
		t.Errorf("asked for twice: %v\n%s", err, out)
	}
	if out, err = command("worker", "--once").CombinedOutput(); err != nil {
		t.Errorf("worker --once: %v\n%s", err, out)
	}
	out, err = command("runs", "--format", "json").CombinedOutput()
	if err != nil || strings.Count(string(out), `"in-sync"`) != 1 {
		t.Errorf("runs: %v\n%s", err, out)
	}
	if out, err = command("runs", "prune", "--older", "0d").CombinedOutput(); err != nil || !strings.Contains(string(out), "1 runs forgotten") {
		t.Errorf("runs prune: %v\n%s", err, out)
	}
}
