// Package worker carries the syncs of a configuration file out as a fleet has
// them due, each run as a job, turn by turn.
package worker

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"accountsync/config"
	"accountsync/fleet"
	"accountsync/internal/exit"
	"accountsync/internal/problem"
	"accountsync/job"
)

// Options are what a worker is told beside its syncs.
type Options struct {
	Once    bool // work off what is due, and end
	Migrate bool // bring the tables of the database up to date, and end
	Pages   Pages
	Times   fleet.Times      // zero: the usual ones
	Clock   func() time.Time // nil: the machine's
}

// Run works until it is told to stop, or until nothing is due.
func Run(env *job.Env, syncs []*config.Sync, whole *config.Sync, o Options) (err error) {
	if err := o.Pages.open(env.Log); err != nil {
		return err
	}
	if env.Store, err = env.OpenStore(whole); err != nil { // which migrates it
		return err
	}
	defer env.Store.Close()
	ctx := env.Stop.Draining
	if err := fleet.Migrate(ctx, whole.State); err != nil || o.Migrate {
		return exit.OfStore(err)
	}
	members, confs := Members(syncs)
	r := newRunner(env, members, confs)
	worst := &worstStatus{}
	f, err := fleet.Open(ctx, fleet.Config{URL: whole.State, Syncs: members, Runner: r, Parallel: whole.Parallel, Log: env.Log, Ended: worst.add,
		Times: o.Times, Clock: o.Clock})
	if err != nil {
		return exit.OfStore(err)
	}
	defer f.Close()
	closePages, err := o.Pages.serve(env.Stop.Killed, f, r)
	if err != nil {
		return err
	}
	work := f.Run
	if o.Once {
		work = f.Once
	}
	err = errors.Join(work(ctx), closePages())
	switch {
	case err != nil:
		return exit.OfStore(err)
	case !o.Once:
		return nil
	case ctx.Err() != nil:
		return &exit.Said{Code: problem.Interrupted}
	}
	return &exit.Said{Code: int(worst.Load())}
}

// Members are the syncs as the fleet has to know them.
func Members(syncs []*config.Sync) (members []fleet.Sync, confs map[string]*config.Sync) {
	confs = map[string]*config.Sync{}
	for _, s := range syncs {
		one := fleet.Sync{Name: s.Name, Domain: s.Domain(), Deadline: s.StartingDeadline, Window: s.Quota.Per}
		if s.Schedule != nil {
			one.Schedule = s.Schedule
		}
		members, confs[s.Name] = append(members, one), s
	}
	return members, confs
}

// worstStatus is the worst exit status of several runs.
type worstStatus struct{ atomic.Int64 }

func (w *worstStatus) add(_, _ string, status int) {
	for {
		before := w.Load()
		if w.CompareAndSwap(before, int64(problem.Worse(int(before), status))) {
			return
		}
	}
}

// InWords is an exit status in words.
func InWords(status int) string {
	for _, s := range problem.Statuses {
		if s.Code == status {
			return s.Text
		}
	}
	return fmt.Sprintf("status %d", status)
}
