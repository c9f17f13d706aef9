package fleet

import (
	"context"
	"time"
)

// Prune forgets the runs that ended before a time, as `accountsync runs prune`
// does in the journal. The newest of each sync stay, and the newest that ended
// well: the page, and the metrics by which one alerts, speak of them. A database
// that no worker has been at has none.
func Prune(ctx context.Context, url string, before time.Time) (n int, err error) {
	pool, err := connect(ctx, url)
	if err != nil {
		return 0, err
	}
	defer pool.Close()
	var there bool
	if err := pool.QueryRow(ctx, `SELECT to_regclass('fleet_runs') IS NOT NULL`).Scan(&there); err != nil || !there {
		return 0, err
	}
	tag, err := pool.Exec(ctx, `DELETE FROM fleet_runs WHERE ended < $1
		AND run NOT IN (SELECT DISTINCT ON (sync) run FROM fleet_runs ORDER BY sync, created DESC)
		AND run NOT IN (SELECT DISTINCT ON (sync) run FROM fleet_runs WHERE status = 0 AND ended IS NOT NULL ORDER BY sync, created DESC)`, before)
	return int(tag.RowsAffected()), err
}
