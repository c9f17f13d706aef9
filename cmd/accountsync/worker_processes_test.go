//go:build integration && unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"accountsync/internal/pgtest"
	"accountsync/internal/problem"
	"accountsync/sandbox"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
)

const (
	fleetKept, fleetPuts, fleetDeletes, fleetCreates = 6, 10, 3, 5
	fleetQuota, fleetWindow                          = 400, "1s"
	fleetPatience                                    = 20 * time.Minute
)

// fleetTenant is a sandbox that sees which worker asks it.
type fleetTenant struct {
	*sandbox.Server
	t     *fleetRun
	url   string
	mu    sync.Mutex
	busy  map[string]int // requests under way, by worker
	stray []string
}

func (s *fleetTenant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	worker, _ := strings.CutPrefix(r.UserAgent(), "accountsync/")
	s.t.met(worker)
	s.mu.Lock()
	for other, n := range s.busy {
		if n > 0 && other != worker && !s.t.gone(other) {
			s.stray = append(s.stray, fmt.Sprintf("%s and %s ask at the same time: %s %s", other, worker, r.Method, r.URL.Path))
		}
	}
	s.busy[worker]++
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.busy[worker]--
	}()
	if r.Method == http.MethodGet || strings.HasSuffix(r.URL.Path, "/oauth/token") {
		s.Server.ServeHTTP(w, r)
		return
	}
	before, instead := s.t.befalls(int(s.t.writes.Add(1)), worker)
	if before != nil {
		before()
	}
	if instead == nil {
		s.Server.ServeHTTP(w, r)
		return
	}
	s.Server.ServeHTTP(httptest.NewRecorder(), r)
	instead()
	panic(http.ErrAbortHandler)
}

// fleetRun is a fleet of real processes, and what befalls it.
type fleetRun struct {
	*testing.T
	syncs, parallel    int // on so many sources, so many at the same time in each worker
	dir, state, config string
	database           *pgtest.Server
	tenants            []*fleetTenant
	writes             atomic.Int64
	// befalls is called for the nth write, which is a worker's: what happens
	// before the server works, and instead of an answer. Each may be nil.
	befalls func(n int, worker string) (before, instead func())
	replans bool // some runs may find what an earlier plan of theirs has done

	mu      sync.Mutex
	program string // of the workers that are started
	n       int
	kills   int
	workers map[string]*exec.Cmd
	dead    map[string]bool
	logs    map[string]*bytes.Buffer
	ended   map[string]chan struct{}
	seen    map[string]bool // workers that have asked a tenant for something
	restart sync.WaitGroup
}

// newFleetRun is a fleet whose syncs are all due, before any worker starts.
func newFleetRun(t *testing.T, tenants, syncs int) *fleetRun {
	f := &fleetRun{T: t, syncs: syncs, parallel: 6, dir: t.TempDir(), database: pgtest.New(t), program: "fleet", workers: map[string]*exec.Cmd{}, dead: map[string]bool{},
		logs: map[string]*bytes.Buffer{}, ended: map[string]chan struct{}{}, seen: map[string]bool{}, befalls: func(int, string) (_, _ func()) { return nil, nil }}
	f.state = f.database.Database(t)
	f.setUp(t, tenants)
	if out, err := f.command("migrate", "0s", "worker", "--migrate").CombinedOutput(); err != nil {
		t.Fatalf("worker --migrate: %v\n%s", err, out)
	}
	db := f.connect()
	defer db.Close(context.Background())
	for i := range syncs {
		if _, err := db.Exec(t.Context(), `INSERT INTO fleet_syncs (sync, since, honoured) VALUES ($1, now() - '1 day'::interval, now() - '1 day'::interval)`, syncName(i)); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(f.end)
	return f
}

// run has three workers work until all runs have ended, and checks what is there.
func (f *fleetRun) run() {
	begun := time.Now()
	for range 3 {
		f.start()
	}
	db := f.connect()
	var left int
	for left = -1; left != 0; time.Sleep(200 * time.Millisecond) {
		if time.Since(begun) > fleetPatience {
			f.end()
			for name, log := range f.logs {
				f.Logf("%s:\n%s", name, log)
			}
			f.Fatalf("%d runs have not ended", left)
		}
		err := db.QueryRow(f.Context(), `SELECT count(*) - (SELECT count(*) FROM fleet_runs WHERE ended IS NOT NULL) FROM fleet_syncs`).Scan(&left)
		if err != nil { // while PostgreSQL is away
			_ = db.Close(context.Background())
			db, left = f.connect(), -1
		}
	}
	f.Logf("%s for %d writes, %d workers, %d kills", time.Since(begun).Round(time.Second), f.writes.Load(), f.n, f.kills)
	f.end()
	f.check(db)
}

// met takes note of a worker that works.
func (f *fleetRun) met(worker string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen[worker] = true
}

// gone reports whether a worker has been killed or stopped: a request of its
// may still be under way at the server.
func (f *fleetRun) gone(worker string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dead[worker]
}

// start starts a worker whose clock is off.
func (f *fleetRun) start() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n++
	name := fmt.Sprintf("worker-%d", f.n)
	level := os.Getenv("FLEET_TEST_LOG")
	if level == "" {
		level = "warn"
	}
	c := f.commandOf(f.program, name, []string{"0s", "2m", "-2m"}[f.n%3], "worker", "--parallel", strconv.Itoa(f.parallel), "--log-level", level)
	f.logs[name] = &bytes.Buffer{}
	c.Stdout, c.Stderr = f.logs[name], f.logs[name]
	if err := c.Start(); err != nil {
		f.Error(err)
		return
	}
	f.workers[name] = c
	ended := make(chan struct{})
	f.ended[name] = ended
	go func() {
		defer close(ended)
		err := c.Wait()
		if f.gone(name) {
			return
		}
		f.mu.Lock()
		f.dead[name] = true
		f.mu.Unlock()
		if c.ProcessState.ExitCode() != problem.CannotWrite { // PostgreSQL was away when it began: whoever started it tries again
			f.Errorf("%s ended with %v:\n%s", name, err, f.logs[name])
			return
		}
		time.Sleep(200 * time.Millisecond)
		f.start()
	}()
}

func (f *fleetRun) command(name, clock string, args ...string) *exec.Cmd {
	return f.commandOf("fleet", name, clock, args...)
}

func (f *fleetRun) commandOf(program, name, clock string, args ...string) *exec.Cmd {
	c := exec.Command(program, append(args, "--config", f.config, "--state", f.state)...)
	c.Env = append(os.Environ(), "HOME="+f.dir, "FLEET_TEST_NAME="+name, "FLEET_TEST_CLOCK="+clock, "SECRET=s")
	return c
}

// kill kills a worker, and starts another.
func (f *fleetRun) kill(worker string) {
	f.mu.Lock()
	c := f.workers[worker]
	if c == nil || f.dead[worker] {
		f.mu.Unlock()
		return
	}
	f.dead[worker] = true
	f.kills++
	f.mu.Unlock()
	_ = c.Process.Kill()
	f.restart.Go(f.start)
}

// killed is how often kill has killed a worker.
func (f *fleetRun) killed() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.kills
}

// killAll kills all workers, and returns when they have ended.
func (f *fleetRun) killAll() {
	f.mu.Lock()
	var ended []chan struct{}
	for name, c := range f.workers {
		if !f.dead[name] {
			f.dead[name] = true
			_ = c.Process.Kill()
			ended = append(ended, f.ended[name])
		}
	}
	f.mu.Unlock()
	for _, e := range ended {
		<-e
	}
}

// interruptTwice tells a worker to end, and then not to wait for what is under
// way either; it starts another one.
func (f *fleetRun) interruptTwice(worker string) {
	f.mu.Lock()
	c, ended := f.workers[worker], f.ended[worker]
	gone := f.dead[worker]
	f.dead[worker] = true
	f.mu.Unlock()
	if gone {
		return
	}
	_ = c.Process.Signal(syscall.SIGTERM)
	time.Sleep(100 * time.Millisecond) // two signals of a kind may become one
	_ = c.Process.Signal(syscall.SIGTERM)
	f.restart.Go(func() {
		<-ended
		if code := c.ProcessState.ExitCode(); code != problem.OK && code != problem.Interrupted {
			f.Errorf("after a second SIGTERM %s ended with %d:\n%s", worker, code, f.logs[worker])
		}
		f.start()
	})
}

// stopFor stops a worker for longer than its lease. When it goes on, its runs
// are another worker's.
func (f *fleetRun) stopFor(worker string, length time.Duration) {
	f.mu.Lock()
	c := f.workers[worker]
	f.dead[worker] = true
	f.mu.Unlock()
	_ = c.Process.Signal(syscall.SIGSTOP)
	f.restart.Go(func() {
		time.Sleep(length)
		f.mu.Lock()
		f.dead[worker] = false // from now on it must not send for what is not its own
		f.mu.Unlock()
		_ = c.Process.Signal(syscall.SIGCONT)
	})
}

// TestFleetOfProcesses runs 40 syncs of 12 tenants on three workers whose
// clocks are two minutes apart, kills workers at 50 points before and after
// writes, stops two for longer than they may be silent, has one not wait for
// calls under way, and restarts PostgreSQL: each schedule is honoured once,
// every run ends as an undisturbed one, nothing is sent twice, and no tenant is
// ever asked by two workers.
func TestFleetOfProcesses(t *testing.T) {
	const kills, every = 50, 12 // at every twelfth write
	f := newFleetRun(t, 12, 40)
	f.befalls = func(n int, worker string) (before, instead func()) {
		switch {
		case n == 130 || n == 350:
			return func() { f.stopFor(worker, 8*time.Second) }, nil
		case n == 210:
			f.restart.Go(func() { // PostgreSQL is away for a while
				f.database.Stop()
				time.Sleep(500 * time.Millisecond)
				if err := f.database.Start(); err != nil {
					f.Error(err)
				}
			})
		case n == 290:
			return func() { f.interruptTwice(worker) }, nil
		case n%every == 0 && f.killed() < kills && n%(2*every) == 0:
			return nil, func() { f.kill(worker) }
		case n%every == 0 && f.killed() < kills:
			return func() { f.kill(worker) }, nil
		}
		return nil, nil
	}
	f.run()
	if n := f.killed(); n < kills {
		t.Errorf("only %d kills", n)
	}
}

func syncName(i int) string { return fmt.Sprintf("sync-%02d", i) }

// fleetSeed is a tenant with its sources.
func fleetSeed(n, tenants, syncs int) *sandbox.Seed {
	seed := &sandbox.Seed{Clients: []sandbox.Client{{ID: "me", Secret: "s"}}, TaskDelay: sandbox.Duration(20 * time.Millisecond),
		Rate: &sandbox.Rate{Kind: sandbox.RateSliding, Limit: fleetQuota, Window: sandbox.Duration(time.Second)}}
	for i := n; i < syncs; i += tenants {
		source := sandbox.SourceSeed{Name: syncName(i), Schema: sandbox.SchemaSeed{IdentityAttribute: "id",
			Attributes: []sandbox.AttributeSeed{{Name: "id"}, {Name: "city"}, {Name: "groups", IsMulti: true}}}}
		for a := range fleetKept + fleetPuts + fleetDeletes {
			source.Accounts = append(source.Accounts, sandbox.AccountSeed{Attributes: sandbox.Attributes{"id": fmt.Sprintf("a%02d", a), "city": "Oslo", "groups": []string{"VPN"}}})
		}
		seed.Sources = append(seed.Sources, source)
	}
	return seed
}

// setUp makes the tenants, the desired states and the configuration.
func (f *fleetRun) setUp(t *testing.T, tenants int) {
	due := time.Now().UTC().Add(-3 * time.Minute)
	var text strings.Builder
	fmt.Fprintf(&text, "rate: %d/%s\nlost-after: 300ms\nworkers: 4\ndefaults:\n  removal: delete\n  max-removals: 100%%\n  max-updates: 100%%\n  max-cleared: 100%%\nsyncs:\n", fleetQuota, fleetWindow)
	for n := range tenants {
		s := &fleetTenant{Server: sandbox.New(fleetSeed(n, tenants, f.syncs)), t: f, busy: map[string]int{}}
		server := httptest.NewServer(s)
		t.Cleanup(server.Close)
		s.url = server.URL
		f.tenants = append(f.tenants, s)
	}
	for i := range f.syncs {
		dir := filepath.Join(f.dir, syncName(i))
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&text, "  - name: %s\n    source: %[1]s\n    file: %s\n    schedule: \"%d %d * * *\"\n    starting-deadline: 1h\n    tenant:\n      base-url: %s\n      client-id: me\n      client-secret-variable: SECRET\n",
			syncName(i), writeRows(t, dir, slices.Collect(maps.Values(fleetRows()))), due.Minute(), due.Hour(), f.tenants[i%len(f.tenants)].url)
	}
	f.config = filepath.Join(f.dir, "fleet.yaml")
	if err := os.WriteFile(f.config, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// fleetRows are the desired rows of each sync.
func fleetRows() map[string][]string { return desiredRows("%02d", fleetKept, fleetPuts, fleetCreates) }

func (f *fleetRun) connect() *pgx.Conn {
	f.Helper()
	for range 1200 {
		if db, err := pgx.Connect(context.Background(), f.state); err == nil {
			return db
		}
		time.Sleep(50 * time.Millisecond)
	}
	f.Fatal("PostgreSQL does not come back")
	return nil
}

// end tells all workers to end; they must do so at once.
func (f *fleetRun) end() {
	f.restart.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	for name, c := range f.workers {
		if f.dead[name] {
			continue
		}
		f.dead[name] = true
		_ = c.Process.Signal(syscall.SIGTERM)
		stuck := time.AfterFunc(30*time.Second, func() { _ = c.Process.Kill() })
		f.mu.Unlock()
		<-f.ended[name]
		f.mu.Lock()
		if code := c.ProcessState.ExitCode(); code != 0 {
			f.Errorf("%s ended with %d:\n%s", name, code, f.logs[name])
		}
		stuck.Stop()
	}
}

// explain shows what did not end well of a run.
func (f *fleetRun) explain(sync string) {
	db := f.connect()
	defer db.Close(context.Background())
	rows, err := db.Query(context.Background(), `SELECT u.op, u.state, u.code, convert_from(u.result, 'UTF8') FROM outcomes u
		JOIN runs r ON r.id = u.id >> 32 JOIN fleet_runs f ON f.run = r.run WHERE f.sync = $1 AND u.state <> 'verified'`, sync)
	if err != nil {
		f.Error(err)
		return
	}
	for rows.Next() {
		var op, state, code, result string
		if err := rows.Scan(&op, &state, &code, &result); err != nil {
			f.Error(err)
		}
		f.Logf("%s: %s %s: %s %s", sync, state, code, op, result)
	}
}

// check holds what is there against what an undisturbed fleet leaves.
func (f *fleetRun) check(db *pgx.Conn) {
	rows, err := db.Query(context.Background(), `SELECT r.sync, r.status, r.tries, r.said, count(*) OVER (PARTITION BY r.sync), coalesce(convert_from(j.head, 'UTF8'), '') FROM fleet_runs r LEFT JOIN runs j ON j.run = r.run`)
	if err != nil {
		f.Fatal(err)
	}
	n := 0
	for rows.Next() {
		var sync, said, head string
		var status, tries, times int
		if err := rows.Scan(&sync, &status, &tries, &said, &times, &head); err != nil {
			f.Fatal(err)
		}
		n++
		if status != 0 || times != 1 {
			f.Errorf("%s: status %d after %d tries, %d runs: %s", sync, status, tries, times, said)
			f.explain(sync)
		}
		var recorded struct {
			Totals struct {
				Create, Put, Delete struct{ Planned, Verified int }
			} `json:"totals"`
		}
		if err := json.Unmarshal([]byte(head), &recorded, json.MatchCaseInsensitiveNames(true)); err != nil {
			f.Fatal(err)
		}
		t := recorded.Totals
		if f.replans {
			if t.Create.Planned != t.Create.Verified || t.Put.Planned != t.Put.Verified || t.Delete.Planned != t.Delete.Verified {
				f.Errorf("%s: not all that was planned is verified: %+v", sync, t)
			}
			continue
		}
		if got, want := []int{t.Create.Planned, t.Create.Verified, t.Put.Planned, t.Put.Verified, t.Delete.Planned, t.Delete.Verified},
			[]int{fleetCreates, fleetCreates, fleetPuts, fleetPuts, fleetDeletes, fleetDeletes}; !slices.Equal(got, want) {
			f.Errorf("%s: creates, puts and deletes, planned and verified: %v, want %v", sync, got, want)
		}
	}
	if n != f.syncs {
		f.Errorf("%d runs for %d schedules", n, f.syncs)
	}
	var perOperation, perRun float64
	if err := db.QueryRow(context.Background(), `SELECT (SELECT sum(pg_column_size(b.*)) / sum(b.operations) FROM blocks b) + (SELECT avg(pg_column_size(u.*)) FROM outcomes u), (SELECT avg(pg_column_size(r.*)) FROM runs r)`).Scan(&perOperation, &perRun); err != nil {
		f.Error(err)
	}
	f.Logf("%.0f bytes an operation, %.0f a run, without indexes", perOperation, perRun)
	for i, s := range f.tenants {
		for _, stray := range s.stray {
			f.Errorf("tenant %d: %s", i, stray)
		}
		stats := s.Stats()
		for native, n := range stats.Creates { // of three or four sources
			if most := (f.syncs - i + len(f.tenants) - 1) / len(f.tenants); n != most {
				f.Errorf("tenant %d: the create of %s was sent %d times, for %d sources", i, native, n, most)
			}
		}
		if stats.Refused > 0 {
			f.Errorf("tenant %d refused %d requests: %d in a window", i, stats.Refused, stats.MaxInWindow)
		}
	}
	want := fleetRows()
	for i := range f.syncs {
		s := f.tenants[i%len(f.tenants)]
		accounts := s.Accounts(s.SourceID(syncName(i)))
		if len(accounts) != len(want) {
			f.Errorf("%s: %d accounts, want %d", syncName(i), len(accounts), len(want))
		}
		for _, a := range accounts {
			groups := slices.Sorted(slices.Values(a.Values("groups")))
			got := []string{a.NativeIdentity, a.Value("city"), strings.Join(groups, ";")}
			if !slices.Equal(got, want[a.NativeIdentity]) {
				f.Errorf("%s: account %q, want %q", syncName(i), got, want[a.NativeIdentity])
			}
		}
	}
}
