package fleet

import (
	"context"
	"sync/atomic"
	"time"
)

// lease says that a worker is alive and at work on a run. Who cannot say so in
// time is taken for dead, so it must have stopped by then: also a process that
// was stopped for a while and wakes up.
type lease struct {
	until  atomic.Pointer[time.Time] // local clock
	lapsed atomic.Bool               // it was found to have run out: that does not change any more
	cancel context.CancelFunc
	ended  chan struct{}
	done   chan struct{}
}

// lease keeps a run that was just claimed. Its context is cut when the lease is lost.
func (f *Fleet) lease(ctx context.Context, run string) (context.Context, *lease) {
	l := &lease{ended: make(chan struct{}), done: make(chan struct{})}
	// The claim was a moment ago: a part of the lease covers that, and the way
	// of a beat to the database.
	valid := f.conf.Times.Lease * 3 / 4
	l.extend(time.Now(), valid)
	ctx, l.cancel = context.WithCancel(ctx)
	go func() {
		defer close(l.done)
		ticker := time.NewTicker(f.conf.Times.Lease / 10)
		defer ticker.Stop()
		for {
			select {
			case <-l.ended:
				return
			case <-ticker.C:
			}
			if !l.mine() {
				l.cancel()
				return
			}
			f.beat(ctx, run, l, valid)
		}
	}()
	return ctx, l
}

// beat extends the lease. One that somebody else has is lost at once.
func (f *Fleet) beat(ctx context.Context, run string, l *lease, valid time.Duration) {
	sent := time.Now()
	ctx, cancel := context.WithTimeout(ctx, valid/2)
	defer cancel()
	tag, err := f.pool.Exec(ctx, `UPDATE fleet_runs SET beat = now() WHERE run = $1 AND worker = $2 AND working`, run, f.conf.Worker)
	switch {
	case err != nil: // the database may be back in time
	case tag.RowsAffected() == 0:
		l.extend(sent, -time.Hour)
		l.cancel()
	default:
		l.extend(sent, valid)
	}
}

func (l *lease) extend(from time.Time, by time.Duration) {
	until := from.Add(by)
	l.until.Store(&until)
}

// mine reports whether the run is still this worker's. Once it is not it never is
// again, whatever a late answer to a beat says: work has been refused by then.
func (l *lease) mine() bool {
	until := *l.until.Load()
	now := time.Now()
	if !now.Before(until) || !now.Round(0).Before(until.Round(0)) { // the monotonic clock stands still while a machine sleeps
		l.lapsed.Store(true)
	}
	return !l.lapsed.Load()
}

// end ends the beats; the lease holds until it runs out.
func (l *lease) end() {
	close(l.ended)
	<-l.done
	l.cancel()
}
