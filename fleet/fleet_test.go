//go:build integration && unix

package fleet

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"accountsync/internal/pgtest"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/rs/zerolog"
)

// TestMain runs the tests side by side: most of their time they wait.
func TestMain(m *testing.M) {
	flag.Parse()
	_ = flag.Set("test.parallel", "8")
	os.Exit(pgtest.Main(m))
}

var short = Times{Slice: 300 * time.Millisecond, Lease: 3 * time.Second, Retry: 200 * time.Millisecond, Poll: 50 * time.Millisecond}

// world is what the runners of all workers do, as the API would see it.
type world struct {
	*testing.T
	mu      sync.Mutex
	using   map[string]string // quota domain: run
	turns   map[string]int    // of each run
	ended   map[string]int    // how often each run ended
	workers map[string]bool
	log     lines
	work    func(ctx context.Context, t Task, turn int) Result
}

func newWorld(t *testing.T) *world {
	return &world{T: t, using: map[string]string{}, turns: map[string]int{}, ended: map[string]int{}, workers: map[string]bool{}}
}

// lines are the lines of a log.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, string(line))
	return len(line), nil
}

// said reports whether the log said something of a sync and a time.
func (w *world) said(sync string, due time.Time, words string) bool {
	w.log.mu.Lock()
	defer w.log.mu.Unlock()
	return slices.ContainsFunc(w.log.all, func(line string) bool {
		return strings.Contains(line, `"`+sync+`"`) && strings.Contains(line, due.UTC().Format(time.RFC3339)) && strings.Contains(line, words)
	})
}

// domainOf is the quota domain of a sync of these tests: s03-17 is of d03.
func domainOf(sync string) string { return "d" + sync[1:3] }

type runner struct {
	*world
	name string
}

func (r runner) Work(ctx context.Context, t Task) Result {
	r.mu.Lock()
	if other, taken := r.using[domainOf(t.Sync)]; taken {
		r.Errorf("%s is used by %s and %s at the same time", domainOf(t.Sync), other, t.Run)
	}
	r.using[domainOf(t.Sync)] = t.Run
	r.turns[t.Run]++
	turn := r.turns[t.Run]
	r.workers[r.name] = true
	r.mu.Unlock()
	result := r.work(ctx, t, turn)
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.using, domainOf(t.Sync))
	if result.Ended && !result.Passes {
		r.ended[t.Run]++
	}
	return result
}

func (r runner) Evict(context.Context, string) error { return nil }

// open opens a worker of the world, whose clock is off.
func (w *world) open(url, name string, off time.Duration, syncs []Sync) *Fleet {
	w.Helper()
	f, err := Open(w.Context(), Config{URL: url, Worker: name, Syncs: syncs, Runner: runner{w, name}, Parallel: 6, Times: short,
		Log: zerolog.New(io.MultiWriter(zerolog.NewTestWriter(w), &w.log)).Level(zerolog.WarnLevel), Clock: func() time.Time { return time.Now().Add(off) }})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(f.Close)
	return f
}

// start has a worker work, until the function it gives is called.
func (w *world) start(f *Fleet) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			w.Error(err)
		}
	})
	w.Cleanup(stop)
	return stop
}

// runs are the rows of fleet_runs.
func (w *world) runs(f *Fleet, where string) (all []row) {
	w.Helper()
	rows, err := f.pool.Query(context.Background(), `SELECT run, sync, slot, ended IS NOT NULL, coalesce(status, -1), tries FROM fleet_runs WHERE `+where+` ORDER BY sync, slot`)
	if err != nil {
		w.Fatal(err)
	}
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.run, &r.sync, &r.slot, &r.ended, &r.status, &r.tries); err != nil {
			w.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

type row struct {
	run, sync     string
	slot          time.Time
	ended         bool
	status, tries int
}

func (w *world) await(what string, done func() bool) {
	w.Helper()
	for range 1200 {
		if done() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	w.Fatalf("waited for this in vain: %s", what)
}

func database(t *testing.T) string {
	t.Helper()
	url := pgtest.Database(t)
	var all sync.WaitGroup
	for range 3 { // workers that start at the same time
		all.Go(func() {
			if err := Migrate(t.Context(), url); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	return url
}

// Three workers whose clocks are two minutes apart, two of which end at some
// time: every time that a sync is due is honoured once, and no quota domain is
// ever used by two.
func TestSchedules(t *testing.T) {
	t.Parallel()
	w, url := newWorld(t), database(t)
	w.work = func(ctx context.Context, t Task, turn int) Result {
		if turn < 2 { // gives way once
			time.Sleep(5 * time.Millisecond)
			return Result{}
		}
		return Result{Ended: true}
	}
	var syncs []Sync
	for i := range 40 {
		name := fmt.Sprintf("s%02d-%d", i%12, i)
		syncs = append(syncs, Sync{Name: name, Domain: domainOf(name), Schedule: every(6 * time.Second), Deadline: time.Minute})
	}
	var fleets []*Fleet
	for i, off := range []time.Duration{0, 2 * time.Minute, -2 * time.Minute} {
		fleets = append(fleets, w.open(url, fmt.Sprintf("w%d", i), off, syncs))
	}
	var stops []func()
	for _, f := range fleets {
		stops = append(stops, w.start(f))
	}
	begun := time.Now()
	for i := range fleets {
		time.Sleep(8 * time.Second)
		name := fmt.Sprintf("w%d", i)
		w.await(name+" to work", func() bool { w.mu.Lock(); defer w.mu.Unlock(); return w.workers[name] })
		if i < 2 {
			stops[i]()
		}
	}
	until := time.Now().UTC().Format("'" + time.RFC3339 + "'")
	w.await("all runs until now to end", func() bool { return len(w.runs(fleets[2], "ended IS NULL AND slot < "+until)) == 0 })
	stops[2]()
	slots := map[string][]time.Time{}
	for _, r := range w.runs(fleets[2], "true") {
		slots[r.sync] = append(slots[r.sync], r.slot)
		if n := w.ended[r.run]; r.ended && n != 1 {
			t.Errorf("run %s ended %d times", r.run, n)
		}
	}
	for _, s := range syncs {
		got := slots[s.Name]
		honoured := func(due time.Time) bool {
			return slices.ContainsFunc(got, due.Equal) || w.said(s.Name, due, "before it could begin") || w.said(s.Name, due, "caught up once") // on a slow machine
		}
		n := 0
		for due := begun.UTC().Truncate(6 * time.Second); due.Before(time.Now()); due = due.Add(6 * time.Second) {
			if honoured(due) {
				n++
			}
		}
		if n < 3 || len(got) == 0 {
			t.Errorf("%s was due at least 3 times in %s and has runs for %v", s.Name, time.Since(begun), got)
			continue
		}
		for due := got[0]; due.Before(got[len(got)-1]); due = due.Add(6 * time.Second) {
			if !honoured(due) {
				t.Errorf("%s was due at %s, and has runs for %v", s.Name, due, got)
			}
		}
		if off := time.Since(got[len(got)-1]); off < 0 || off > 30*time.Second {
			t.Errorf("%s: its last run was due %s ago", s.Name, off)
		}
	}
}

// Of what is pruned the newest run of each sync stays, and the newest good one.
func TestPrune(t *testing.T) {
	t.Parallel()
	w, url := newWorld(t), database(t)
	f := w.open(url, "w0", 0, []Sync{{Name: "s00-a", Domain: "d00"}, {Name: "s01-b", Domain: "d01"}})
	const day = 24 * time.Hour
	insert(t, f, "a-fails", "s00-a", day, 4, "")
	insert(t, f, "a-newest-good", "s00-a", 5*day, 0, "")
	insert(t, f, "a-good", "s00-a", 6*day, 0, "")
	insert(t, f, "b-newest", "s01-b", 90*day, 0, "")
	insert(t, f, "b-older", "s01-b", 91*day, 0, "")
	if _, err := f.Ask(t.Context(), "s01-b"); err != nil {
		t.Fatal(err)
	}
	n, err := Prune(t.Context(), url, time.Now().Add(-2*day))
	var left []string
	for _, r := range w.runs(f, "ended IS NOT NULL") {
		left = append(left, r.run)
	}
	if want := []string{"a-newest-good", "a-fails", "b-newest"}; err != nil || n != 2 || !slices.Equal(left, want) || len(w.runs(f, "ended IS NULL")) != 1 {
		t.Errorf("%d forgotten, left %v, %v; want %v", n, left, err, want)
	}
	if n, err := Prune(t.Context(), pgtest.Database(t), time.Now()); n != 0 || err != nil {
		t.Errorf("a database without workers: %d, %v", n, err)
	}
}

// During a rolling update a worker of the older configuration leaves what it
// does not know to those who do.
func TestOlderConfiguration(t *testing.T) {
	t.Parallel()
	w, url := newWorld(t), database(t)
	w.work = func(context.Context, Task, int) Result { return Result{Ended: true} }
	known := Sync{Name: "s01-known", Domain: "d01", Schedule: every(time.Hour), Deadline: 2 * time.Hour}
	added := Sync{Name: "s02-added", Domain: "d02", Schedule: every(time.Hour), Deadline: 2 * time.Hour}
	older := w.open(url, "w0", 0, []Sync{known})
	if _, err := older.pool.Exec(t.Context(), `INSERT INTO fleet_syncs (sync, since, honoured) VALUES ('s02-added', now() - '1 day'::interval, now() - '1 day'::interval)`); err != nil {
		t.Fatal(err)
	}
	w.start(older)
	job, err := older.client.Insert(t.Context(), dueArgs{added.Name}, &river.InsertOpts{Queue: queueSchedules})
	if err != nil {
		t.Fatal(err)
	}
	w.await("the older worker to leave the job to others", func() bool {
		row, err := older.client.JobGet(t.Context(), job.Job.ID)
		if err == nil && row.FinalizedAt != nil {
			t.Fatalf("the older worker has dropped it: %s", row.State)
		}
		return err == nil && row.AttemptedAt != nil && row.State != rivertype.JobStateRunning
	})
	w.start(w.open(url, "w1", 0, []Sync{known, added})) // the older one leads
	w.await("the run of the added sync", func() bool {
		return len(w.runs(older, "sync = 's02-added' AND ended IS NOT NULL")) == 1
	})
}

// Two fleets in one database: whoever leads has the schedules of one of them
// only, and each gets its runs all the same.
func TestTwoFleets(t *testing.T) {
	t.Parallel()
	w, url := newWorld(t), database(t)
	w.work = func(context.Context, Task, int) Result { return Result{Ended: true} }
	one := Sync{Name: "s01-one", Domain: "d01", Schedule: every(5 * time.Second), Deadline: time.Minute}
	two := Sync{Name: "s02-two", Domain: "d02", Schedule: every(5 * time.Second), Deadline: time.Minute}
	first := w.open(url, "w0", 0, []Sync{one})
	w.start(first)
	w.await("the first fleet to lead", func() bool { return len(w.runs(first, "sync = 's01-one' AND ended IS NOT NULL")) >= 1 })
	w.start(w.open(url, "w1", 0, []Sync{two}))
	w.await("runs of both", func() bool {
		return len(w.runs(first, "sync = 's01-one' AND status = 0")) >= 3 && len(w.runs(first, "sync = 's02-two' AND status = 0")) >= 2
	})
}

// A run that waits for a sync which has since been removed, or renamed, is ended
// with 78: for a while a worker with a newer configuration may know the sync.
func TestRemoved(t *testing.T) {
	t.Parallel()
	w, url := newWorld(t), database(t)
	w.work = func(context.Context, Task, int) Result { return Result{Ended: true} }
	before := w.open(url, "w0", 0, []Sync{{Name: "s01-old", Domain: "d01", Schedule: every(time.Hour)}})
	run, err := before.Ask(t.Context(), "s01-old")
	if err != nil {
		t.Fatal(err)
	}
	due, err := before.client.Insert(t.Context(), dueArgs{"s01-old"}, &river.InsertOpts{Queue: queueSchedules})
	if err != nil {
		t.Fatal(err)
	}
	after := w.open(url, "w1", 0, []Sync{{Name: "s01-new", Domain: "d01"}})
	w.start(after)
	w.await("the run to be left to others", func() bool {
		var left int
		err := after.pool.QueryRow(t.Context(), `SELECT count(*) FROM river_job WHERE attempted_at IS NOT NULL AND state <> 'running' AND finalized_at IS NULL`).Scan(&left)
		return err == nil && left == 2
	})
	if asked, err := after.Ask(t.Context(), "s01-new"); err != nil {
		t.Fatal(err)
	} else {
		w.await("a run of the same quota domain", func() bool { return len(w.runs(after, "run = '"+asked+"' AND status = 0")) == 1 })
	}
	if len(w.runs(after, "run = '"+run+"' AND ended IS NULL")) != 1 {
		t.Error("the run was given up at once")
	}
	if _, err := after.pool.Exec(t.Context(), `UPDATE river_job SET created_at = created_at - '2 hours'::interval`); err != nil {
		t.Fatal(err)
	}
	w.await("the run to be given up", func() bool {
		row, err := after.client.JobGet(t.Context(), due.Job.ID)
		return len(w.runs(after, "run = '"+run+"' AND status = 78 AND ended IS NOT NULL")) == 1 && err == nil && row.FinalizedAt != nil
	})
}

// A program does not touch tables that a newer one has migrated.
func TestNewerTables(t *testing.T) {
	t.Parallel()
	for tables, statement := range map[string]string{
		"the fleet": `INSERT INTO accountsync_fleet_schema (version_id, is_applied) VALUES (7, true)`,
		"River":     `INSERT INTO river_migration (line, version) VALUES ('main', 700)`,
	} {
		w, url := newWorld(t), database(t)
		f := w.open(url, "w0", 0, nil)
		if _, err := f.pool.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
		err := Migrate(t.Context(), url)
		if newer := (*NewerError)(nil); !errors.As(err, &newer) || newer.Tables != tables || !strings.Contains(err.Error(), "were migrated by a newer accountsync") {
			t.Errorf("tables of %s from a newer program: %v", tables, err)
		}
	}
}

// What fell due while nobody was there is caught up once, within the deadline.
func TestCatchUp(t *testing.T) {
	t.Parallel()
	w, url := newWorld(t), database(t)
	w.work = func(context.Context, Task, int) Result { return Result{Ended: true} }
	hourly := every(time.Hour)
	syncs := []Sync{{Name: "s01-in", Domain: "d01", Schedule: hourly, Deadline: 2 * time.Hour}, {Name: "s02-late", Domain: "d02", Schedule: hourly, Deadline: time.Millisecond},
		{Name: "s03-new", Domain: "d03", Schedule: hourly, Deadline: 2 * time.Hour}}
	f := w.open(url, "w0", 0, syncs)
	if _, err := f.pool.Exec(t.Context(), `INSERT INTO fleet_syncs (sync, since, honoured) SELECT s, now() - '1 day'::interval, now() - '5 hours'::interval FROM unnest(ARRAY['s01-in', 's02-late']) s`); err != nil {
		t.Fatal(err)
	}
	w.start(f)
	w.start(w.open(url, "w1", 0, syncs))
	w.await("a run", func() bool { return len(w.runs(f, "ended IS NOT NULL")) >= 1 })
	time.Sleep(time.Second)
	runs := w.runs(f, "true")
	if len(runs) != 1 || runs[0].sync != "s01-in" || !runs[0].slot.Equal(time.Now().Truncate(time.Hour)) {
		t.Errorf("one run of s01-in, for the last full hour, was to be caught up: %+v", runs)
	}
}

// A status that can pass is tried again with growing waits; one that a person
// must look at is not.
func TestTries(t *testing.T) {
	t.Parallel()
	w, url := newWorld(t), database(t)
	var began []time.Time
	w.work = func(_ context.Context, task Task, turn int) Result {
		if task.Sync == "s01-blocked" {
			return Result{Ended: true, Status: 4, Said: "blocked by guard removals"}
		}
		began = append(began, time.Now())
		return Result{Ended: true, Status: 69, Passes: turn < 4, Said: "connection refused"}
	}
	f := w.open(url, "w0", 0, []Sync{{Name: "s01-blocked", Domain: "d01", Deadline: time.Hour}, {Name: "s02-away", Domain: "d02", Deadline: time.Hour}})
	for _, name := range []string{"s01-blocked", "s02-away"} {
		if _, err := f.Ask(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Ask(t.Context(), "s02-away"); !errors.As(err, new(*WaitingError)) {
		t.Errorf("it waits already, and could be asked for again: %v", err)
	}
	w.start(f)
	w.await("both runs to end", func() bool { return len(w.runs(f, "ended IS NOT NULL")) == 2 })
	runs := w.runs(f, "true")
	if len(runs) != 2 || runs[0].status != 4 || runs[0].tries != 0 || runs[1].status != 69 || runs[1].tries != 3 {
		t.Errorf("%+v", runs)
	}
	if len(began) != 4 {
		t.Fatalf("%d tries", len(began))
	}
	for i := 1; i < len(began); i++ {
		if wait, least := began[i].Sub(began[i-1]), short.Retry<<(i-1); wait < least {
			t.Errorf("wait %d was %s, less than %s", i, wait, least)
		}
	}
	var states string
	if err := f.pool.QueryRow(t.Context(), `SELECT string_agg(state::text || ' ' || coalesce(errors[1]->>'error', ''), '; ' ORDER BY id) FROM river_job WHERE kind = 'sync'`).Scan(&states); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(states, "cancelled exit 4: blocked by guard removals; cancelled exit 69:") {
		t.Errorf("River's page shows: %s", states)
	}
}

// A worker that is told to end gives its run back at once.
func TestGivenBack(t *testing.T) {
	t.Parallel()
	w, url := newWorld(t), database(t)
	begun := make(chan string, 9)
	w.work = func(_ context.Context, task Task, turn int) Result {
		begun <- task.Run
		if turn > 1 {
			return Result{Ended: true}
		}
		<-task.Stop.Done()
		return Result{}
	}
	syncs := []Sync{{Name: "s01-a", Domain: "d01"}}
	f, other := w.open(url, "w0", 0, syncs), w.open(url, "w1", 0, syncs)
	if _, err := f.Ask(t.Context(), "s01-a"); err != nil {
		t.Fatal(err)
	}
	stop := w.start(f)
	<-begun
	w.start(other)
	time.Sleep(4 * time.Second) // longer than a lease: it is kept
	if len(begun) > 0 {
		t.Fatal("the run of a living worker went to another")
	}
	at := time.Now()
	stop()
	<-begun
	if took := time.Since(at); took > 2*time.Second {
		t.Errorf("it was given back after %s", took)
	}
}

// A worker that works and says no more is dead: its run goes to another, and
// it must have stopped before.
func TestOutOfTouch(t *testing.T) {
	t.Parallel()
	w, url := newWorld(t), database(t)
	var turns, cut atomic.Int64
	w.work = func(ctx context.Context, task Task, turn int) Result {
		if turns.Add(1) > 1 {
			return Result{Ended: true}
		}
		<-ctx.Done()
		if task.Mine() {
			t.Error("it was cut off while the run was still its own")
		}
		cut.Store(time.Now().UnixNano())
		return Result{}
	}
	syncs := []Sync{{Name: "s01-a", Domain: "d01"}}
	f, other := w.open(url, "w0", 0, syncs), w.open(url, "w1", 0, syncs)
	run, err := f.Ask(t.Context(), "s01-a")
	if err != nil {
		t.Fatal(err)
	}
	w.start(f)
	w.await("the run to begin", func() bool { return turns.Load() == 1 })
	if _, err := other.pool.Exec(t.Context(), `UPDATE fleet_runs SET worker = 'w0 out of touch' WHERE run = $1`, run); err != nil { // its beats reach nothing
		t.Fatal(err)
	}
	w.start(other)
	w.await("another worker to end the run", func() bool { return len(w.runs(f, "ended IS NOT NULL")) == 1 })
	if cut.Load() == 0 || turns.Load() != 2 {
		t.Errorf("%d turns", turns.Load())
	}
}

// worker --once works off what is due, and ends.
func TestOnce(t *testing.T) {
	t.Parallel()
	w, url := newWorld(t), database(t)
	w.work = func(_ context.Context, _ Task, turn int) Result { return Result{Ended: turn > 1} }
	syncs := []Sync{{Name: "s01-a", Domain: "d01", Schedule: every(time.Hour), Deadline: 2 * time.Hour}, {Name: "s01-b", Domain: "d01", Schedule: every(time.Hour), Deadline: 2 * time.Hour}, {Name: "s02-never", Domain: "d02"}}
	for range 2 { // the second finds nothing due
		f := w.open(url, "w-"+random(), 0, syncs)
		if err := f.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		if runs := w.runs(f, "ended IS NOT NULL AND status = 0"); len(runs) != 2 || runs[0].sync != "s01-a" || runs[1].sync != "s01-b" {
			t.Errorf("%+v", runs)
		}
	}
}
