package worker

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"accountsync/config"
	"accountsync/fleet"
	"accountsync/internal/exit"
	"accountsync/internal/problem"
	"accountsync/internal/signals"
	"accountsync/internal/terminal"
	"accountsync/job"
	"accountsync/reports"
	"accountsync/sync"
)

// runner carries out the runs of a fleet's worker. Those of one quota domain
// share a connection and its limiter, one after the other.
type runner struct {
	env     *job.Env
	syncs   map[string]*config.Sync
	domains map[string]*domain // by name of the sync
}

// domain is what the runs of one quota domain are given.
type domain struct {
	env  atomic.Pointer[job.Env] // nil: none began since the worker did, or since the secret was refused
	gate gate
}

func newRunner(env *job.Env, syncs []fleet.Sync, confs map[string]*config.Sync) *runner {
	r := &runner{env: env, syncs: confs, domains: map[string]*domain{}}
	shared := map[string]*domain{}
	for _, s := range syncs {
		if shared[s.Domain] == nil {
			shared[s.Domain] = &domain{}
		}
		r.domains[s.Name] = shared[s.Domain]
	}
	return r
}

// Evict frees the locks of a dead worker's run.
func (r *runner) Evict(ctx context.Context, run string) error { return r.env.Store.Evict(ctx, run) }

// Work is one turn of work on a run. What is not done at its end goes on in
// another turn, here or elsewhere.
func (r *runner) Work(ctx context.Context, task fleet.Task) fleet.Result {
	conf := *r.syncs[task.Sync]
	conf.LockWait = 0 // who waits keeps no worker busy
	conf.AggregationWait = min(conf.AggregationWait, time.Minute)
	domain := r.domains[task.Sync]
	turn := &job.Turn{Mine: task.Mine, Slice: task.Slice, Stop: signals.New(ctx)}
	defer turn.Close()
	defer context.AfterFunc(task.Stop, func() { turn.Stop.Drain(context.Cause(task.Stop)) })()
	env, err := r.envOf(domain, &conf)
	if err == nil {
		domain.gate.open(task.Mine)
		env.Stop, env.Turn = turn.Stop, turn
		err = sync.Safely(func() error { return job.TakeTurn(env, &conf, task.Run) })
	}
	if turn.GoesOn(err) {
		return fleet.Result{}
	}
	result := resultOf(err)
	if said := (*exit.Said)(nil); errors.As(err, &said) {
		result.Said = turn.Said
	}
	if result.Status == problem.Denied { // the secret may be another by the next run
		domain.env.Store(nil)
	}
	return result
}

// resultOf is what becomes of a run that does not go on.
func resultOf(err error) fleet.Result {
	status := exit.Code(err)
	result := fleet.Result{Ended: true, Status: status, Passes: exit.Passes(status)}
	if err != nil {
		result.Said = reports.Impersonal(exit.Text(err))
	}
	return result
}

// envOf is what the runs of a quota domain are given, with its connection.
func (r *runner) envOf(d *domain, conf *config.Sync) (*job.Env, error) {
	if env := d.env.Load(); env != nil {
		return env, nil
	}
	env := job.NewEnv(r.env.Version, r.env.Environ, nil, io.Discard, &terminal.Console{Out: io.Discard}, r.env.Stop)
	env.Store, env.Before = r.env.Store, d.gate.before
	var err error
	if env.Log, err = job.NewLog(conf, r.env.Stderr, env.RunID); err != nil {
		return nil, err
	}
	if env.API, err = env.Connect(conf); err != nil {
		return nil, err
	}
	d.env.Store(env)
	return env, nil
}

// gate lets requests through while a run is this worker's own. A process that
// was stopped for a while and wakes up must not send: another one may be at it.
type gate struct{ mine atomic.Pointer[func() bool] }

func (g *gate) open(mine func() bool) { g.mine.Store(&mine) }

// before is a transport with the gate in front.
func (g *gate) before(next http.RoundTripper) http.RoundTripper { return gated{g, next} }

type gated struct {
	gate *gate
	next http.RoundTripper
}

// RoundTrip sends the request, while it may.
func (g gated) RoundTrip(r *http.Request) (*http.Response, error) {
	if mine := g.gate.mine.Load(); mine != nil && !(*mine)() {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, context.Canceled
	}
	return g.next.RoundTrip(r)
}
