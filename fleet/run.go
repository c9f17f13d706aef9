package fleet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// runArgs is the job of one run.
type runArgs struct {
	Sync string    `json:"sync" river:"unique"`
	Slot time.Time `json:"slot" river:"unique"`
	Run  string    `json:"run"`
}

// Kind names the job.
func (runArgs) Kind() string { return "sync" }

type runWorker struct {
	river.WorkerDefaults[runArgs]
	*Fleet
}

// Work is one turn: take the run, work, and say what becomes of it.
func (w *runWorker) Work(ctx context.Context, job *river.Job[runArgs]) error {
	s, known := w.syncs[job.Args.Sync]
	if !known {
		return w.unknown(job)
	}
	c, err := w.claim(ctx, s, job)
	if err != nil || c.instead != nil || !c.work {
		return errors.Join(err, c.instead)
	}
	free := context.WithoutCancel(ctx) // that a job is cancelled stops the run, softly
	leased, l := w.lease(free, job.Args.Run)
	stop, cancel := context.WithCancel(w.stop)
	defer context.AfterFunc(ctx, cancel)()
	defer cancel()
	result := w.conf.Runner.Work(leased, Task{Sync: s.Name, Run: job.Args.Run, Stop: stop, Slice: w.conf.Times.Slice, Mine: l.mine})
	l.end()
	if !l.mine() { // somebody else has it by now, or will have
		w.log.Warn().Str("run", job.Args.Run).Str("sync", s.Name).Msg("out of touch with the database: the run is left to another worker")
		return river.JobSnooze(w.conf.Times.Lease) // not completed: the other one may give way
	}
	return w.release(free, s, job, c.tries, result)
}

// unknown gives a run that the configuration of this worker does not have to
// others, for as long as it could be that these have a newer one.
func (w *runWorker) unknown(job *river.Job[runArgs]) error {
	if w.mayBeNewer(job.CreatedAt) {
		return w.leaveToOthers()
	}
	_, err := w.pool.Exec(context.Background(), `UPDATE fleet_runs SET ended = now(), status = 78, said = 'no worker has a sync of that name in its configuration' WHERE run = $1`, job.Args.Run)
	return errors.Join(err, river.JobCancel(fmt.Errorf("no worker has a sync %q in its configuration", job.Args.Sync)))
}

// mayBeNewer reports whether a job about a sync that this worker does not know
// may still come from a newer configuration, which other workers have.
func (f *Fleet) mayBeNewer(created time.Time) bool { return f.clock.Now().Sub(created) < time.Hour }

// leaveToOthers puts a job off. River keeps one that is put off for less than
// five seconds in line, where it would hold up its quota domain.
func (f *Fleet) leaveToOthers() error {
	return river.JobSnooze(max(f.conf.Times.Lease/2, 6*time.Second))
}

// claim is what became of taking a run.
type claim struct {
	work    bool
	tries   int
	instead error // what is to be done with the job instead of work; may be nil
}

// claim takes a run, unless another one of its quota domain is being worked on.
func (w *runWorker) claim(ctx context.Context, s Sync, job *river.Job[runArgs]) (c claim, err error) {
	err = w.inTurn(ctx, func(tx pgx.Tx) error {
		c = claim{}
		var ended bool
		var wait float64
		var state rivertype.JobState
		err := tx.QueryRow(ctx, `SELECT r.ended IS NOT NULL, r.tries, j.state,
				coalesce(extract(epoch FROM max(o.beat) + $3::interval - now()), 0)
			FROM fleet_runs r JOIN river_job j ON j.id = r.job LEFT JOIN fleet_runs o ON o.domain = $2 AND o.worker <> $4 AND o.beat > now() - $3::interval
			WHERE r.run = $1 GROUP BY r.run, j.id`, job.Args.Run, s.Domain, s.Window, w.conf.Worker).Scan(&ended, &c.tries, &state, &wait)
		switch {
		case err != nil:
			return err
		case ended || state != rivertype.JobStateRunning: // it ended, and its worker died before River knew
			return nil
		}
		busy, err := w.busy(ctx, tx, s.Domain, job.Args.Run)
		switch {
		case err != nil:
			return err
		case busy: // back in line: promote gives it its turn
			_, err := tx.Exec(ctx, `UPDATE river_job SET state = 'pending', attempt = greatest(attempt - 1, 0) WHERE id = $1`, job.ID)
			return err
		case wait > 0: // another worker's requests still count against the quota
			c.instead = river.JobSnooze(time.Duration(wait*float64(time.Second)) + 10*time.Millisecond)
			return nil
		}
		c.work = true
		_, err = tx.Exec(ctx, `UPDATE fleet_runs SET worker = $2, working = true, beat = now(), begun = coalesce(begun, now()) WHERE run = $1`, job.Args.Run, w.conf.Worker)
		return err
	})
	return c, err
}

// busy reports whether another run of a quota domain is being worked on.
func (w *runWorker) busy(ctx context.Context, tx pgx.Tx, domain, run string) (busy bool, err error) {
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM fleet_runs WHERE domain = $1 AND run <> $2 AND working AND ended IS NULL AND beat > now() - $3::interval)`,
		domain, run, w.conf.Times.Lease).Scan(&busy)
	return busy, err
}

// release says what became of a turn, and lets the next run of the domain have
// its own.
func (w *runWorker) release(ctx context.Context, s Sync, job *river.Job[runArgs], tries int, r Result) error {
	over := r.Ended
	var again time.Duration
	if r.Ended && r.Passes {
		again = retryAfter(w.conf.Times.Retry, tries)
		tries++
		at := w.clock.Now().Add(again)
		over = at.After(w.lastTry(s, job.Args.Slot))
	}
	err := w.inTurn(ctx, func(tx pgx.Tx) error {
		var status *int
		if r.Ended {
			status = &r.Status
		}
		if _, err := tx.Exec(ctx, `UPDATE fleet_runs SET working = false, beat = now(), tries = $2, status = coalesce($3, status), said = CASE WHEN $3 IS NULL THEN said ELSE $4 END,
			ended = CASE WHEN $5 THEN now() END WHERE run = $1 AND worker = $6`, job.Args.Run, tries, status, r.Said, over, w.conf.Worker); err != nil {
			return err
		}
		if over {
			// Now, not when River says so: the next of the domain is let in below.
			state, failed := "completed", ""
			if r.Status != 0 {
				state, failed = "cancelled", fmt.Sprintf("exit %d: %s", r.Status, r.Said)
			}
			if _, err := tx.Exec(ctx, `UPDATE river_job SET state = $2::river_job_state, finalized_at = now(),
				errors = CASE WHEN $3 = '' THEN errors ELSE array_append(errors, jsonb_build_object('at', now(), 'attempt', attempt, 'error', $3::text, 'trace', '')) END
				WHERE id = $1`, job.ID, state, failed); err != nil {
				return err
			}
		}
		return promote(ctx, tx)
	})
	if err != nil {
		return err // the lease runs out, and the record says how far it is
	}
	if over && w.conf.Ended != nil {
		w.conf.Ended(s.Name, job.Args.Run, r.Status)
	}
	if over {
		return nil
	}
	w.log.Debug().Str("run", job.Args.Run).Str("sync", s.Name).Dur("wait_ms", again).Msg("the run gives way")
	return river.JobSnooze(again)
}

// retryAfter is how long to wait before another try: twice as long each time.
func retryAfter(first time.Duration, tries int) time.Duration {
	wait := first
	for range tries {
		if wait = 2 * wait; wait > longestRetry {
			return longestRetry
		}
	}
	return wait
}

// lastTry is when a run is no longer tried again: the next one is due then.
func (w *runWorker) lastTry(s Sync, slot time.Time) time.Time {
	if s.Schedule != nil {
		if next := s.Schedule.Next(w.clock.Now()); !next.IsZero() {
			return next
		}
	}
	return slot.Add(max(s.Deadline, time.Hour))
}
