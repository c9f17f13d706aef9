// Package fleet runs many syncs on many machines with River on PostgreSQL.
//
// Each schedule is a periodic job of River, each run a unique job. A run's job
// waits as pending until its quota domain (tenant and client id) is free, so
// that no worker is kept busy with waiting. A worker says every few seconds
// that it is alive; the run of one that does not is given to another, which
// takes it up where its record ends. Time is the database's: the clocks of the
// workers may differ.
package fleet

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/rs/zerolog"
)

// Sync is what the fleet has to know of a sync.
type Sync struct {
	Name     string
	Domain   string        // whose quota it uses: never two runs of one at a time
	Schedule Schedule      // nil: it runs only when it is asked for
	Deadline time.Duration // how long after it was due a run may still be begun
	Window   time.Duration // of its quota: how long the server remembers a request
}

// Schedule tells when a sync is due.
type Schedule interface {
	Next(after time.Time) time.Time // zero: never again
}

// Runner carries runs out.
type Runner interface {
	// Work works on a run until it has ended or gives way. One of which nothing
	// is on record is begun, another one taken up where its record ends. Its
	// context is cut when the run has gone to another worker.
	Work(ctx context.Context, t Task) Result
	// Evict ends what a dead worker still holds of a run: its locks. It is
	// called before anybody else takes the run up.
	Evict(ctx context.Context, run string) error
}

// Task is a turn of work on a run.
type Task struct {
	Sync, Run string
	Stop      context.Context // done: start nothing new and come back
	Slice     time.Duration   // how long to send before giving way to others
	Mine      func() bool     // whether the run is still this worker's: asked before each request
}

// Result is what became of a turn.
type Result struct {
	Ended  bool   // else it gave way, and goes on later
	Status int    // exit status, once it has ended
	Said   string // the error that ended it, fit for others
	Passes bool   // the status can pass by itself: worth another try
}

// Config is what a fleet is opened with.
type Config struct {
	URL      string // postgres://...
	Worker   string // a name for this process, unique; "" makes one
	Syncs    []Sync
	Runner   Runner
	Parallel int // runs at the same time in this process
	Log      zerolog.Logger
	// Ended is told of every run that this process brought to an end. May be nil.
	Ended func(sync, run string, status int)

	// Times are the lengths of time that tests shorten.
	Times Times
	// Clock is the clock of this machine; nil: it is time.Now.
	Clock func() time.Time
}

// Times are how long things take.
type Times struct {
	Slice time.Duration // how long a run sends before it gives way
	Lease time.Duration // how long after its last beat a worker is taken for dead
	Retry time.Duration // the first wait before a status that can pass is tried again; it doubles
	Poll  time.Duration // between looks for work
}

// withDefaults fills in what is not set. A dead worker's run is taken up
// within Lease and a sweep, which is well under three minutes.
func (t Times) withDefaults() Times {
	or := func(d *time.Duration, value time.Duration) {
		if *d == 0 {
			*d = value
		}
	}
	or(&t.Slice, time.Minute)
	or(&t.Lease, time.Minute)
	or(&t.Retry, time.Minute)
	or(&t.Poll, time.Second)
	return t
}

// longestRetry is the longest wait before another try.
const longestRetry = 30 * time.Minute

// The queues of River.
const (
	queueSyncs     = "syncs"
	queueSchedules = "schedules"
)

// Fleet is an open fleet.
type Fleet struct {
	conf   Config
	pool   *pgxpool.Pool
	client *river.Client[pgx.Tx]
	clock  *clock
	syncs  map[string]Sync
	log    zerolog.Logger
	stop   context.Context // done: give all work back
	cancel context.CancelFunc
}

// Open connects to the database, whose tables Migrate has brought up to date.
func Open(ctx context.Context, c Config) (f *Fleet, err error) {
	c.Times = c.Times.withDefaults()
	if c.Worker == "" {
		host, _ := os.Hostname()
		c.Worker = fmt.Sprintf("%s-%d-%s", host, os.Getpid(), random())
	}
	f = &Fleet{conf: c, syncs: map[string]Sync{}, log: c.Log.With().Str("worker", c.Worker).Logger()}
	f.stop, f.cancel = context.WithCancel(context.Background())
	for _, s := range c.Syncs {
		f.syncs[s.Name] = s
	}
	if f.pool, err = connect(ctx, c.URL); err != nil {
		return nil, err
	}
	f.clock = newClock(c.Clock)
	if err = f.clock.set(ctx, f.pool); err == nil {
		f.client, err = river.NewClient(riverpgxv5.New(f.pool), f.riverConfig())
	}
	if err != nil {
		f.pool.Close()
		return nil, fmt.Errorf("opening the fleet: %w", err)
	}
	return f, nil
}

func connect(ctx context.Context, url string) (*pgxpool.Pool, error) {
	conf, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err // which hides the password
	}
	conf.ConnConfig.RuntimeParams["application_name"] = "accountsync worker"
	conf.MaxConns = 8 // whatever the machine: docs/fleet.md says how many sessions a worker has
	return pgxpool.NewWithConfig(ctx, conf)
}

// riverConfig sets River up. Its own rescue of stuck jobs compares the clock
// of the leader with that of the database: it is off, and sweep does it.
func (f *Fleet) riverConfig() *river.Config {
	workers := river.NewWorkers()
	river.AddWorker(workers, &runWorker{Fleet: f})
	river.AddWorker(workers, &dueWorker{Fleet: f})
	return &river.Config{
		ID:                f.conf.Worker,
		Workers:           workers,
		Queues:            map[string]river.QueueConfig{queueSyncs: {MaxWorkers: max(f.conf.Parallel, 1)}, queueSchedules: {MaxWorkers: 2}},
		PeriodicJobs:      f.periodicJobs(),
		FetchPollInterval: f.conf.Times.Poll,
		FetchCooldown:     min(f.conf.Times.Poll, 100*time.Millisecond),
		JobTimeout:        -1,
		MaxAttempts:       maxAttempts,
		Logger:            riverLog(f.log),
		Test:              river.TestConfig{Time: f.clock},
	}
}

// maxAttempts is never reached: how often a run is tried is not River's to say.
const maxAttempts = 10_000

// Close closes the connections to the database.
func (f *Fleet) Close() {
	f.cancel()
	f.pool.Close()
}

// Run works until its context is done, then gives all work back, and returns
// when it has been given back.
func (f *Fleet) Run(ctx context.Context) error { return f.run(ctx, nil) }

// Once works off what is due, and returns when nothing is left that could be
// worked on now. A run that waits for another try is left to the next call.
func (f *Fleet) Once(ctx context.Context) error {
	return f.run(ctx, func(ctx context.Context) error {
		if err := f.dueNow(ctx); err != nil {
			return err
		}
		return f.awaitIdle(ctx)
	})
}

func (f *Fleet) run(ctx context.Context, work func(context.Context) error) error {
	if err := f.client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("starting to work: %w", err)
	}
	swept := make(chan struct{})
	go func() { defer close(swept); f.sweeps() }()
	var err error
	if work != nil {
		err = work(ctx)
	} else {
		<-ctx.Done()
	}
	f.cancel() // whoever works gives its work back
	ending, end := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer end()
	err = errors.Join(err, f.client.Stop(ending))
	<-swept
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = nil
	}
	return err
}

// ready reports whether the fleet can reach its database.
func (f *Fleet) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	return f.pool.Ping(ctx)
}

// riverLog hands on what River has to say, where it matters.
func riverLog(log zerolog.Logger) *slog.Logger {
	return slog.New(zerolog.NewSlogHandler(log.Level(zerolog.WarnLevel)))
}

// random is a few letters or digits.
func random() string { return strings.ToLower(rand.Text()[:4]) }
