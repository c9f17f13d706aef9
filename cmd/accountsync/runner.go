package main

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"accountsync/config"
	"accountsync/fleet"
	"accountsync/internal/exit"
	"accountsync/internal/problem"
	"accountsync/internal/terminal"
	"accountsync/journal"
	"accountsync/reports"
	"accountsync/sync"

	"github.com/spf13/cobra"
)

// runner carries out the runs of a fleet's worker. Those of one quota domain
// share a connection and its limiter, one after the other.
type runner struct {
	*app
	syncs   map[string]*config.Sync
	domains map[string]*atomic.Pointer[app] // by name of the sync; the app of its quota domain
}

func (a *app) newRunner(store *journal.Store, syncs []fleet.Sync, confs map[string]*config.Sync) *runner {
	r := &runner{app: a, syncs: confs, domains: map[string]*atomic.Pointer[app]{}}
	a.store = store
	shared := map[string]*atomic.Pointer[app]{}
	for _, s := range syncs {
		if shared[s.Domain] == nil {
			shared[s.Domain] = new(atomic.Pointer[app])
		}
		r.domains[s.Name] = shared[s.Domain]
	}
	return r
}

// Evict frees the locks of a dead worker's run.
func (r *runner) Evict(ctx context.Context, run string) error { return r.store.Evict(ctx, run) }

// Work is one turn of work on a run. What is not done at its end goes on in
// another turn, here or elsewhere.
func (r *runner) Work(ctx context.Context, task fleet.Task) (result fleet.Result) {
	conf := r.syncs[task.Sync]
	a, err := r.ofDomain(task, conf)
	if err == nil {
		defer a.newShift(ctx, task)()
		err = sync.Safely(func() error { return a.takeTurn(conf, task) })
	}
	if errors.Is(err, errSetAside) || !task.Mine() {
		return fleet.Result{}
	}
	result = fleet.Result{Ended: true, Status: exit.Code(err)}
	result.Passes = passes(result.Status)
	if done := (*exit.Said)(nil); errors.As(err, &done) {
		result.Said = a.shift.said
	} else if err != nil {
		result.Said = reports.Impersonal(exit.Text(err))
	}
	if result.Status == problem.Denied { // the secret may be another by the next run
		r.domains[task.Sync].Store(nil)
	}
	return result
}

// passes reports whether an exit status can pass by itself. A worker writes to
// the database alone: that it cannot write says that the database is away.
func passes(status int) bool {
	return status == problem.Unreachable || status == problem.Locked || status == problem.CannotWrite
}

// ofDomain is an app with the connection of a quota domain.
func (r *runner) ofDomain(task fleet.Task, conf *config.Sync) (*app, error) {
	if a := r.domains[task.Sync].Load(); a != nil {
		return a, nil
	}
	a := &app{environ: r.environ, stdout: io.Discard, stderr: &terminal.Console{Out: io.Discard}, store: r.store, gate: &gate{}, run: &runID{}, many: 20_000, stop: r.stop}
	var err error
	if a.log, err = newLog(conf, r.stderr, a.run); err != nil {
		return nil, err
	}
	if a.api, err = a.connectTo(conf, nil); err != nil {
		return nil, err
	}
	r.domains[task.Sync].Store(a)
	return a, nil
}

// takeTurn begins the run, or goes on with it.
func (a *app) takeTurn(conf *config.Sync, task fleet.Task) error {
	turn := *conf
	conf = &turn
	conf.LockWait = 0 // who waits keeps no worker busy
	conf.AggregationWait = min(conf.AggregationWait, time.Minute)
	c := a.syncCommand()
	c.SetContext(a.stop.Killed)
	resume, err := a.left(a.stop.Draining, task.Run)
	if err != nil {
		return err
	}
	a.teller = a.newTeller(c.Name())
	a.teller.run = task.Run
	a.run.Store(&a.teller.run)
	a.teller.hook, a.teller.ping = conf.Webhook, conf.Ping
	one := a.syncOne
	if resume {
		one = func(c *cobra.Command, conf *config.Sync) error { return a.resumeOne(c, conf, task.Run) }
	} else {
		a.teller.start()
	}
	err = sync.Safely(func() error { return one(c, conf) })
	if !errors.Is(err, errSetAside) {
		a.teller.end(conf.Name, err)
	}
	return err
}

// left reports whether the run is on record, to go on with. One that had ended
// when its worker died needs nothing more; one that had no plan yet begins anew.
func (a *app) left(ctx context.Context, run string) (bool, error) {
	rec, err := a.store.Read(ctx, run)
	if unknown := (*journal.RunError)(nil); errors.As(err, &unknown) {
		return false, nil
	}
	if err != nil {
		return false, exit.OfStore(err)
	}
	head, status := rec.Head(), rec.Status()
	switch {
	case !status.Sealed:
		return false, exit.OfStore(rec.Discard(ctx))
	case status.Ended && !passes(head.ExitCode) && head.Outcome != sync.Interrupted:
		return false, &exit.Said{Code: head.ExitCode}
	}
	return true, nil
}
