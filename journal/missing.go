package journal

import (
	"context"

	"accountsync/diff"
)

// Missing is what earlier runs know of the accounts of a source that no row
// asks for, by account id: the diff.Policy of the next run wants it.
func (j *Journal) Missing(ctx context.Context, tenant, sourceID string) (map[string]diff.Miss, error) {
	missing := map[string]diff.Miss{}
	err := j.view(ctx, func(q querier) error {
		return each(ctx, q, func(scan func(...any) error) error {
			var m diff.Miss
			var since int64
			err := scan(&m.AccountID, &m.NativeIdentity, &since, &m.Disabled)
			m.Since = moment(since)
			missing[m.AccountID] = m
			return err
		}, `SELECT account, native, since, disabled FROM missing WHERE tenant = ? AND source_id = ?`, tenant, sourceID)
	})
	return missing, err
}

const insertMiss = `INSERT INTO missing (tenant, source_id, account, native, since, disabled) VALUES (?, ?, ?, ?, ?, ?)`

// SetMissing replaces what is known of the missing accounts of a source by what
// a run hands on: sync.Run.Missing has kept the dates of those that are missing
// still, and accounts it does not name are forgotten.
func (j *Journal) SetMissing(ctx context.Context, tenant, sourceID string, now []diff.Miss) error {
	free := context.WithoutCancel(ctx) // see insertChunk
	return j.update(ctx, func(querier) error {
		if err := j.exec(free, `DELETE FROM missing WHERE tenant = ? AND source_id = ?`, tenant, sourceID); err != nil {
			return err
		}
		for _, m := range now {
			if err := j.exec(free, insertMiss, tenant, sourceID, m.AccountID, m.NativeIdentity, nanos(m.Since), m.Disabled); err != nil {
				return err
			}
		}
		return nil
	})
}
