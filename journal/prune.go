package journal

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"time"
)

// selectPrunable selects runs that began before a time. Unless forced, it leaves out
// those with a part that has not ended and, of each source, the last run that
// was successful.
const selectPrunable = `SELECT id FROM runs WHERE started < ?1 AND run NOT IN (SELECT value FROM json_each(?3)) AND (?2 OR (
	NOT EXISTS (SELECT 1 FROM parts WHERE parts.run = runs.id AND ended = 0)
	AND id NOT IN (SELECT max(r.id) FROM runs r JOIN parts p ON p.run = r.id
		WHERE r.outcome IN ('in-sync', 'changed') AND p.ended GROUP BY r.tenant, p.source_id)))`

// Prune forgets the runs that began before a time, and gives the space back. A
// run that has not ended stays, and so does the last successful run of each
// source; so does every run under way, by its id. It says how many runs it
// forgot, also with an error.
func (j *Journal) Prune(ctx context.Context, before time.Time, underWay ...string) (n int, err error) {
	return j.prune(ctx, before, false, underWay)
}

// PruneForced forgets every run that began before a time, also one that could
// be gone on with, but none that is under way.
func (j *Journal) PruneForced(ctx context.Context, before time.Time, underWay ...string) (n int, err error) {
	return j.prune(ctx, before, true, underWay)
}

func (j *Journal) prune(ctx context.Context, before time.Time, force bool, underWay []string) (n int, err error) {
	ids, err := j.prunable(ctx, before, force, underWay)
	for i := 0; i < len(ids) && err == nil; i++ {
		if err = j.forget(ctx, ids[i]); err == nil {
			n++
		}
	}
	if err == nil {
		err = j.sweep(ctx)
	}
	if err == nil {
		err = j.shrink(ctx)
	}
	return n, err
}

func (j *Journal) prunable(ctx context.Context, before time.Time, force bool, underWay []string) (ids []int64, err error) {
	spared, err := toJSON(append([]string{}, underWay...))
	if err != nil {
		return nil, err
	}
	err = j.view(ctx, func(q querier) (err error) {
		ids, err = idsOf(ctx, q, selectPrunable, nanos(before), force, spared)
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

// forget deletes a run and all but its operations: these can be many, and
// nothing finds them any more.
func (j *Journal) forget(ctx context.Context, id int64) error {
	return j.update(ctx, func(q querier) error {
		_, err := q.ExecContext(ctx, `DELETE FROM runs WHERE id = ?`, id)
		return err
	})
}

// sweep deletes the operations of runs that were forgotten, also by a process
// that died over it.
func (j *Journal) sweep(ctx context.Context) error {
	for part := int64(0); ; {
		first, last, err := j.leftover(ctx, part)
		if err != nil || last == 0 {
			return err
		}
		for id := first; id <= last; id += int64(j.chunk) {
			err := j.update(ctx, func(q querier) error {
				_, err := q.ExecContext(ctx, `DELETE FROM operations WHERE id BETWEEN ? AND ?`, id, min(last, id+int64(j.chunk)-1))
				return err
			})
			if err != nil {
				return err
			}
		}
		part = last >> 32
	}
}

// leftover finds the operations of the first part after one that is not there
// any more: their ids, 0 when there is none.
func (j *Journal) leftover(ctx context.Context, part int64) (first, last int64, err error) {
	err = j.view(ctx, func(q querier) error {
		for there := true; there; part = first >> 32 {
			err := q.QueryRowContext(ctx, `SELECT id, EXISTS (SELECT 1 FROM parts WHERE parts.id = operations.id >> 32)
				FROM operations WHERE id >= ? ORDER BY id LIMIT 1`, operationID(part+1, 0)).Scan(&first, &there)
			if errors.Is(err, sql.ErrNoRows) {
				return nil
			}
			if err != nil {
				return err
			}
		}
		return q.QueryRowContext(ctx, `SELECT max(id) FROM operations WHERE id BETWEEN ? AND ?`, first, first|math.MaxUint32).Scan(&last)
	})
	return first, last, err
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
