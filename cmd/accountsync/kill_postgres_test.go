//go:build integration && unix

package main

import (
	"bytes"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"accountsync/internal/pgtest"
	"accountsync/internal/problem"
	"accountsync/journal"
	"accountsync/sandbox"

	"github.com/google/go-cmp/cmp"
)

// On PostgreSQL, a run that SIGKILL ends at one of its writes and that is resumed
// ends as an undisturbed one, too.
func TestKilledOnPostgres(t *testing.T) {
	t.Parallel()
	pg := pgtest.New(t)
	k := &killed{args: []string{"--removal", "disable-then-delete=14d"}, status: problem.Partial, state: func() string { return pg.Database(t) }, faults: []sandbox.Rule{
		{Method: "PUT", Match: `"a021"`, Fault: sandbox.Fault{Kind: sandbox.FaultStatus, Status: 400}},
		{Method: "PUT", Match: `"a022"`, Fault: sandbox.Fault{Kind: sandbox.FaultTaskFails, Messages: []string{"no such city"}}}}}
	calm := k.ends(t, 0, false)
	if calm.Status != k.status {
		t.Fatalf("the undisturbed run ended with %d, want %d", calm.Status, k.status)
	}
	for i, at := range []int{1, 14, 29, 43, len(calm.Writes)} {
		if d := cmp.Diff(calm, k.ends(t, int64(at), i%2 == 0)); d != "" {
			t.Errorf("killed at %d: (-calm +killed)\n%s", at, d)
		}
	}
}

// stopper calls stop before it answers a write, and lets nothing more through
// that the first process sends.
type stopper struct {
	*sandbox.Server
	at     int64
	stop   func()
	writes atomic.Int64
}

func (s *stopper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && !strings.HasSuffix(r.URL.Path, "/oauth/token") && s.writes.Add(1) == s.at {
		s.stop()
	}
	s.Server.ServeHTTP(w, r)
}

// held is a run of the program against a server of the test's own.
type held struct {
	server *stopper
	url    string
	dir    string
	args   []string
}

func newHeld(t *testing.T, state string, at int64, rate string) *held {
	t.Helper()
	h := &held{server: &stopper{Server: sandbox.New((&killed{}).seed()), at: at}, dir: t.TempDir()}
	server := httptest.NewServer(h.server)
	t.Cleanup(server.Close)
	h.url = server.URL
	rows := slices.Collect(maps.Values(killRows()))
	slices.SortFunc(rows, slices.Compare)
	h.args = []string{"--state", state, "--out", filepath.Join(h.dir, "out"), "--rate", rate, "--lost-after", "300ms"}
	h.args = append([]string{"sync", "--source", "S", "--file", writeRows(t, h.dir, rows), "--max-removals", "100%", "--max-updates", "100%", "--max-cleared", "100%",
		"--removal", "delete"}, h.args...)
	return h
}

func (h *held) command(t *testing.T, args []string) (*exec.Cmd, *bytes.Buffer) {
	c := exec.CommandContext(t.Context(), "accountsync", args...)
	c.Env = append(os.Environ(), "SAIL_BASE_URL="+h.url, "SAIL_CLIENT_ID=me", "SAIL_CLIENT_SECRET=s", "HOME="+t.TempDir())
	out := new(bytes.Buffer)
	c.Stdout, c.Stderr = out, out
	return c, out
}

// A process that is stopped while it sends, and wakes up when another one has
// carried its run to the end, sends nothing more.
func TestStoppedProcessOnPostgres(t *testing.T) {
	t.Parallel()
	pg := pgtest.New(t)
	for _, at := range []int64{2, 12, 31} {
		state := pg.Database(t)
		h := newHeld(t, state, at, "10/5s")
		first, printed := h.command(t, h.args)
		stopped := make(chan struct{})
		h.server.stop = func() {
			time.Sleep(time.Second) // the quota is used up: the others wait for it
			_ = first.Process.Signal(syscall.SIGSTOP)
			close(stopped)
		}
		if err := first.Start(); err != nil {
			t.Fatal(err)
		}
		<-stopped
		store, err := journal.Open(t.Context(), state)
		if err != nil {
			t.Fatal(err)
		}
		runs, err := store.Runs(t.Context(), journal.RunFilter{Limit: 1})
		if err == nil && len(runs) == 1 {
			err = store.Evict(t.Context(), runs[0].Run)
		}
		if err := errors.Join(err, store.Close()); err != nil || len(runs) != 1 {
			t.Fatal(len(runs), err)
		}
		resume := append([]string{"resume", "last"}, h.args[len(h.args)-8:]...)
		resume[slices.Index(resume, "10/5s")] = "1000/1s"
		second, text := h.command(t, resume)
		if err := second.Run(); err != nil {
			t.Fatalf("the second process: %v\n%s", err, text)
		}
		writes := h.server.writes.Load()
		if err := first.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		if err := first.Wait(); err == nil || !strings.Contains(printed.String(), "taken this run over") {
			t.Errorf("at %d: the first process ended with %v\n%s", at, err, printed)
		}
		if n := h.server.writes.Load() - writes; n != 0 {
			t.Errorf("at %d: the first process sent %d more", at, n)
		}
		h.check(t, text)
	}
}

// runsWithoutPostgres is a run of the program whose PostgreSQL is away since its 12th write.
func runsWithoutPostgres(t *testing.T, goes func(*pgtest.Server) error) (pg *pgtest.Server, h *held, c *exec.Cmd, printed *bytes.Buffer) {
	t.Helper()
	pg = pgtest.New(t)
	h = newHeld(t, pg.Database(t), 12, "1000/1s")
	away := make(chan error)
	h.server.stop = func() { away <- goes(pg) }
	c, printed = h.command(t, h.args)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if err := <-away; err != nil {
		t.Fatal(err)
	}
	return pg, h, c, printed
}

func stops(pg *pgtest.Server) error { pg.Stop(); return nil }

// A PostgreSQL that is away for a while in the middle of a run of the real
// program: nothing new is sent, and the run goes on when it is back.
func TestProgramWaitsForPostgres(t *testing.T) {
	t.Parallel()
	pg, h, c, printed := runsWithoutPostgres(t, stops)
	sent := h.server.writes.Load() + 16 // those whose intents were on record
	time.Sleep(3 * time.Second)
	if n := h.server.writes.Load(); n > sent {
		t.Errorf("%d writes were sent while the record was away", n-sent)
	}
	if err := pg.Start(); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, printed)
	}
	h.check(t, printed)
}

// Told to end while PostgreSQL is away, or takes questions and answers none, the
// program does not wait for it as long as a run would; what it could not record
// the next one finds out.
func TestProgramEndsWithoutPostgres(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name        string
		goes, comes func(*pgtest.Server) error
	}{
		{"stopped", stops, (*pgtest.Server).Start},
		{"frozen", (*pgtest.Server).Freeze, (*pgtest.Server).Thaw},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			pg, h, c, printed := runsWithoutPostgres(t, test.goes)
			if err := c.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- c.Wait() }()
			var err error
			select {
			case err = <-ended:
			case <-time.After(2 * time.Minute): // a run would wait for ten
				_ = c.Process.Kill()
				err = <-ended
				t.Error("it waits for the database")
			}
			if err == nil {
				t.Error("it ended with 0")
			}
			if err := test.comes(pg); err != nil || t.Failed() {
				t.Fatalf("%v\n%s", err, printed)
			}
			c, printed = h.command(t, append([]string{"resume", "last"}, h.args[len(h.args)-8:]...))
			if err := c.Run(); err != nil {
				t.Fatalf("%v\n%s", err, printed)
			}
			h.check(t, printed)
		})
	}
}

// check says what is not as killRows asks for, and which creates were sent more
// than once.
func (h *held) check(t *testing.T, printed *bytes.Buffer) {
	t.Helper()
	server := h.server.Server
	rows := killRows()
	for _, a := range server.Accounts(server.SourceID("S")) {
		row := rows[a.NativeIdentity]
		delete(rows, a.NativeIdentity)
		if row == nil || row[1] != a.Value("city") || row[2] != strings.Join(slices.Sorted(slices.Values(a.Values("groups"))), ";") {
			t.Errorf("%s: %q %q, want %q", a.NativeIdentity, a.Value("city"), a.Values("groups"), row)
		}
	}
	for native := range rows {
		t.Errorf("%s is missing", native)
	}
	for native, n := range server.Stats().Creates {
		if n > 1 {
			t.Errorf("%s was created %d times", native, n)
		}
	}
	if t.Failed() {
		t.Logf("the program said\n%s", printed)
	}
}
