package journal

import (
	"context"
	"math"
	"time"
)

// selectPrunable selects runs that began before a time. Unless forced, it leaves out
// those with a part that has not ended and, of each source, the last run that
// was successful.
const selectPrunable = `SELECT id FROM runs WHERE started < ?1 AND (?2 OR (
	NOT EXISTS (SELECT 1 FROM parts WHERE parts.run = runs.id AND ended = 0)
	AND id NOT IN (SELECT max(r.id) FROM runs r JOIN parts p ON p.run = r.id
		WHERE r.outcome IN ('in-sync', 'changed') AND p.ended GROUP BY r.tenant, p.source_id)))`

// Prune forgets the runs that began before a time, and gives the space back. A
// run that has not ended stays, and so does the last successful run of each
// source. It says how many runs it forgot, also with an error.
func (j *Journal) Prune(ctx context.Context, before time.Time) (n int, err error) {
	return j.prune(ctx, before, false)
}

// PruneForced forgets every run that began before a time, also one that could
// be gone on with.
func (j *Journal) PruneForced(ctx context.Context, before time.Time) (n int, err error) {
	return j.prune(ctx, before, true)
}

func (j *Journal) prune(ctx context.Context, before time.Time, force bool) (n int, err error) {
	ids, err := j.prunable(ctx, before, force)
	for i := 0; i < len(ids) && err == nil; i++ {
		if err = j.update(ctx, func(q querier) error { return forget(ctx, q, ids[i]) }); err == nil {
			n++
		}
	}
	if err == nil && n > 0 {
		err = j.shrink(ctx)
	}
	return n, err
}

func (j *Journal) prunable(ctx context.Context, before time.Time, force bool) (ids []int64, err error) {
	err = j.view(ctx, func(q querier) (err error) {
		ids, err = idsOf(ctx, q, selectPrunable, nanos(before), force)
		return err
	})
	return ids, err
}

func idsOf(ctx context.Context, q querier, query string, args ...any) (ids []int64, err error) {
	err = each(ctx, q, func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	}, query, args...)
	return ids, err
}

// forget deletes all of a run.
func forget(ctx context.Context, q querier, id int64) error {
	parts, err := idsOf(ctx, q, `SELECT id FROM parts WHERE run = ?`, id)
	if err != nil {
		return err
	}
	for _, p := range parts {
		_, err := q.ExecContext(ctx, `DELETE FROM operations WHERE id BETWEEN ? AND ?`, operationID(p, 0), operationID(p, math.MaxUint32))
		if err != nil {
			return err
		}
	}
	_, err = q.ExecContext(ctx, `DELETE FROM runs WHERE id = ?`, id)
	return err
}

// shrink gives free pages back to the file system, a part at a time so that
// runs that go on get their turn.
func (j *Journal) shrink(ctx context.Context) error {
	for free := 1; free > 0; {
		err := j.alone(ctx, func(q querier) error {
			if _, err := q.ExecContext(ctx, "PRAGMA incremental_vacuum(5000)"); err != nil {
				return err
			}
			return q.QueryRowContext(ctx, "PRAGMA freelist_count").Scan(&free)
		})
		if err != nil {
			return err
		}
	}
	return j.alone(ctx, func(q querier) error {
		_, err := q.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)") // does what readers let it
		return err
	})
}
