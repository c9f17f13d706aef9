package journal

import (
	"context"

	"accountsync/sync"
)

// Resume opens the record of one source of a run again, to go on with it: the
// part counts as not ended until End. Its operations are those that Load gave,
// with the same Seq. No other run of that source may be under way.
func (j *Journal) Resume(ctx context.Context, runID, sourceID string) (*Run, error) {
	r := &Run{j: j}
	err := j.update(ctx, func(q querier) error {
		p, err := findPart(ctx, q, runID, sourceID)
		if err != nil {
			return err
		}
		r.run, r.part = p.run, p.id
		if err := r.recall(ctx, q); err != nil {
			return err
		}
		return reopen(ctx, q, p)
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// recall reads what is on record of every operation.
func (r *Run) recall(ctx context.Context, q querier) error {
	var last int64
	err := q.QueryRowContext(ctx, `SELECT max((SELECT coalesce(max(value ->> 'n'), 0) FROM records, json_each(outcomes) WHERE part = ?1),
		(SELECT coalesce(max(n), 0) FROM intents WHERE part = ?1))`, r.part).Scan(&last)
	if err != nil {
		return err
	}
	r.n.Store(last)
	return standings(ctx, q, r.part, briefColumns, func(s standing) bool {
		r.cover.add(newCovered(s, outcomeOf(s.op)))
		return true
	})
}

func reopen(ctx context.Context, q querier, p part) error {
	if _, err := q.ExecContext(ctx, `UPDATE parts SET ended = 0 WHERE id = ?`, p.id); err != nil {
		return err
	}
	_, err := q.ExecContext(ctx, `UPDATE runs SET finished = 0, outcome = ? WHERE id = ?`, sync.Interrupted, p.run)
	return err
}

// newCovered is what is known of an operation that is on record.
func newCovered(s standing, o outcome) covered {
	c := covered{digest: o.digest(), phase: int8(s.op.Op.Phase())}
	if s.op.State != sync.Withheld || s.open {
		c.phase = recorded
	}
	if s.open {
		c.digest = 0
	}
	return c
}
