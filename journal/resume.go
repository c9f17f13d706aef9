package journal

import (
	"context"
	"database/sql"
)

// Resume opens the record of one source of a run again, to go on with it. Its
// operations are those that Load gave, with the same Seq.
func (j *Journal) Resume(ctx context.Context, runID, sourceID string) (*Run, error) {
	r := &Run{j: j}
	err := j.update(ctx, func(tx *sql.Tx) error {
		var operations int
		var last int64
		row := tx.QueryRowContext(ctx, `SELECT runs.id, parts.id,
				(SELECT count(*) FROM operations WHERE part = parts.id),
				(SELECT coalesce(max(n), 0) FROM attempts WHERE part = parts.id)
			FROM runs JOIN parts ON parts.run = runs.id WHERE runs.run = ? AND parts.source_id = ?`, runID, sourceID)
		if err := row.Scan(&r.run, &r.part, &operations, &last); err != nil {
			return err
		}
		r.recorded = make([]uint64, operations)
		r.n.Store(last)
		_, err := tx.ExecContext(ctx, `UPDATE parts SET ended = 0 WHERE id = ?`, r.part)
		return err
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}
