package journal

import (
	"context"

	"accountsync/diff"
)

// Missing gives the accounts of a source that no row asked for in the last
// run, by account id.
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

// SetMissing replaces what Missing gives. Accounts that are not named any more
// are not missing any more.
func (j *Journal) SetMissing(ctx context.Context, tenant, sourceID string, missing []diff.Miss) error {
	return j.update(ctx, func(q querier) error {
		if _, err := q.ExecContext(ctx, `DELETE FROM missing WHERE tenant = ? AND source_id = ?`, tenant, sourceID); err != nil {
			return err
		}
		for _, m := range missing {
			_, err := q.ExecContext(ctx, `INSERT INTO missing (tenant, source_id, native, account, since, disabled) VALUES (?, ?, ?, ?, ?, ?)
				ON CONFLICT DO UPDATE SET account = excluded.account, since = min(since, excluded.since), disabled = disabled OR excluded.disabled`,
				tenant, sourceID, m.NativeIdentity, m.AccountID, nanos(m.Since), m.Disabled)
			if err != nil {
				return err
			}
		}
		return nil
	})
}
