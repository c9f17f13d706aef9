package fleet

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
)

// dueArgs is the job that looks whether a sync is due. Doing it twice does no
// harm.
type dueArgs struct {
	Sync string `json:"sync"`
}

// Kind names the job.
func (dueArgs) Kind() string { return "due" }

type dueWorker struct {
	river.WorkerDefaults[dueArgs]
	*Fleet
}

// Work honours the schedule of one sync.
func (w *dueWorker) Work(ctx context.Context, job *river.Job[dueArgs]) error {
	s, known := w.syncs[job.Args.Sync]
	if !known || s.Schedule == nil {
		if w.mayBeNewer(job.CreatedAt) {
			return w.leaveToOthers()
		}
		return nil
	}
	return w.due(ctx, s, false)
}

// periodicJobs are the schedules. Whoever becomes leader begins with a look at
// each: so what fell due while there was none is caught up.
func (f *Fleet) periodicJobs() (jobs []*river.PeriodicJob) {
	for _, s := range f.conf.Syncs {
		if s.Schedule == nil {
			continue
		}
		args := func() (river.JobArgs, *river.InsertOpts) {
			return dueArgs{s.Name}, &river.InsertOpts{Queue: queueSchedules}
		}
		jobs = append(jobs, river.NewPeriodicJob(s.Schedule, args, &river.PeriodicJobOpts{RunOnStart: true}))
	}
	return jobs
}

// dueNow honours all schedules. For a worker that is called when something is
// due, also the first call is one.
func (f *Fleet) dueNow(ctx context.Context) error {
	for _, s := range f.conf.Syncs {
		if s.Schedule == nil {
			continue
		}
		if err := f.due(ctx, s, true); err != nil {
			return err
		}
	}
	return nil
}

// overdue honours what the leader should have had honoured a while ago. It may
// lead with an older configuration, or with that of another fleet in the same
// database, which does not have all the schedules of this one.
func (f *Fleet) overdue(ctx context.Context) error {
	rows, err := f.pool.Query(ctx, `SELECT sync, honoured FROM fleet_syncs WHERE sync = ANY($1)`, slices.Collect(maps.Keys(f.syncs)))
	if err != nil {
		return err
	}
	honoured := map[string]time.Time{}
	var sync string
	var at time.Time
	if _, err := pgx.ForEachRow(rows, []any{&sync, &at}, func() error { honoured[sync] = at; return nil }); err != nil {
		return err
	}
	patience := f.clock.Now().Add(-f.conf.Times.Lease / 6)
	for _, s := range f.conf.Syncs {
		if s.Schedule == nil {
			continue
		}
		since, known := honoured[s.Name]
		if slot, _ := lastDue(s.Schedule, since, patience, s.Deadline); known && slot.IsZero() {
			continue
		}
		if err := f.due(ctx, s, false); err != nil {
			return err
		}
	}
	return nil
}

// due gives a sync its run when it is due. Of several times that were missed
// the last one is caught up, if it is within the deadline; each is honoured
// once, whoever looks.
func (f *Fleet) due(ctx context.Context, s Sync, called bool) error {
	return f.inTurn(ctx, func(tx pgx.Tx) error {
		since := time.Duration(0)
		if called {
			since = s.Deadline
		}
		if _, err := tx.Exec(ctx, `INSERT INTO fleet_syncs (sync, since, honoured) VALUES ($1, now() - $2::interval, now() - $2::interval) ON CONFLICT (sync) DO NOTHING`, s.Name, since); err != nil {
			return err
		}
		var now, honoured time.Time
		if err := tx.QueryRow(ctx, `SELECT clock_timestamp(), honoured FROM fleet_syncs WHERE sync = $1`, s.Name).Scan(&now, &honoured); err != nil {
			return err
		}
		slot, passed := lastDue(s.Schedule, honoured, now, s.Deadline)
		if slot.IsZero() {
			if missed := s.Schedule.Next(honoured); !missed.IsZero() && !missed.After(now) {
				f.log.Warn().Str("sync", s.Name).Time("due", missed.UTC()).Msg("was due longer ago than its starting-deadline, and no worker looked: not caught up")
			}
			return nil
		}
		if len(passed) > 0 {
			f.log.Warn().Str("sync", s.Name).Times("due", passed).Msg("was due earlier, when no worker looked: caught up once")
		}
		if _, err := tx.Exec(ctx, `UPDATE fleet_syncs SET honoured = $2 WHERE sync = $1`, s.Name, slot); err != nil {
			return err
		}
		_, err := f.insert(ctx, tx, s, slot, false)
		if errors.As(err, new(*WaitingError)) { // that run will do
			f.log.Warn().Str("sync", s.Name).Time("due", slot.UTC()).Msg("due again before the run before it could begin")
			return nil
		}
		return err
	})
}

// lastDue is the last time a sync was due after one time and not after another,
// nor longer ago than the deadline, zero when there is none; and the times
// before it that pass without a run, the last ten of them.
func lastDue(schedule Schedule, after, now time.Time, deadline time.Duration) (slot time.Time, passed []time.Time) {
	if earliest := now.Add(-deadline).Add(-time.Nanosecond); after.Before(earliest) {
		after = earliest
	}
	for next := schedule.Next(after); !next.IsZero() && !next.After(now); next = schedule.Next(next) {
		if !slot.IsZero() {
			passed = append(passed[max(len(passed)-9, 0):], slot)
		}
		slot = next
	}
	return slot, passed
}

// WaitingError says that a run of the sync waits already.
type WaitingError struct{ Sync, Run string }

func (e *WaitingError) Error() string {
	return "run " + e.Run + " of " + e.Sync + " is waiting for its turn already"
}

// insert puts a run in line.
func (f *Fleet) insert(ctx context.Context, tx pgx.Tx, s Sync, slot time.Time, asked bool) (run string, err error) {
	err = tx.QueryRow(ctx, `SELECT run FROM fleet_runs WHERE sync = $1 AND ended IS NULL AND begun IS NULL LIMIT 1`, s.Name).Scan(&run)
	if err == nil {
		return run, &WaitingError{s.Name, run}
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return "", err
	}
	run = slot.UTC().Format("20060102T150405Z") + "-" + random()
	inserted, err := f.client.InsertTx(ctx, tx, runArgs{Sync: s.Name, Slot: slot.UTC(), Run: run},
		&river.InsertOpts{Queue: queueSyncs, Pending: true, UniqueOpts: river.UniqueOpts{ByArgs: true}})
	if err != nil {
		return "", err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO fleet_runs (run, sync, slot, asked, domain, job) VALUES ($1, $2, $3, $4, $5, $6)`,
		run, s.Name, slot, asked, s.Domain, inserted.Job.ID); err != nil {
		return "", err
	}
	return run, promote(ctx, tx)
}

// Ask puts a run of a sync in line, now.
func (f *Fleet) Ask(ctx context.Context, name string) (run string, err error) {
	err = f.inTurn(ctx, func(tx pgx.Tx) error {
		run, err = f.insert(ctx, tx, f.syncs[name], f.clock.Now(), true)
		return err
	})
	return run, err
}
