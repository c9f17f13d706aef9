package sync_test

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/journal"
	"accountsync/sync"
)

// fate is how one life of a process ends.
type fate struct {
	At    int           // the request that is its last one
	After bool          // the work of that request is done, and its answer lost
	Term  bool          // by SIGTERM: it may finish what is under way
	Pause time.Duration // until the run is resumed
}

var errDead = errors.New("the process is dead")

// mortal is a process: its way to the API and to the record. Once it is dead,
// nothing gets through any more.
type mortal struct {
	next   http.RoundTripper
	fate   fate
	sent   atomic.Int64
	dead   atomic.Bool
	termed atomic.Bool
	kill   context.CancelFunc
	stop   context.CancelFunc
}

func (m *mortal) die() {
	m.dead.Store(true)
	m.kill()
}

func (m *mortal) RoundTrip(r *http.Request) (*http.Response, error) {
	if m.dead.Load() {
		return nil, errDead
	}
	last := m.sent.Add(1) == int64(m.fate.At)
	switch {
	case last && m.fate.Term:
		m.termed.Store(true)
		m.stop()
	case last && !m.fate.After:
		m.die()
		return nil, errDead
	}
	answer, err := m.next.RoundTrip(r)
	if last && !m.fate.Term {
		m.die()
	}
	if m.dead.Load() {
		if err == nil {
			_ = answer.Body.Close()
		}
		return nil, errDead
	}
	return answer, err
}

// mortalRecord is a record as a process that may die can write it.
type mortalRecord struct {
	sync.Record
	m      *mortal
	sealed func() // called once the plan is sealed; may be nil
}

func (r mortalRecord) alive(do func() error) error {
	if r.m.dead.Load() {
		return errDead
	}
	return do()
}

func (r mortalRecord) AddOperations(ctx context.Context, ops ...*sync.Operation) error {
	return r.alive(func() error { return r.Record.AddOperations(ctx, ops...) })
}

func (r mortalRecord) AddEntries(ctx context.Context, entries ...*sync.Entry) error {
	return r.alive(func() error { return r.Record.AddEntries(ctx, entries...) })
}

func (r mortalRecord) AddRejected(ctx context.Context, rows ...account.Rejected) error {
	return r.alive(func() error { return r.Record.AddRejected(ctx, rows...) })
}

func (r mortalRecord) AddOrphans(ctx context.Context, orphans ...diff.Orphan) error {
	return r.alive(func() error { return r.Record.AddOrphans(ctx, orphans...) })
}

func (r mortalRecord) AddAbsences(ctx context.Context, absences ...diff.Absence) error {
	return r.alive(func() error { return r.Record.AddAbsences(ctx, absences...) })
}

func (r mortalRecord) Seal(ctx context.Context, head *sync.Head) error {
	return r.alive(func() error {
		err := r.Record.Seal(ctx, head)
		if r.sealed != nil {
			r.sealed()
		}
		return err
	})
}

func (r mortalRecord) SetHead(ctx context.Context, head *sync.Head) error {
	return r.alive(func() error { return r.Record.SetHead(ctx, head) })
}

func (r mortalRecord) Intend(ctx context.Context, ops ...*sync.Operation) error {
	return r.alive(func() error { return r.Record.Intend(ctx, ops...) })
}

func (r mortalRecord) Settle(ctx context.Context, ops ...*sync.Operation) error {
	return r.alive(func() error { return r.Record.Settle(ctx, ops...) })
}

// life runs a run in a process of a certain fate. It reports whether the
// process was ended before the run was.
func (w *world) life(rec *journal.Run, from sync.Planner, f fate) (cut bool, err error) {
	w.t.Helper()
	ctx, kill := context.WithCancel(w.t.Context())
	defer kill()
	stop, term := context.WithCancel(w.t.Context())
	defer term()
	m := &mortal{next: w.server.Transport(), fate: f, kill: kill, stop: term}
	s := w.policy()
	s.Stop = stop
	err = sync.Run(ctx, w.connectBy(m), mortalRecord{rec, m, w.sealed}, from, s)
	w.requested += int(m.sent.Load())
	if m.termed.Load() && !errors.Is(err, context.Canceled) {
		return false, err // it was just at its end
	}
	return m.dead.Load() || m.termed.Load(), err
}

// again is the run in the hands of a new process; one that had nothing planned
// is begun anew.
func (w *world) again(rec *journal.Run, command string) (next *journal.Run, planned bool) {
	w.t.Helper()
	if err := w.store.Close(); err != nil {
		w.t.Fatal(err)
	}
	var err error
	if w.store, err = journal.Open(w.t.Context(), w.state); err != nil {
		w.t.Fatal(err)
	}
	run := rec.Head().Run
	if rec, err = w.store.TakeUp(w.t.Context(), run); err != nil {
		w.t.Fatal(err)
	}
	if !rec.Status().Sealed {
		return w.begin(command), false
	}
	return rec, true
}

// lives carries a run out, through the deaths of all its processes but the last.
func (w *world) lives(rec *journal.Run, from sync.Planner, fates []fate, between func()) (*result, error) {
	w.t.Helper()
	for _, f := range append(fates, fate{}) {
		cut, err := w.life(rec, from, f)
		if !cut {
			return w.read(rec, err), err
		}
		time.Sleep(f.Pause)
		if between != nil {
			between()
		}
		var planned bool
		if rec, planned = w.again(rec, rec.Head().Command); planned {
			from = nil
		}
	}
	panic("the last life has no end")
}
