package journal

import (
	"context"
	"slices"

	"accountsync/diff"
	"accountsync/sync"
)

// nights selects the totals of the last runs of a source that planned a change
// and were let through: a run that was blocked, stale or failed tells nothing
// of a usual night.
const nights = `SELECT totals FROM parts JOIN runs ON runs.id = parts.run WHERE tenant = ? AND source_id = ? AND ended
	AND command IN ('sync', 'apply') AND outcome NOT IN ('', 'planned', 'blocked', 'stale', 'failed') ORDER BY parts.id DESC LIMIT ?`

// Median is the median of how many operations of each kind the last runs of a
// source planned, over at most that many nights, and over how many it is. Only
// runs of sync and apply count that have ended.
func (j *Journal) Median(ctx context.Context, tenant, sourceID string, most int) (medians map[diff.Op]float64, runs int, err error) {
	counts := map[diff.Op][]int{}
	err = j.view(ctx, func(q querier) error {
		return each(ctx, q, func(scan func(...any) error) error {
			var text string
			if err := scan(&text); err != nil {
				return err
			}
			var t sync.Totals
			if err := fromJSON(text, &t); err != nil {
				return err
			}
			for _, op := range diff.Ops {
				counts[op] = append(counts[op], t.Op(op).Planned)
			}
			runs++
			return nil
		}, nights, tenant, sourceID, most)
	})
	medians = map[diff.Op]float64{}
	for op, all := range counts {
		medians[op] = median(all)
	}
	return medians, runs, err
}

// median is the median of numbers, of which there is one at least.
func median(all []int) float64 {
	slices.Sort(all)
	half := len(all) / 2
	if len(all)%2 == 1 {
		return float64(all[half])
	}
	return float64(all[half-1]+all[half]) / 2
}
