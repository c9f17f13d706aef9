//go:build integration && unix

package main

import (
	"bufio"
	"bytes"
	"fmt"
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
	"time"

	"accountsync/internal/pgtest"
	"accountsync/sandbox"
)

// oneSync is a fleet of one sync that runs when it is asked for.
type oneSync struct {
	*testing.T
	dir, rows, state, config string
	box                      *sandbox.Server
}

func newOneSync(t *testing.T) *oneSync {
	f := &oneSync{T: t, dir: t.TempDir(), state: pgtest.New(t).Database(t), box: sandbox.New(fleetSeed(0, 12, 12))}
	server := httptest.NewServer(f.box)
	t.Cleanup(server.Close)
	f.rows = writeRows(t, f.dir, slices.Collect(maps.Values(fleetRows())))
	f.config = fmt.Sprintf("defaults: {max-updates: 100%%, rate: 10000/1s}\nsyncs:\n  - name: by-hand\n    source: sync-00\n    file: %s\n    tenant: {base-url: %q, client-id: me, client-secret-variable: SECRET}\n", f.rows, server.URL)
	return f
}

// command is one with this configuration, with shorter times than usual.
func (f *oneSync) command(config string, args ...string) *exec.Cmd {
	f.Helper()
	path := filepath.Join(f.TempDir(), "fleet.yaml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		f.Fatal(err)
	}
	c := exec.Command("fleet", append(args, "--config", path, "--state", f.state)...)
	c.Env, c.Dir = append(os.Environ(), "HOME="+f.dir, "SECRET=s", "FLEET_TEST_NAME=1", "FLEET_TEST_CLOCK=0s"), f.dir
	return c
}

// worker starts a worker and gives the address of its pages.
func (f *oneSync) worker(config string, args ...string) (address string, end func()) {
	f.Helper()
	worker := f.command(config, append([]string{"worker", "--listen", "127.0.0.1:0", "--log-format", "json"}, args...)...)
	log, err := worker.StderrPipe()
	if err == nil {
		err = worker.Start()
	}
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = worker.Process.Kill() })
	lines, said := bufio.NewScanner(log), ""
	for address == "" && lines.Scan() {
		said += lines.Text() + "\n"
		if m := regexp.MustCompile(`"address":"([^"]+)"`).FindStringSubmatch(lines.Text()); m != nil {
			address = "http://" + m[1]
		}
	}
	if address == "" {
		f.Fatalf("the worker does not start:\n%s", said)
	}
	go func() { _, _ = io.Copy(io.Discard, log) }()
	return address, func() {
		_ = worker.Process.Signal(syscall.SIGTERM)
		if err := worker.Wait(); err != nil {
			f.Errorf("the worker ended with %v", err)
		}
	}
}

// shows waits until a page shows all of these.
func (f *oneSync) shows(page string, want ...string) {
	f.Helper()
	var body []byte
	for deadline := time.Now().Add(fleetPatience); ; time.Sleep(50 * time.Millisecond) {
		resp, err := http.Get(page)
		if err != nil {
			f.Fatal(err)
		}
		body, err = io.ReadAll(resp.Body)
		resp.Body.Close()
		if err == nil && !slices.ContainsFunc(want, func(w string) bool { return !bytes.Contains(body, []byte(w)) }) {
			return
		}
		if time.Now().After(deadline) {
			f.Fatalf("%s lacks %q:\n%s", page, want, body)
		}
	}
}

// writes is how often accounts were written.
func (f *oneSync) writes() (n int) {
	for _, r := range f.box.Requests() {
		if r.Method != http.MethodGet && !strings.HasSuffix(r.Path, "/oauth/token") {
			n++
		}
	}
	return n
}

// A worker that cannot write its reports says so, and tries again: once there is
// room the run ends well, and what it sent is not sent again.
func TestWorkerWithoutRoom(t *testing.T) {
	for name, way := range map[string]struct {
		fill  func(t *testing.T, out string)
		clear func(t *testing.T, out string)
		says  string
	}{
		"a file in the way": {
			func(t *testing.T, out string) { writeAll(t, filepath.Join(out, "by-hand"), "not a directory") },
			func(t *testing.T, out string) { remove(t, filepath.Join(out, "by-hand")) }, "not a directory"},
		"the disk is full": {
			func(t *testing.T, out string) {
				if err := syscall.Mount("tmpfs", out, "tmpfs", 0, "size=256k"); err != nil {
					t.Skipf("only root can make a small disk: %v", err)
				}
				t.Cleanup(func() { _ = syscall.Unmount(out, syscall.MNT_DETACH) })
				_ = os.WriteFile(filepath.Join(out, "full"), make([]byte, 1<<20), 0o600) // as much as there is room for
			},
			func(t *testing.T, out string) { remove(t, filepath.Join(out, "full")) }, "no space left on device"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, out := newOneSync(t), t.TempDir()
			way.fill(t, out)
			address, end := f.worker(f.config, "--out", out)
			asked := f.command(f.config, "run", "by-hand", "--wait")
			var said bytes.Buffer
			asked.Stdout, asked.Stderr = &said, &said
			if err := asked.Start(); err != nil {
				t.Fatal(err)
			}
			f.shows(address+"/syncs/by-hand", "will try again", "exit 73: cannot write", way.says)
			sent := f.writes()
			way.clear(t, out)
			if err := asked.Wait(); err != nil || !strings.Contains(said.String(), "ended with 0") {
				t.Errorf("run --wait: %v\n%s", err, &said)
			}
			if _, err := os.Stat(filepath.Join(out, "by-hand", "result.json")); err != nil {
				t.Error(err)
			}
			want := fleetPuts + 2*fleetCreates // lists come by a put
			if f.writes() != want || sent != 0 && sent != want {
				t.Errorf("%d writes before there was room, %d in all, want %d", sent, f.writes(), want)
			}
			f.shows(address+"/syncs/by-hand", "in order", "exit 0: ")
			end()
		})
	}
}

// What one of several machines lacks ends the run there, for a person to look
// at: the page says what it lacks, and which machine.
func TestWorkerWithoutFile(t *testing.T) {
	t.Parallel()
	f := newOneSync(t)
	address, end := f.worker(strings.Replace(f.config, f.rows, filepath.Join(f.dir, "not-mounted", "in.csv"), 1))
	out, err := f.command(f.config, "run", "by-hand", "--wait").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "ended with 66") || !strings.Contains(string(out), "not-mounted") {
		t.Errorf("run --wait: %v\n%s", err, out)
	}
	host, _ := os.Hostname()
	f.shows(address+"/syncs/by-hand", "needs attention", "exit 66: no such input", "not-mounted", "on "+host+"-")
	end()
	_, end = f.worker(f.config)
	if out, err = f.command(f.config, "run", "by-hand", "--wait").CombinedOutput(); err != nil || !strings.Contains(string(out), "ended with 0") {
		t.Errorf("run --wait on a machine that has the file: %v\n%s", err, out)
	}
	end()
}

func writeAll(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}
