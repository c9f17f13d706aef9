package fleet

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// sweeps looks now and then for the work of dead workers, for what is overdue,
// and for runs that may begin, until work is given back.
func (f *Fleet) sweeps() {
	every := min(f.conf.Times.Lease/6, 5*time.Second)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-f.stop.Done():
			return
		case <-ticker.C:
		}
		ctx, cancel := context.WithTimeout(f.stop, 30*time.Second)
		err := errors.Join(f.clock.set(ctx, f.pool), f.rescue(ctx), f.overdue(ctx), f.inTurn(ctx, func(tx pgx.Tx) error { return promote(ctx, tx) }))
		cancel()
		if err != nil && f.stop.Err() == nil {
			f.log.Warn().Err(err).Msg("the database cannot be asked for work")
		}
	}
}

// promote lets the first run in line of each quota domain begin, where none of
// it can be worked on already. Call it in turn.
func promote(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `UPDATE river_job SET state = 'available', scheduled_at = now() WHERE id IN (
		SELECT DISTINCT ON (r.domain) r.job FROM fleet_runs r JOIN river_job j ON j.id = r.job
		WHERE r.ended IS NULL AND (j.state = 'pending' OR j.state IN ('scheduled', 'retryable') AND j.scheduled_at <= now())
			AND NOT EXISTS (SELECT FROM fleet_runs o JOIN river_job k ON k.id = o.job
				WHERE o.domain = r.domain AND o.ended IS NULL AND k.state IN ('available', 'running'))
		ORDER BY r.domain, r.created, r.run)`)
	return err
}

// rescue gives the work of dead workers to others. While the database was away
// nobody could say that he is alive: then it waits.
func (f *Fleet) rescue(ctx context.Context) error {
	lease := f.conf.Times.Lease
	return f.inTurn(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `UPDATE river_job j SET state = 'available', scheduled_at = now(), attempt = greatest(attempt - 1, 0)
			FROM fleet_runs r WHERE r.job = j.id AND j.kind = 'sync' AND j.state = 'running'
				AND greatest(j.attempted_at, r.beat) < now() - $1::interval AND pg_postmaster_start_time() < now() - $1::interval
			RETURNING r.run, r.worker`, lease)
		if err != nil {
			return err
		}
		dead, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct{ Run, Worker string }])
		if err != nil {
			return err
		}
		for _, d := range dead {
			f.log.Warn().Str("run", d.Run).Str("dead", d.Worker).Msg("a worker is dead, or out of touch: its run goes to another")
			if err := f.conf.Runner.Evict(ctx, d.Run); err != nil {
				return err
			}
		}
		for _, statement := range []string{
			`UPDATE fleet_runs r SET working = false FROM river_job j WHERE j.id = r.job AND r.working AND r.ended IS NULL AND j.state <> 'running'`,
			// What a person cancelled or deleted on the page of River has ended.
			`UPDATE fleet_runs r SET ended = now(), status = 130, said = 'its job was cancelled' WHERE r.ended IS NULL AND NOT r.working
				AND NOT EXISTS (SELECT FROM river_job j WHERE j.id = r.job AND j.state NOT IN ('cancelled', 'discarded'))`,
		} {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `UPDATE river_job SET state = 'available', scheduled_at = now() WHERE kind = 'due' AND state = 'running' AND attempted_at < now() - $1::interval`, max(lease, time.Minute))
		return err
	})
}

// awaitIdle waits until no run is left that could be worked on now.
func (f *Fleet) awaitIdle(ctx context.Context) error {
	for {
		var left int
		err := f.pool.QueryRow(ctx, `SELECT count(*) FROM fleet_runs r JOIN river_job j ON j.id = r.job
			WHERE r.ended IS NULL AND (j.state IN ('pending', 'available', 'running') OR j.scheduled_at <= now() + '15 seconds'::interval)`).Scan(&left)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if left == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(f.conf.Times.Poll):
		}
	}
}
